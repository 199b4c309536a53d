// Collection: the music that the server was started with, as a table and as a map.
import { ask, colourClass, counted, h, percent, playingTime, say } from "./dom.js";
import { bars, soundView, verdictHead } from "./player.js";

const find = (id) => document.getElementById(id);
const tracks = new Map();
let state;
let genres = [];
let revision = 0;
let timer = null;
let isShown = false;
let order = { key: "name", down: false };
/** Rows in the table at most: "Show more" adds as many. */
const step = 300;
let limit = step;
let rows = [];
let chosen = null;
let view = null;
let autoplay = false;

export function begin(shared) {
  state = shared;
  for (const id of ["search", "filter-genre", "filter-kind"]) {
    find(id).addEventListener("input", () => { limit = step; showTable(); drawMap(); });
  }
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  find("more").addEventListener("click", () => { limit += step; showTable(); });
  for (const button of find("grid").querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort;
      order = { key, down: order.key === key ? !order.down : key === "confidence" };
      showTable();
    });
  }
  find("grid").tBodies[0].addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) choose(row.dataset.id);
  });
  find("grid").tBodies[0].addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      const next = rows[rows.findIndex((track) => track.id === chosen) + move];
      if (next) choose(next.id, true);
    } else if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      view?.toggle();
      autoplay = view ? !view.audio.paused : false;
    }
  });
  find("view-table").addEventListener("click", () => showView("table"));
  find("view-map").addEventListener("click", () => showView("map"));
  find("map").addEventListener("click", pick);
  addEventListener("resize", drawMap);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);
}

export async function enter() {
  isShown = true;
  await state.ready.catch(() => {});
  poll();
}

export function leave() {
  isShown = false;
  clearTimeout(timer);
  view?.audio.pause();
}

async function poll() {
  clearTimeout(timer);
  if (!isShown) return;
  let wait = 1000;
  try {
    const progress = await ask("/api/collection");
    find("no-collection").hidden = true;
    find("collection-body").hidden = false;
    genres = state.genres(progress.model);
    let page;
    let hasNews = false;
    do {
      page = await ask(`/api/collection/tracks?after=${revision}`);
      revision = page.revision;
      for (const track of page.tracks) { tracks.set(track.id, track); hasNews = true; }
    } while (page.more);
    showProgress(progress);
    if (hasNews) { fillGenres(); showTable(); }
    if (progress.finished) wait = 5000;
  } catch (error) {
    find("no-collection").textContent = error.message;
    find("no-collection").hidden = tracks.size > 0;
    if (error.code === "not_possible") return;
    wait = 5000;
  }
  timer = setTimeout(poll, wait);
}

function showProgress(progress) {
  const heard = progress.done + progress.failed;
  const words = [progress.finished ? counted(progress.total, "track") : `${heard.toLocaleString("en")} of ${progress.listed ? "" : "at least "}${counted(progress.total, "track")} heard`];
  if (progress.failed) words.push(`${progress.failed} could not be heard`);
  words.push(`model ${progress.model}`);
  const text = words.join(" · ");
  if (find("collection-progress").textContent !== text) find("collection-progress").textContent = text;
  const corrected = [...tracks.values()].filter((track) => track.correction).length;
  find("corrections-note").replaceChildren(
    corrected
      ? h("span", {}, `${counted(corrected, "correction")}, kept in ${progress.corrections}; `,
        h("a", { href: "/api/collection/corrections.csv" }, "save the table"), ", or learn from it: ", h("code", {}, `genre train ${progress.corrections}`))
      : "Choose a track to hear it, and to correct its genre.");
}

function fillGenres() {
  const select = find("filter-genre");
  const names = [...new Set([...genres, ...[...tracks.values()].map((track) => track.correction).filter(Boolean)])];
  if (select.options.length === names.length + 1) return;
  const value = select.value;
  select.replaceChildren(h("option", { value: "" }, "all"), ...names.map((name) => h("option", { value: name }, name)));
  select.value = value;
}

