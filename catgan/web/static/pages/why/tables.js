/* Tables with bars: Action Units before and after, readings, regions, and the errors that an answer states. */

import { el, figure } from "../../dom.js";
import { help } from "../../parts/help.js";

/** A bar from one value to another on a scale; for the eye alone, since the table holds the numbers. */
function span(from, to, low, high, className) {
  const place = (value) => 100 * Math.min(Math.max((value - low) / (high - low), 0), 1);
  const bar = el("i", { className: `bar-span ${className}` });
  bar.style.left = `${Math.min(place(from), place(to))}%`;
  bar.style.width = `${Math.max(Math.abs(place(to) - place(from)), 0.8)}%`;
  const dot = el("i", { className: "bar-dot" });
  dot.style.left = `${place(to)}%`;
  const zero = el("i", { className: "bar-zero" });
  zero.style.left = `${place(0)}%`;
  return el("td", { className: "bar-cell", "aria-hidden": "true" }, el("div", { className: "bar" }, zero, bar, dot));
}

function table(caption, heads, rows) {
  return el("div", { className: "table-scroll", tabIndex: 0, role: "region", "aria-label": caption }, el(
    "table", { className: "numbers small" }, el("caption", { className: "visually-hidden" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((text) => (text ? el("th", { scope: "col" }, text) : el("td"))))),
    el("tbody", {}, ...rows)));
}

/** Changes of Action Units: `[{name, title, from, to}]`. Levels below 0 go beyond what was read. */
export function changesTable(moved) {
  const lowest = Math.min(0, ...moved.map(({ to }) => to));
  const rows = moved.map(({ name, title, from, to }) => el(
    "tr", {}, el("th", { scope: "row" }, `${name} ${title.toLowerCase()}`), el("td", {}, figure(from)),
    el("td", {}, figure(to)), el("td", {}, `${to > from ? "+" : ""}${figure(to - from)}`),
    span(from, to, lowest, 5, to > from ? "up" : "down")));
  return table("Changes of Action Units", ["Action Unit", "as read", "drawn", "change", ""], rows);
}

/** What a model reads before and after; what changed most comes first. */
export function readingTable(caption, before, after, changed) {
  const names = Object.keys(before).filter((name) => typeof before[name] === "number" && !/_(std|probability)$/.test(name));
  const scale = (name) => (/^AU\d+$/.test(name) ? [0, 5] : name === "valence" || name === "arousal" ? [-1, 1] : null);
  const size = (name) => Math.abs(after[name] - before[name]) / (scale(name) ? scale(name)[1] - scale(name)[0] : 1);
  names.sort((one, other) => size(other) - size(one));
  const rows = names.map((name) => {
    const [low, high] = scale(name) ?? [Math.min(0, before[name], after[name]), Math.max(1, before[name], after[name])];
    return el("tr", { className: changed.includes(name) ? "changed" : "" }, el("th", { scope: "row" }, name),
              el("td", {}, figure(before[name])), el("td", {}, figure(after[name])),
              span(before[name], after[name], low, high, after[name] > before[name] ? "up" : "down"));
  });
  return table(caption, ["Label", "photograph", "changed", ""], rows);
}

/** Sums of a heat map by facial region. */
export function regionTable(regions) {
  const most = Math.max(...Object.values(regions).map(Math.abs), 1e-9);
  const rows = Object.entries(regions).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])).map(([name, value]) => el(
    "tr", {}, el("th", { scope: "row" }, name), el("td", {}, figure(value, 3)),
    span(0, value, -most, most, value > 0 ? "raises" : "lowers")));
  return table("The heat map by region", ["Region", "attribution", ""], rows);
}

/** All errors that an answer states, each with a question mark. */
export function errorList(answer, glossary) {
  const { proximity, inversion, plausibility } = answer;
  const shares = (pairs, digits) => Object.entries(pairs).map(([name, value]) => `${name.toUpperCase()} ${figure(value, digits)}`).join(", ");
  const unsure = plausibility && (plausibility.distance > plausibility.bound || plausibility.together.length);
  const parts = [
    ["Validity", answer.validity === 1 ? "1: the target is met" : "0: the target is not met", "validity"],
    ["Independent judge", answer.oracle_validity === null ? "not asked" : answer.oracle_validity === 1
      ? "1: it reads the target too" : "0: it does not read the target", "oracle"],
    ["Proximity", shares(proximity, 3), "proximity"],
    ["Action Units changed", String(answer.sparsity), "sparsity"],
    ["Identity", answer.identity === null ? "not measured" : figure(answer.identity), "identity"],
    ["Reconstruction", `${figure(inversion.psnr, 1)} dB, SSIM ${figure(inversion.ssim, 3)}`, "inversion"],
    ["Plausibility", plausibility === null ? "unknown" : `distance ${figure(plausibility.distance, 1)}, bound ` +
      `${figure(plausibility.bound, 1)}${unsure ? ": faces like this one were next to never learned from" : ""}` +
      (plausibility.together.length ? `; never seen together: ${plausibility.together.join(", ")}` : ""), "plausibility"],
    ["Search", `${answer.renders} faces drawn in ${figure(answer.seconds, 1)} s`, null]];
  return el("dl", { className: "errors small" }, ...parts.map(([title, text, term]) => {
    const made = term ? help(title, glossary[term]) : null;
    return el("div", {}, el("dt", {}, title, made?.button), el("dd", {}, text, made?.line));
  }));
}
