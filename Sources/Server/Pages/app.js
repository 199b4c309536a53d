// The pages: which one is shown, and the model that all of them use.
import { ask, h, say } from "./dom.js";
import * as collection from "./collection.js";
import * as drop from "./drop.js";
import * as listen from "./listen.js";
import * as models from "./models.js";
import * as runs from "./runs.js";

const pages = { drop, listen, collection, runs, models };

/** What the pages share. */
export const state = { models: [], model: null };

const genresOf = (name) => state.models.find((model) => model.name === name)?.genres || [];
state.genres = genresOf;

const shown = new Set();
function show() {
  const wanted = location.hash.slice(1).split("/")[0];
  const name = document.getElementById(wanted)?.hasAttribute("data-page") ? wanted : "drop";
  for (const section of document.querySelectorAll("[data-page]")) section.hidden = section.id !== name;
  for (const link of document.querySelectorAll("header nav a")) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${document.querySelector(`header nav a[href="#${name}"]`).textContent} – GenreKit`;
  if (!shown.has(name)) {
    shown.add(name);
    pages[name]?.begin?.(state);
  }
  for (const [other, page] of Object.entries(pages)) if (other !== name) page.leave?.();
  pages[name]?.enter?.(state);
}

async function loadModels() {
  const { models } = await ask("/api/models");
  state.models = models;
  const select = document.getElementById("model");
  const usable = models.filter((model) => !model.fault);
  const kept = localStorage.getItem("model");
  state.model = usable.some((model) => model.name === kept) ? kept : models.find((model) => model.default).name;
  select.replaceChildren(...usable.map((model) => h("option", { value: model.name, selected: model.name === state.model }, model.name)));
  select.addEventListener("change", () => {
    state.model = select.value;
    localStorage.setItem("model", state.model);
    document.dispatchEvent(new CustomEvent("model"));
  });
}

// The sound stays where it is, should a file be dropped beside the zone.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
addEventListener("hashchange", show);
state.ready = loadModels().then(() => document.dispatchEvent(new CustomEvent("models")));
state.ready.catch((error) => say(error.message));
show();
