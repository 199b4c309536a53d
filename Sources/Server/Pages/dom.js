// Small helpers that all pages share.

/** An element: properties that begin with "on" are listeners, "class" and attributes as in HTML. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const percent = (share) => `${Math.round(100 * share)}%`;

/** 125 as "2:05", 3725 as "1:02:05". */
export function playingTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export const counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;

/** The class that gives a genre its colour: the same one everywhere, by its place in the model's list. */
export function colourClass(genres, genre) {
  const place = genres.indexOf(genre);
  return `c${(place < 0 ? 9 : place) % 10}`;
}

let toastTimer;
/** A sentence at the foot of the page, for a while. */
export function say(sentence) {
  const toast = document.getElementById("toast");
  toast.textContent = sentence;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 6000);
}

/** What the server answers as JSON; an error has the server's sentence as its message, and its code. */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server cannot be reached; is 'genre serve' still running?");
  }
  if (response.status === 204) return null;
  const type = response.headers.get("content-type") || "";
  const answer = type.startsWith("application/json") ? await response.json() : null;
  if (!response.ok) {
    const error = new Error(answer?.error || `The server answered ${response.status}.`);
    error.code = answer?.code;
    error.status = response.status;
    throw error;
  }
  return answer;
}

export const post = (address, value) =>
  ask(address, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value) });

/** Reads server-sent events of a response; `take` gets each one's name and value. */
export async function events(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    waiting += value;
    for (let end; (end = waiting.indexOf("\n\n")) >= 0; waiting = waiting.slice(end + 2)) {
      const lines = waiting.slice(0, end).split("\n");
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data) take(field("event") || "message", JSON.parse(data));
    }
  }
}

/** Saves text as a file of the user's. */
export function save(name, text, type = "text/csv") {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A row of CSV (RFC 4180). */
export const csvRow = (fields) =>
  fields.map((field) => (/[",\r\n]/.test(`${field}`) ? `"${`${field}`.replaceAll('"', '""')}"` : `${field}`)).join(",");
