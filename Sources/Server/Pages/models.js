// Models: their cards, and the nets drawn.
import { h, percent, say } from "./dom.js";

export function begin(state) {
  const place = document.getElementById("model-cards");
  const show = () => place.replaceChildren(...state.models.map((model) => card(model, state)));
  document.addEventListener("models", show);
  document.addEventListener("model", show);
  if (state.models.length) show();
}

const origins = { "built-in": "built in", installed: "installed", given: "given on the command line", run: "of a run" };

function card(model, state) {
  const facts = [
    ["Origin", origins[model.origin]],
    ["Net", model.nets ? `a fusion of ${model.nets.join(" and ")}` : model.architecture],
    ["Genres", model.genres?.length > 16 ? `${model.genres.slice(0, 16).join(", ")} and ${model.genres.length - 16} more` : model.genres?.join(", ")],
    ["Accuracy", model.accuracy === undefined ? null : `${percent(model.accuracy)} of the ${model.accuracy_of} tracks`],
    ["Confidences", model.calibrated === undefined ? null : model.calibrated ? "calibrated" : "not calibrated"],
    ["Parameters", model.parameters?.toLocaleString("en")],
    ["Sound", model.sample_rate ? `${model.sample_rate.toLocaleString("en")} Hz, segments of ${model.seconds.toFixed(2)} s${model.recipe ? `, recipe ${model.recipe}` : ""}` : null],
    ["Trained on", model.training_tracks ? `${model.training_tracks.toLocaleString("en")} tracks` : null],
  ].filter(([, value]) => value);
  const isUsed = model.name === state.model;
  const use = h("button", { type: "button", class: isUsed ? "quiet" : "", disabled: isUsed, onclick: () => {
    const select = document.getElementById("model");
    select.value = model.name;
    select.dispatchEvent(new Event("change"));
    say(`The pages use ${model.name} now.`);
  } }, isUsed ? "In use" : "Use this model");
  const nets = Array.from({ length: model.parameters ? model.nets?.length || 1 : 0 }, (_, index) =>
    h("img", { class: "net", loading: "lazy", alt: `The net${model.nets ? ` of ${model.nets[index]}` : ""}, layer by layer`,
      src: `/api/models/${encodeURIComponent(model.name)}/net.svg?net=${index}` }));
  return h("article", { class: "card" }, h("h2", {}, model.name),
    model.fault ? h("p", { class: "remark" }, model.fault) : null,
    h("table", { class: "settings" }, h("tbody", {}, facts.map(([key, value]) => h("tr", {}, h("td", { class: "key" }, key), h("td", { class: "value" }, value))))),
    model.fault ? null : h("p", { class: "actions" }, use),
    model.notes ? h("details", {}, h("summary", {}, "Notes"), h("pre", {}, model.notes)) : null,
    nets.length ? h("details", {}, h("summary", {}, nets.length > 1 ? "The nets" : "The net"), nets) : null);
}
