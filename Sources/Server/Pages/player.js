// A verdict with its sound: bars, spectrogram, timeline, player.
import { colourClass, h, percent, playingTime } from "./dom.js";

/** What a reader must know of the sound, as marks behind the verdict. */
export function marks(verdict) {
  const list = [];
  if (verdict.unsure) list.push(["unsure", "The model is not sure: the confidence is below 40%.", true]);
  if (verdict.padded) list.push(["short", "The sound is shorter than the model's segment and was padded.", false]);
  if (verdict.silent_seconds >= 0.5)
    list.push([`${playingTime(verdict.silent_seconds)} silent`, "Silence has no part in the verdict.", false]);
  if (verdict.damaged) list.push(["damaged", "The file is damaged or lacks its end: the sound may have gaps.", true]);
  if (verdict.channel)
    list.push([`channel ${verdict.channel} only`, "The channels cancel where they are mixed; one was taken.", false]);
  return list;
}

export function markList(verdict) {
  return h("ul", { class: "marks", "aria-label": "Remarks" },
    marks(verdict).map(([word, why, warns]) => h("li", { class: warns ? "warn" : "", title: why }, word)));
}

/** Every genre with its confidence. */
export function bars(verdict, genres) {
  const list = h("ul", { class: "bars", "aria-label": "Confidence of each genre" });
  list.style.setProperty("--rows", Math.ceil(verdict.top.length / 2));
  for (const { genre, confidence } of verdict.top) {
    const fill = h("i", { class: colourClass(genres, genre) });
    fill.style.width = `${100 * confidence}%`;
    list.append(
      h("li", {}, h("span", { class: "name" }, genre), h("span", { class: "track-bar" }, fill),
        h("span", { class: "share" }, percent(confidence))));
  }
  return list;
}

let playing = null;

/**
 * Spectrogram, timeline and transport of one sound.
 *
 * - sources: addresses of the sound, tried in their order: the first that the browser can play is used.
 */
export function soundView({ verdict, genres, picture, sources, name }) {
  const audio = h("audio", { preload: "metadata" });
  let source = 0;
  audio.addEventListener("error", () => {
    if (source + 1 < sources.length) {
      const wasWanted = wanted;
      audio.src = sources[++source];
      if (wasWanted) audio.play().catch(() => {});
    } else {
      note.textContent = "The sound cannot be played here.";
    }
  });
  let wanted = false;
  const length = () => verdict.seconds;
  const head = h("div", { class: "head" });
  const image = h("img", { alt: `Spectrogram of ${name}, low sounds below, time to the right`, src: picture, draggable: "false" });
  const field = h("div", { class: "picture" }, image, head);
  const strip = h("div", { class: "strip", "aria-hidden": "true" });
  for (const part of verdict.timeline) {
    const share = (part.end - part.start) / Math.max(length(), 1e-9);
    const words = part.silent ? "silent" : part.genre;
    const block = h("span", {
      class: `${part.silent ? "silent" : colourClass(genres, part.genre)}${share < 0.05 ? " tight" : ""}`,
      title: `${playingTime(part.start)} – ${playingTime(part.end)}  ${words}${part.silent ? "" : ` ${percent(part.probability)}`}`,
    }, words);
    block.style.width = `${100 * share}%`;
    strip.append(block);
  }
  const button = h("button", { type: "button", "aria-label": "Play" }, "▶");
  const slider = h("input", { type: "range", min: "0", max: String(Math.max(length(), 0.1)), step: "0.1", value: "0", "aria-label": "Place in the sound" });
  const time = h("span", { class: "time" }, `0:00 / ${playingTime(length())}`);
  const note = h("p", { class: "note", role: "status" });

  function show() {
    const place = Math.min(audio.currentTime, length());
    head.style.left = `${(100 * place) / Math.max(length(), 1e-9)}%`;
    slider.value = String(place);
    slider.setAttribute("aria-valuetext", playingTime(place));
    time.textContent = `${playingTime(place)} / ${playingTime(length())}`;
  }
  function seek(place) {
    const go = () => { audio.currentTime = Math.max(0, Math.min(place, length())); show(); };
    if (audio.readyState >= 1) go();
    else audio.addEventListener("loadedmetadata", go, { once: true });
  }
  function toggle() {
    if (audio.paused) {
      wanted = true;
      if (playing && playing !== audio) playing.pause();
      playing = audio;
      audio.play().catch(() => {});
    } else {
      wanted = false;
      audio.pause();
    }
  }
  const follow = () => {
    show();
    if (!audio.paused) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", () => { button.textContent = "❚❚"; button.setAttribute("aria-label", "Pause"); follow(); });
  audio.addEventListener("pause", () => { button.textContent = "▶"; button.setAttribute("aria-label", "Play"); show(); });
  audio.addEventListener("seeked", show);
  button.addEventListener("click", toggle);
  slider.addEventListener("input", () => seek(Number(slider.value)));
  for (const place of [field, strip]) {
    place.addEventListener("click", (event) => {
      const box = field.getBoundingClientRect();
      seek(((event.clientX - box.left) / box.width) * length());
    });
  }
  audio.src = sources[0];
  show();

  const rows = verdict.timeline.map((part) =>
    h("tr", {}, h("td", { class: "n" }, playingTime(part.start)), h("td", { class: "n" }, playingTime(part.end)),
      h("td", {}, part.silent ? "silent" : part.genre), h("td", { class: "n" }, part.silent ? "" : percent(part.probability))));
  const element = h("div", { class: "player" }, field, strip,
    h("div", { class: "transport" }, button, slider, time), note,
    h("details", {}, h("summary", {}, `${rows.length === 1 ? "One part" : `${rows.length} parts`} in time`),
      h("div", { class: "scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { class: "n" }, "from"), h("th", { class: "n" }, "to"), h("th", {}, "genre"), h("th", { class: "n" }, "probability"))),
        h("tbody", {}, rows)))));
  return { element, audio, toggle, seek, stop() { audio.pause(); audio.removeAttribute("src"); audio.load(); } };
}

/** The head of a verdict: name, genre, confidence, marks. */
export function verdictHead(verdict, name) {
  return [
    h("p", { class: "file-name" }, name),
    h("p", { class: "verdict" }, h("b", {}, verdict.genre), h("span", { class: "of" }, percent(verdict.confidence))),
    markList(verdict),
  ];
}
