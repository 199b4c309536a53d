// Drop: files and folders come, verdicts go beside them.
import { ask, counted, csvRow, events, h, percent, save, say } from "./dom.js";
import { bars, marks, soundView, verdictHead } from "./player.js";

const find = (id) => document.getElementById(id);
/** In the order in which they came. */
const tracks = [];
let chosen = null;
let view = null;
let state;
let running = 0;
/** Uploads at once; the server judges as many as it has cores and lets the others wait. */
const atOnce = 3;

export function begin(shared) {
  state = shared;
  find("curl").textContent = `curl -F file=@song.mp3 ${location.origin}/api/predict`;
  const zone = find("zone");
  for (const id of ["files", "folder"]) {
    find(id).addEventListener("change", (event) => {
      add([...event.target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      event.target.value = "";
    });
  }
  const page = find("drop");
  page.addEventListener("dragenter", () => zone.classList.add("over"));
  page.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  page.addEventListener("dragleave", (event) => { if (!page.contains(event.relatedTarget)) zone.classList.remove("over"); });
  page.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (entries.length) add(await walk(entries));
    else add([...event.dataTransfer.files].map((file) => ({ file, path: file.name })));
  });
  find("clear").addEventListener("click", clear);
  find("save").addEventListener("click", saveTable);
  find("tracks").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const place = tracks.indexOf(chosen) + (step || 0);
    if (step && tracks[place]) {
      event.preventDefault();
      choose(tracks[place]);
      chosen.row.firstChild.focus();
    }
  });
  document.addEventListener("model", () => { for (const track of tracks) again(track); });
}

export function leave() { view?.audio.pause(); }

/** All files in dropped folders, at any depth. */
async function walk(entries) {
  const found = [];
  async function visit(entry) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
      if (file && !entry.name.startsWith(".")) found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
        if (!some.length) break;
        for (const inner of some) await visit(inner);
      }
    }
  }
  for (const entry of entries) await visit(entry);
  return found;
}

/** What is in folders beside the music. */
const companions = /\.(jpe?g|png|gif|webp|pdf|txt|nfo|log|cue|m3u8?|pls|xml|json|html?|db|ini|md|csv|lrc|zip|rar)$/i;

function add(files) {
  const music = files.length === 1 ? files : files.filter(({ path }) => !companions.test(path));
  if (!music.length) {
    if (files.length) say("There is no music among these files.");
    return;
  }
  for (const { file, path } of music) {
    const track = { file, path, name: path.split("/").pop(), state: "waiting" };
    track.row = h("li", {}, h("button", { type: "button", class: "track", onclick: () => choose(track) }));
    tracks.push(track);
    find("tracks").append(track.row);
    showRow(track);
  }
  find("results").hidden = false;
  find("results").classList.toggle("many", tracks.length > 1);
  if (!chosen) choose(tracks[0]);
  showCount();
  go();
}

function showCount() {
  const done = tracks.filter((track) => track.state === "done" || track.state === "failed").length;
  find("count").textContent = done < tracks.length ? `${done} of ${counted(tracks.length, "track")}` : counted(tracks.length, "track");
}