const shownGenre = (track) => track.correction || track.genre || "";
const same = (tag, genre) => tag.toLowerCase().replace(/[^a-z]/g, "") === genre.toLowerCase().replace(/[^a-z]/g, "");

function matching() {
  const words = find("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const genre = find("filter-genre").value;
  const kinds = {
    unsure: (track) => track.unsure && !track.correction, sure: (track) => track.genre && !track.unsure,
    differs: (track) => track.tag && track.genre && !same(track.tag, track.genre),
    corrected: (track) => track.correction, failed: (track) => track.error,
  };
  const kind = kinds[find("filter-kind").value] || (() => true);
  return [...tracks.values()].filter((track) =>
    kind(track) && (!genre || shownGenre(track) === genre) && words.every((word) => track.name.toLowerCase().includes(word)));
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
function sorted(list) {
  const value = (track) => (order.key === "genre" ? shownGenre(track) : track[order.key]) ?? null;
  return list.sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const result = typeof a === "number" ? a - b : collator.compare(a, b);
    return order.down ? -result : result;
  });
}

const lastParts = (name) => name.split("/").slice(-2).join("/");

function showTable() {
  const all = sorted(matching());
  rows = all.slice(0, limit);
  for (const button of find("grid").querySelectorAll("th button")) {
    const isKey = button.dataset.sort === order.key;
    button.parentElement.setAttribute("aria-sort", isKey ? (order.down ? "descending" : "ascending") : "none");
  }
  const focused = document.activeElement?.dataset?.id;
  find("grid").tBodies[0].replaceChildren(...rows.map((track) => {
    const genre = shownGenre(track);
    const isChosen = track.id === chosen;
    return h("tr", { "data-id": track.id, tabindex: isChosen || (!chosen && track === rows[0]) ? "0" : "-1", "aria-selected": isChosen ? "true" : "false" },
      h("td", { title: track.name }, lastParts(track.name), ...(track.marks?.length ? [" ", h("span", { class: "aside" }, track.marks.join(", "))] : [])),
      h("td", {}, track.error ? h("span", { class: "waiting" }, "not heard") : genre ? h("span", { class: `dot ${colourClass(genres, genre)}` }, genre) : h("span", { class: "waiting" }, "…"),
        track.correction ? h("span", { class: "aside" }, " corrected") : track.unsure ? h("span", { class: "aside" }, " unsure") : null),
      h("td", { class: "n" }, track.confidence === undefined ? "" : percent(track.confidence)),
      h("td", {}, track.tag || ""),
      h("td", { class: "n" }, track.seconds === undefined ? "" : playingTime(track.seconds)));
  }));
  if (focused) find("grid").querySelector(`tr[data-id="${focused}"]`)?.focus();
  find("more").hidden = all.length <= limit;
  find("more").textContent = `Show more (${(all.length - limit).toLocaleString("en")} left)`;
}

async function choose(id, takesFocus = false) {
  if (view) autoplay = !view.audio.paused;
  chosen = id;
  showTable();
  if (takesFocus) find("grid").querySelector(`tr[data-id="${id}"]`)?.focus();
  drawMap();
  const track = tracks.get(id);
  const place = find("collection-detail");
  view?.stop();
  view = null;
  if (!track?.genre) {
    place.replaceChildren(h("p", { class: "file-name" }, track?.name || ""), h("p", { class: track?.error ? "fault" : "waiting" }, track?.error || "Not heard yet."));
    return;
  }
  try {
    const verdict = await ask(`/api/collection/tracks/${id}`);
    if (chosen !== id) return;
    const address = `/api/collection/tracks/${id}`;
    view = soundView({ verdict, genres, name: track.name, picture: `${address}/spectrogram.png?model=${encodeURIComponent(verdict.model)}`, sources: [`${address}/audio`, `${address}/audio.wav`] });
    place.replaceChildren(h("div", { class: "detail" }, ...verdictHead(verdict, track.name), view.element, correction(track), bars(verdict, genres)));
    if (autoplay) view.toggle();
  } catch (error) {
    place.replaceChildren(h("p", { class: "fault" }, error.message));
  }
}

