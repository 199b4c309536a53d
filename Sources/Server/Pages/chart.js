// Curves of trainings as SVG: a line a run, epochs to the right.
const space = "http://www.w3.org/2000/svg";

function mark(name, attributes, text) {
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Round steps between ticks: at most so many. */
function ticks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw);
  const result = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) result.push(value);
  return result;
}

/**
 * - lines: [{ name, colour (0 to 5), points: [[epoch, value]] }].
 * - share: whether values are fractions, shown as percent.
 */
export function chart({ title, lines, share }) {
  const [width, height, left, right, top, bottom] = [380, 230, 44, 12, 30, 30];
  const all = lines.flatMap((line) => line.points);
  const svg = mark("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "chart-svg" });
  svg.append(mark("title", {}, `${title}: ${lines.map((line) => `${line.name} ${line.points.length ? format(line.points.at(-1)[1], share) : ""}`).join(", ")}`));
  svg.append(mark("text", { x: left, y: 16, class: "chart-title" }, title));
  if (!all.length) {
    svg.append(mark("text", { x: left, y: height / 2, class: "chart-label" }, "no epoch yet"));
    return svg;
  }
  const last = Math.max(...all.map(([epoch]) => epoch), 2);
  let [low, high] = [Math.min(...all.map(([, value]) => value)), Math.max(...all.map(([, value]) => value))];
  if (share) { low = Math.max(0, low - 0.05); high = Math.min(1, high + 0.05); }
  if (high - low < 1e-6) { high += 0.05; low -= 0.05; }
  const x = (epoch) => left + ((epoch - 1) / (last - 1)) * (width - left - right);
  const y = (value) => top + ((high - value) / (high - low)) * (height - top - bottom);
  for (const value of ticks(low, high, 5)) {
    svg.append(mark("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "gk-s-grid" }));
    svg.append(mark("text", { x: left - 6, y: y(value) + 4, class: "chart-label", "text-anchor": "end" }, format(value, share)));
  }
  for (const epoch of ticks(1, last, 6).filter((value) => value >= 1 && Number.isInteger(value))) {
    svg.append(mark("text", { x: x(epoch), y: height - 10, class: "chart-label", "text-anchor": "middle" }, String(epoch)));
  }
  for (const line of lines) {
    const points = line.points.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    svg.append(mark("polyline", { points, class: `chart-line gk-s-series${line.colour}`, "stroke-dasharray": line.dashed ? "5 4" : "none" }));
    if (line.points.length === 1) svg.append(mark("circle", { cx: x(line.points[0][0]), cy: y(line.points[0][1]), r: 3, class: `gk-f-series${line.colour}` }));
  }
  return svg;
}

const format = (value, share) => (share ? `${Math.round(100 * value)}%` : value.toPrecision(3).replace(/\.?0+$/, ""));