function showRow(track) {
  const button = track.row.firstChild;
  const words = { waiting: "waiting", sending: "listening …", failed: "not heard" }[track.state];
  const verdict = track.verdict;
  const aside = track.state === "failed" ? "" : verdict ? marks(verdict).map(([word]) => word).join(", ") : "";
  button.replaceChildren(
    h("span", { class: "title", title: track.path }, track.name),
    verdict ? h("span", { class: "genre-name" }, verdict.genre) : h("span", { class: "genre-name waiting" }, words),
    h("span", { class: "share" }, verdict ? percent(verdict.confidence) : ""),
    ...(aside ? [h("span", { class: "aside" }, aside)] : []));
  if (track === chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

function choose(track) {
  const before = chosen;
  chosen = track;
  if (before && tracks.includes(before)) showRow(before);
  showRow(track);
  showDetail();
}

function showDetail() {
  view?.stop();
  view = null;
  const place = find("detail");
  const track = chosen;
  if (!track) return place.replaceChildren();
  if (track.state === "failed") {
    return place.replaceChildren(h("p", { class: "file-name" }, track.name), h("p", { class: "fault" }, track.error));
  }
  if (!track.verdict) {
    return place.replaceChildren(
      h("p", { class: "file-name" }, track.name),
      h("p", { class: "verdict" }, h("b", { class: "waiting" }, track.state === "sending" ? "Listening …" : "Waiting …")));
  }
  const genres = state.genres(track.verdict.model);
  const id = track.verdict.id;
  track.address ||= URL.createObjectURL(track.file);
  view = soundView({
    verdict: track.verdict, genres, name: track.name,
    picture: `/api/sounds/${id}/spectrogram.png?model=${encodeURIComponent(track.verdict.model)}`,
    sources: [track.address, `/api/sounds/${id}/audio.wav`],
  });
  place.replaceChildren(...verdictHead(track.verdict, track.name), view.element, bars(track.verdict, genres));
}

function again(track) {
  if (track.state !== "done") return;
  track.state = "waiting";
  forget(track);
  go();
}

function forget(track) {
  if (track.verdict?.id) ask(`/api/sounds/${track.verdict.id}`, { method: "DELETE" }).catch(() => {});
}

async function go() {
  await state.ready;
  while (running < atOnce) {
    const track = tracks.find((other) => other.state === "waiting");
    if (!track) return;
    running += 1;
    hear(track).finally(() => { running -= 1; go(); });
  }
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

async function hear(track) {
  track.state = "sending";
  showRow(track);
  if (track === chosen && !track.verdict) showDetail();
  const query = new URLSearchParams({ model: state.model, keep: "true", name: track.name });
  try {
    let verdict = null;
    for (let left = 20; ; left -= 1) {
      const response = await fetch(`/api/predict?${query}`, {
        method: "POST", body: track.file,
        headers: { accept: "text/event-stream", "content-type": "application/octet-stream" },
      }).catch(() => { throw new Error("The server cannot be reached; is 'genre serve' still running?"); });
      if (response.status === 429 && left > 0) { await pause(1); continue; }
      if (!(response.headers.get("content-type") || "").startsWith("text/event-stream")) {
        throw new Error((await response.json().catch(() => null))?.error || `The server answered ${response.status}.`);
      }
      await events(response, (name, value) => {
        if (name === "verdict") verdict = value;
        if (name === "error") throw new Error(value.error);
      });
      break;
    }
    if (!verdict) throw new Error("The server broke off; send the file again.");
    track.verdict = verdict;
    track.state = "done";
  } catch (error) {
    track.verdict = null;
    track.state = "failed";
    track.error = error.message;
  }
  if (!tracks.includes(track)) return forget(track);
  showRow(track);
  showCount();
  if (track === chosen) showDetail();
}

function clear() {
  view?.stop();
  view = null;
  for (const track of tracks) {
    forget(track);
    if (track.address) URL.revokeObjectURL(track.address);
  }
  tracks.length = 0;
  chosen = null;
  find("tracks").replaceChildren();
  find("results").hidden = true;
}

function saveTable() {
  const done = tracks.filter((track) => track.verdict || track.error);
  const genres = state.genres(done.find((track) => track.verdict)?.verdict.model);
  const rows = done.map(({ path, verdict, error }) => {
    const shares = Object.fromEntries((verdict?.top || []).map(({ genre, confidence }) => [genre, confidence.toFixed(4)]));
    return [path, verdict?.genre || "", verdict?.confidence.toFixed(4) || "", verdict ? String(verdict.unsure) : "", error || "",
      ...genres.map((genre) => shares[genre] || "")];
  });
  save("genres.csv", [["file", "genre", "confidence", "unsure", "error", ...genres], ...rows].map(csvRow).join("\r\n") + "\r\n");
}