function correction(track) {
  const field = h("input", { list: "genre-names", value: track.correction || "", placeholder: track.genre, maxlength: "80", "aria-label": "The true genre", autocomplete: "off" });
  const form = h("form", { class: "correct" }, h("label", {}, "True genre ", field),
    h("datalist", { id: "genre-names" }, genres.map((genre) => h("option", { value: genre }))),
    h("button", { type: "submit", class: "quiet" }, "Correct"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const genre = field.value.trim();
    const address = `/api/collection/tracks/${track.id}/genre`;
    try {
      if (genre) await ask(address, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ genre }) });
      else await ask(address, { method: "DELETE" });
      say(genre ? `Kept: ${genre}.` : "The correction is taken back.");
      poll();
    } catch (error) { say(error.message); }
  });
  return form;
}

// The map.

let points = [];
let mapTimer = null;

function showView(name) {
  find("table-view").hidden = name !== "table";
  find("map-view").hidden = name !== "map";
  find("view-table").setAttribute("aria-pressed", String(name === "table"));
  find("view-map").setAttribute("aria-pressed", String(name === "map"));
  clearTimeout(mapTimer);
  if (name === "map") ask("/api/collection/map", { method: "POST" }).then(loadMap, (error) => say(error.message));
}

async function loadMap() {
  clearTimeout(mapTimer);
  if (find("map-view").hidden || !isShown) return;
  try {
    const map = await ask("/api/collection/map");
    points = map.points;
    const share = map.explained.reduce((sum, value) => sum + value, 0);
    find("map-note").textContent = map.done < map.total
      ? `${map.done.toLocaleString("en")} of ${map.total.toLocaleString("en")} tracks are placed.`
      : `Tracks near each other sound alike to the model. The two directions hold ${percent(share)} of all differences.`;
    drawMap();
    if (map.done < map.total) mapTimer = setTimeout(loadMap, 1500);
  } catch (error) { find("map-note").textContent = error.message; }
}

function placeOf(point, canvas) {
  const room = 14;
  return [room + ((point.x + 1) / 2) * (canvas.clientWidth - 2 * room), room + ((1 - point.y) / 2) * (canvas.clientHeight - 2 * room)];
}

function drawMap() {
  const canvas = find("map");
  if (find("map-view").hidden || !canvas.clientWidth) return;
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const wanted = new Set(matching().map((track) => track.id));
  const used = new Set();
  for (const point of points) {
    const track = tracks.get(point.id);
    if (!track || !wanted.has(point.id)) continue;
    const genre = shownGenre(track);
    used.add(genre);
    const place = genres.indexOf(genre);
    pen.fillStyle = style.getPropertyValue(`--g${(place < 0 ? 9 : place) % 10}`) || "gray";
    pen.globalAlpha = 0.8;
    pen.beginPath();
    pen.arc(...placeOf(point, canvas), point.id === chosen ? 8 : 4.5, 0, 7);
    pen.fill();
    if (point.id === chosen) {
      pen.globalAlpha = 1;
      pen.lineWidth = 2;
      pen.strokeStyle = style.getPropertyValue("--gk-ink");
      pen.stroke();
    }
  }
  find("map-legend").replaceChildren(...genres.filter((genre) => used.has(genre)).map((genre) => h("span", { class: `dot ${colourClass(genres, genre)}` }, genre)));
}

function pick(event) {
  const canvas = find("map");
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let best = null;
  for (const point of points) {
    const [left, top] = placeOf(point, canvas);
    const distance = Math.hypot(left - x, top - y);
    if (distance < 20 && distance < (best?.distance ?? Infinity)) best = { id: point.id, distance };
  }
  if (best) { autoplay = true; choose(best.id).then(() => { autoplay = false; }); }
}
