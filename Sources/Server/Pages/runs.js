// Runs: trainings under way and ended, their curves; new ones from a form.
import { ask, h, percent, post, say } from "./dom.js";
import { chart } from "./chart.js";

const find = (id) => document.getElementById(id);
let runs = [];
const chosen = new Set();
const details = new Map();
let timer = null;
let isShown = false;
let hasForm = false;
const greatestChoice = 6;

export function enter() { isShown = true; poll(); }
export function leave() { isShown = false; clearTimeout(timer); }

async function poll() {
  clearTimeout(timer);
  if (!isShown) return;
  try {
    ({ runs } = await ask("/api/runs"));
    find("no-runs").hidden = true;
    find("runs-body").hidden = false;
    if (!hasForm) { hasForm = true; makeForm(); }
    if (!chosen.size && runs.length) chosen.add((runs.find((run) => run.status === "training") || runs[0]).id);
    await Promise.all([...chosen].map(async (id) => {
      const run = runs.find((other) => other.id === id);
      if (!run) return void chosen.delete(id);
      if (run.status === "starting" || run.status === "failed") return;
      const known = details.get(id);
      if (known && known.run.epochs === run.epochs && known.run.status === run.status) return;
      details.set(id, await ask(`/api/runs/${id}`));
    }));
    showList();
    showCurves();
  } catch (error) {
    find("no-runs").textContent = error.message;
    find("no-runs").hidden = false;
    if (error.code === "not_possible") return;
  }
  timer = setTimeout(poll, runs.some((run) => ["training", "starting"].includes(run.status)) ? 1500 : 6000);
}

const words = { starting: "starting", training: "training", stopped: "stopped", finished: "finished", diverged: "diverged", failed: "failed" };
let listed = "";

function showList() {
  const text = JSON.stringify([runs, [...chosen]]);
  if (text === listed) return;
  listed = text;
  const colours = [...chosen];
  const focus = document.activeElement?.id;
  find("run-list").replaceChildren(runs.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Trainings" }, h("table", { class: "run-table" },
    h("thead", {}, h("tr", {}, h("th", {}, h("span", { class: "visually-hidden" }, "Show")), h("th", {}, "Run"), h("th", {}, "Net"), h("th", { class: "n" }, "Epochs"), h("th", { class: "n" }, "Best (max)"), h("th", {}, "State"), h("th", {}, h("span", { class: "visually-hidden" }, "Actions")))),
    h("tbody", {}, runs.map((run) => {
      const box = h("input", { type: "checkbox", id: `show-${run.id}`, "aria-label": `Show the curves of ${run.name}`, checked: chosen.has(run.id) });
      box.addEventListener("change", () => {
        if (box.checked && chosen.size >= greatestChoice) { box.checked = false; return say(`At most ${greatestChoice} runs at once.`); }
        if (box.checked) chosen.add(run.id);
        else chosen.delete(run.id);
        poll();
      });
      const act = (verb, label) => h("button", { type: "button", class: "quiet small", id: `${verb}-${run.id}`, onclick: async (event) => {
        event.target.disabled = true;
        try { await ask(`/api/runs/${run.id}/${verb}`, { method: "POST" }); say(verb === "stop" ? `${run.name} stops after the step in progress.` : `${run.name} goes on.`); } catch (error) { say(error.message); }
        listed = "";
        poll();
      } }, label);
      const place = colours.indexOf(run.id);
      return h("tr", {}, h("td", {}, box),
        h("td", {}, place >= 0 ? h("span", { class: `dot s${place}` }, run.name) : run.name),
        h("td", {}, run.net || ""), h("td", { class: "n" }, run.planned_epochs ? `${run.epochs} of ${run.planned_epochs}` : ""),
        h("td", { class: "n" }, run.best ? percent(run.best.max) : ""),
        h("td", {}, h("span", { class: `state ${run.status}` }, words[run.status]), run.fault ? h("span", { class: "aside block" }, run.fault) : null),
        h("td", { class: "acts" },
          ["training", "starting"].includes(run.status) ? act("stop", "Stop") : null,
          run.status === "stopped" ? act("resume", "Resume") : null,
          run.report ? h("a", { href: `/api/runs/${run.id}/report`, target: "_blank", rel: "noopener" }, "Report") : null));
    })))) : h("p", { class: "empty" }, "No training is here yet."));
  if (focus) find(focus)?.focus();
}

