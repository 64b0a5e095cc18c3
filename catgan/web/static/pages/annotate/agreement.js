/* How well raters agree. */

import { followJob, request } from "../../api.js";
import { el, figure, newId } from "../../dom.js";
import { help } from "../../parts/help.js";
import { showError } from "../../parts/messages.js";
import { raterCurves } from "./curves.js";

const MOST_DRAWN = 20; // videos

const TERMS = "ICC(3,1): do raters order the items alike? ICC(2,1): do they also give the same values? (Shrout & Fleiss " +
  "1979.) CCC: concordance of values (Lin 1989). Weighted kappa: agreement of ordered levels beyond chance, with " +
  "quadratic weights (Cohen 1968). Kappa: the same of expressions, Fleiss' for all raters together. 1 is perfect, 0 is " +
  "chance. A dash means that too few items are rated by both.";

const written = (value) => (value === null || value === undefined ? "\u2013" : figure(value));

function table(caption, head, rows) {
  return el("div", { className: "annotate-scroll" }, el("table", {}, el("caption", {}, caption),
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows.map(([first, ...cells]) => el("tr", {}, el("th", { scope: "row" }, first),
                                                           ...cells.map((cell) => el("td", {}, cell)))))));
}

function labelRows(label, one) {
  const items = (part) => (part.not_visible ? `${part.n} (${part.not_visible} times not visible)` : String(part.n));
  const cells = (who, part, isAll) => [who, items(part), written(part.icc_2_1), written(part.icc_3_1),
                                       written(part.ccc), written(part.weighted_kappa),
                                       written(isAll ? part.fleiss_kappa ?? part.kappa : part.kappa)];
  const pairs = one.pairs.length > 1 ? one.pairs.map((pair) => [label, ...cells(pair.raters.join(", "), pair, false)])
    : [];
  const all = one.raters.length > 1 ? `all ${one.raters.length}` : `only ${one.raters.join("")}`;
  return [[label, ...cells(all, one, true)], ...pairs];
}

function lateWords(pair) {
  if (!pair.delay) return "not found";
  const late = Math.abs(pair.delay.seconds);
  const by = `correlation ${figure(pair.delay.correlation)}`;
  if (late < 0.04) return `none (${by})`;
  return `${pair.raters[pair.delay.seconds > 0 ? 1 : 0]} ${figure(late)} s later (${by}, ${figure(pair.delay.without)} ` +
    "without)";
}

function shown(found) {
  if (found.raters.length < 2) return [el("p", {}, "Agreement needs two raters or more.")];
  const parts = [el("p", {}, `${found.raters.length} raters: ${found.raters.join(", ")}. ${found.items} photographs and ` +
                             `frames are rated by two or more; figures need ${found.least}.`)];
  const rows = Object.entries(found.labels).flatMap(([label, one]) => labelRows(label, one));
  if (rows.length) {
    parts.push(table("Photographs and frames; of all raters, CCC and weighted kappa are means of the pairs",
                     ["Label", "Raters", "Items", "ICC(2,1)", "ICC(3,1)", "CCC", "Weighted kappa", "Kappa"], rows));
  }
  const videos = Object.entries(found.traces.videos).flatMap(([name, { pairs }]) => pairs.map((pair) => [
    name, pair.raters.join(", "), `${pair.seconds} s`, written(pair.valence), written(pair.arousal), lateWords(pair)]));
  if (videos.length) {
    videos.push(...found.traces.pairs.map((pair) => ["all videos", pair.raters.join(", "), `${pair.seconds} s`,
                                                     written(pair.valence), written(pair.arousal), ""]));
    parts.push(table(`Over time; CCC ${found.traces.timing}. Delays are measured as rated`,
                     ["Video", "Raters", "Both rated", "CCC valence", "CCC arousal", "Delay"], videos));
    const drawn = Object.entries(found.traces.videos).slice(0, MOST_DRAWN);
    parts.push(el("h3", {}, `Curves, ${found.traces.timing}`),
               ...drawn.map(([name, { curves }]) => raterCurves(name, curves)));
  }
  return parts;
}

/** Options of what is done to ratings over time; `read()` returns them. */
export function timingOptions() {
  const id = newId("smoothing");
  const align = el("input", { type: "checkbox" });
  const smoothing = el("input", { id, type: "number", min: 0, max: 10, step: 0.1, value: 0 });
  return { read: () => ({ align: align.checked, smoothing: Number(smoothing.value) }),
           root: el("div", { className: "row" }, el("label", { className: "row" }, align,
                                                     "Bring raters together by their delays"),
                    el("label", { htmlFor: id }, "Running median, seconds"), smoothing) };
}

export function agreementPanel(app) {
  const timing = timingOptions(), result = el("div", { className: "stack annotate-agreement", role: "status" });
  const { button, line } = help("each figure", TERMS);
  const start = el("button", { type: "button", className: "primary", onclick: async () => {
    start.disabled = true;
    result.replaceChildren(el("p", {}, "Measuring \u2026"));
    try {
      const job = await request("/api/annotate/agreement", { json: timing.read() });
      result.replaceChildren(...shown(await followJob(job.job, () => {}, app.signal)));
    } catch (problem) {
      result.replaceChildren();
      if (problem.name !== "AbortError") showError(problem);
    }
    start.disabled = false;
  } }, "Measure agreement");
  return { root: el("div", { className: "card stack" }, el("div", { className: "row" },
                                                            el("h2", {}, "Agreement of raters"), button), line,
                    el("p", { className: "muted small" }, "Ratings over time are compared as they are unless you ask:"),
                    timing.root, el("div", {}, start), result) };
}
