/* Ratings over time as curves, and their samples. */

import { el, figure } from "../../dom.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 600, HEIGHT = 120;
export const LONGEST_GAP = 1; // seconds: samples farther apart are not joined, as on the server

/** Puts new samples over the old ones of the same span: `{times, values}`. */
export function over(old, times, values) {
  const known = times.map((_, place) => place).filter((place) => values[place] !== null);
  if (!known.length) return old;
  const first = times[known[0]], last = times[known[known.length - 1]];
  const before = old.times.findIndex((time) => time >= first);
  const head = before < 0 ? old.times.length : before;
  const after = old.times.findIndex((time) => time > last);
  const tail = after < 0 ? old.times.length : after;
  return { times: [...old.times.slice(0, head), ...known.map((place) => times[place]), ...old.times.slice(tail)],
           values: [...old.values.slice(0, head), ...known.map((place) => values[place]), ...old.values.slice(tail)] };
}

/** The value at a time, interpolated; null where nothing was said. */
export function valueAt({ times, values }, time) {
  const after = times.findIndex((one) => one >= time);
  if (after < 0) return null;
  if (times[after] === time) return values[after];
  if (after === 0 || times[after] - times[after - 1] > LONGEST_GAP) return null;
  const share = (time - times[after - 1]) / (times[after] - times[after - 1]);
  return values[after - 1] + share * (values[after] - values[after - 1]);
}

function svg(tag, attributes, text = null) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
}

function path({ times, values }, seconds) {
  let text = "";
  times.forEach((time, place) => {
    const joined = place > 0 && time - times[place - 1] <= LONGEST_GAP;
    text += `${joined ? "L" : "M"}${(WIDTH * time / seconds).toFixed(1)} ${(HEIGHT / 2 * (1 - values[place])).toFixed(1)}`;
  });
  return text;
}

/** Curves of valence and arousal with the moment that is shown. */
export class TracePlot {
  constructor(seconds) {
    this.seconds = Math.max(seconds, 0.04);
    this.lines = { valence: svg("path", { class: "trace-valence" }), arousal: svg("path", { class: "trace-arousal" }) };
    this.now = svg("line", { y1: 0, y2: HEIGHT, class: "trace-now" });
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "trace-picture",
                                 "aria-hidden": "true" });
    picture.append(svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2, class: "trace-zero" }),
                   ...Object.values(this.lines), this.now);
    this.summary = el("p", { className: "small muted" });
    this.root = el("figure", { className: "trace" }, picture,
                   el("figcaption", { className: "row small" }, el("span", { className: "trace-key valence" }, "valence"),
                      el("span", { className: "trace-key arousal" }, "arousal (dashed)"), this.summary));
  }

  set(traces) {
    for (const [name, line] of Object.entries(this.lines)) line.setAttribute("d", path(traces[name], this.seconds));
    const count = traces.valence.times.length + traces.arousal.times.length;
    const ends = Object.values(traces).flatMap(({ times }) => (times.length ? [times[0], times[times.length - 1]] : []));
    this.summary.textContent = count ? `rated from ${figure(Math.min(...ends), 1)} to ${figure(Math.max(...ends), 1)} s`
      : "not rated over time yet";
  }

  setNow(time) {
    const x = WIDTH * Math.min(time / this.seconds, 1);
    this.now.setAttribute("x1", x);
    this.now.setAttribute("x2", x);
  }
}
