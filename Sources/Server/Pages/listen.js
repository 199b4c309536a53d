// Listen: the microphone, with a verdict every half second.
import { ask, colourClass, h, percent } from "./dom.js";
import { bars } from "./player.js";

const find = (id) => document.getElementById(id);
let state;
let live = null;
/** Verdicts of the last minute, two a second. */
const shown = 120;

export function begin(shared) {
  state = shared;
  find("listen-button").addEventListener("click", () => (live ? stop() : start()));
  document.addEventListener("model", () => { if (live) { stop(); start(); } });
}

export function leave() { if (live) stop(); }

function fail(sentence) {
  find("listen-fault").textContent = sentence;
  find("listen-fault").hidden = false;
}

async function start() {
  const mine = { ended: false, waiting: [], sending: false };
  live = mine;
  find("listen-fault").hidden = true;
  find("listen-button").textContent = "Stop";
  try {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error("This browser gives no microphone to a page that is neither on this computer nor under https.");
    }
    await state.ready;
    mine.session = await ask(`/api/listen?model=${encodeURIComponent(state.model)}`, { method: "POST" });
    mine.stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    // The browser resamples to the rate that the model wants.
    mine.context = new AudioContext({ sampleRate: mine.session.rate });
    await mine.context.audioWorklet.addModule("/assets/recorder.js");
    const source = mine.context.createMediaStreamSource(mine.stream);
    const recorder = new AudioWorkletNode(mine.context, "recorder", { numberOfOutputs: 0 });
    recorder.port.onmessage = ({ data }) => { mine.waiting.push(data); send(mine); };
    source.connect(recorder);
    if (mine.ended) return finish(mine);
    find("minute").replaceChildren(...Array.from({ length: shown }, () => h("i", {})));
    find("now-verdict").replaceChildren(h("b", { class: "waiting" }, "Listening …"));
    find("now-bars").replaceChildren();
    find("now").hidden = false;
  } catch (error) {
    const words = { NotAllowedError: "The browser was told not to give the microphone to this page.", NotFoundError: "There is no microphone." };
    fail(words[error.name] || error.message);
    if (live === mine) stop();
    else finish(mine);
  }
}

async function send(mine) {
  if (mine.sending || mine.ended) return;
  mine.sending = true;
  try {
    while (mine.waiting.length && !mine.ended) {
      const pieces = mine.waiting.splice(0);
      const { moments } = await ask(`/api/listen/${mine.session.id}`, {
        method: "POST", headers: { "content-type": "application/octet-stream" }, body: new Blob(pieces),
      });
      for (const moment of moments) show(mine, moment);
    }
  } catch (error) {
    if (!mine.ended) { fail(error.message); stop(); }
  } finally {
    mine.sending = false;
  }
}

function show(mine, moment) {
  const { genres } = mine.session;
  const top = genres.map((genre, index) => ({ genre, confidence: moment.confidences[index] }))
    .sort((first, second) => second.confidence - first.confidence);
  find("now-verdict").replaceChildren(
    h("b", { class: moment.silent ? "waiting" : "" }, moment.silent ? "silence" : moment.genre),
    h("span", { class: "of" }, moment.silent ? "" : percent(top[0].confidence)));
  find("now-bars").replaceChildren(bars({ top }, genres));
  const block = h("i", {
    class: moment.silent ? "silent" : colourClass(genres, moment.genre),
    title: moment.silent ? "silence" : `${moment.genre} ${percent(top[0].confidence)}`,
  });
  if (!moment.silent) block.style.height = `${20 + 80 * top[0].confidence}%`;
  find("minute").append(block);
  find("minute").firstChild.remove();
}

function stop() {
  const mine = live;
  live = null;
  find("listen-button").textContent = "Start listening";
  finish(mine);
}

function finish(mine) {
  mine.ended = true;
  for (const track of mine.stream?.getTracks() || []) track.stop();
  mine.context?.close().catch(() => {});
  if (mine.session) ask(`/api/listen/${mine.session.id}`, { method: "DELETE" }).catch(() => {});
}
