/* Curves of all raters of a video, as they are compared. */

import { el, figure } from "../../dom.js";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 600, HEIGHT = 110;
export const STYLES = 6; // in the style sheet: colour and dashes of a rater

function path(times, values) {
  const first = times[0], span = Math.max(times[times.length - 1] - first, 0.04);
  let text = "", joined = false;
  values.forEach((value, place) => {
    if (value !== null) {
      const x = WIDTH * (times[place] - first) / span, y = HEIGHT / 2 * (1 - value);
      text += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    joined = value !== null;
  });
  return text;
}

function picture(curves, name) {
  const svg = document.createElementNS(NS, "svg");
  for (const [key, value] of [["viewBox", `0 0 ${WIDTH} ${HEIGHT}`], ["preserveAspectRatio", "none"],
                              ["class", "trace-picture"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  const line = (className, d) => {
    const one = document.createElementNS(NS, "path");
    one.setAttribute("class", className);
    one.setAttribute("d", d);
    svg.append(one);
  };
  line("trace-zero", `M0 ${HEIGHT / 2}L${WIDTH} ${HEIGHT / 2}`);
  Object.values(curves.raters).forEach((rater, place) => {
    line(`curve curve-${place % STYLES}`, path(curves.times, rater[name]));
  });
  return el("div", {}, el("p", { className: "small muted" }, name), svg);
}

/** A figure with valence and arousal of all raters. */
export function raterCurves(video, curves) {
  const ends = `${figure(curves.times[0], 1)} to ${figure(curves.times[curves.times.length - 1], 1)} s`;
  const keys = Object.keys(curves.raters).map((rater, place) => el(
    "span", { className: `curve-key curve-key-${place % STYLES}` }, rater));
  return el("figure", { className: "annotate-curves" },
            el("figcaption", { className: "row small" }, el("strong", {}, video), ends, ...keys),
            el("div", { className: "annotate-curve-pair" }, picture(curves, "valence"), picture(curves, "arousal")));
}