let drawn = "";
function showCurves() {
  const shown = [...chosen].map((id) => details.get(id)).filter(Boolean);
  const text = JSON.stringify(shown.map(({ run, epochs }) => [run.id, epochs.length]));
  if (text === drawn) return;
  drawn = text;
  const colour = (run) => [...chosen].indexOf(run.id) % 6;
  const lines = (key, dashed) => shown.map(({ run, epochs }) => ({ name: run.name, colour: colour(run), dashed, points: epochs.map((epoch) => [epoch.epoch, epoch[key]]) }));
  find("run-curves").replaceChildren(...(shown.length ? [
    h("figure", {}, chart({ title: "Accuracy of held-out tracks", share: true, lines: lines("max") })),
    h("figure", {}, chart({ title: "Loss: held-out (solid), training (dashed)", lines: [...lines("validation_loss"), ...lines("train_loss", true)] })),
    h("figure", {}, chart({ title: "Accuracy of held-out segments", share: true, lines: lines("raw") })),
    h("figure", {}, chart({ title: "Seconds an epoch", lines: lines("seconds") })),
  ] : []));
}

async function makeForm() {
  const { data, options } = await ask("/api/runs/form");
  const form = find("run-form");
  if (!data.length) {
    form.replaceChildren(h("p", { class: "remark" }, "Start the server with --data FOLDER to train from here: folders of genre folders, or tables such as the collection's corrections."));
    return;
  }
  const field = (option) => {
    const id = `option${option.name}`;
    const placeholder = option.usual || "";
    const control = option.kind === "flag" ? h("input", { type: "checkbox", id })
      : option.kind === "choice" ? h("select", { id }, h("option", { value: "" }, placeholder || "default"), option.choices.map((choice) => h("option", { value: choice }, choice)))
        : h("input", { id, type: option.kind === "text" ? "text" : "number", step: option.kind === "integer" ? "1" : "any", min: option.least, max: option.greatest, placeholder, autocomplete: "off" });
    control.dataset.option = option.name;
    control.setAttribute("aria-describedby", `${id}-help`);
    return h("div", { class: "field" }, h("label", { for: id }, option.label), control, h("p", { class: "note", id: `${id}-help` }, option.help));
  };
  const name = h("input", { id: "run-name", required: true, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", maxlength: "60", autocomplete: "off" });
  const source = h("select", { id: "run-data" }, data.map(({ id, name: path }) => h("option", { value: id }, path)));
  const fault = h("p", { class: "fault", role: "alert", hidden: true });
  form.replaceChildren(
    h("div", { class: "fields" }, h("div", { class: "field" }, h("label", { for: "run-name" }, "Name"), name, h("p", { class: "note" }, "Of the run's folder.")),
      h("div", { class: "field" }, h("label", { for: "run-data" }, "Music"), source, h("p", { class: "note" }, "What the server was started with.")),
      options.filter((option) => option.common).map(field)),
    h("details", {}, h("summary", {}, "More options"), h("div", { class: "fields" }, options.filter((option) => !option.common).map(field))),
    fault, h("p", { class: "actions" }, h("button", { type: "submit" }, "Start training")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = {};
    for (const control of form.querySelectorAll("[data-option]")) {
      const value = control.type === "checkbox" ? (control.checked ? "true" : "") : control.value.trim();
      if (value) values[control.dataset.option] = value;
    }
    try {
      fault.hidden = true;
      const { id } = await post("/api/runs", { name: name.value, data: source.value, options: values });
      chosen.clear();
      chosen.add(id);
      say(`${name.value} begins: features come first, then epochs.`);
      name.value = "";
      poll();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  });
}
