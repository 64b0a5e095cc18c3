/* Figures of several runs: side by side, of a sweep by cells, and of a finished comparison. */

import { el } from "../../dom.js";
import { svg } from "../../parts/svg.js";
import { selectField } from "../generate/fields.js";
import { nameOf } from "./list.js";

const number = (value, digits = 3) => (value === null || value === undefined ? "unknown"
  : value.toFixed(digits).replace("-", "\u2212"));

function table(label, heads, rows) {
  return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": label }, el(
    "table", { className: "figures small" }, el("thead", {}, el("tr", {}, ...heads.map((head) => el(
      "th", { scope: "col" }, head)))), el("tbody", {}, ...rows.map(([first, ...cells]) => el(
      "tr", {}, el("th", { scope: "row" }, first), ...cells.map((cell) => el("td", {}, cell)))))));
}

/** The last validation figures of the chosen runs, a column for each run. */
export function sideBySide(runs) {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.figures)))];
  if (!names.length) return el("p", { className: "muted" }, "These runs have no validation figures yet.");
  return table("Validation figures of the chosen runs", ["Figure", ...runs.map(nameOf)],
               names.map((name) => [name.replace(/^validation_/, "").replaceAll("_", " "),
                                    ...runs.map((run) => number(run.figures[name]))]));
}

/** Points of seeds on one scale, with their mean as a line. */
function strip(values, low, high) {
  const place = (value) => 4 + 152 * (high > low ? (value - low) / (high - low) : 0.5);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return svg("svg", { viewBox: "0 0 160 18", class: "strip", "aria-hidden": "true" },
             svg("line", { x1: 0, x2: 160, y1: 9, y2: 9, class: "chart-grid" }),
             values.length ? svg("line", { x1: place(mean), x2: place(mean), y1: 2, y2: 16, class: "strip-mean" }) : null,
             ...values.map((value) => svg("circle", { cx: place(value), cy: 9, r: 3, class: "chart-dot colour-0" })));
}

/** A sweep: a row for each cell. */
export function sweepTable(found) {
  const body = el("div");
  const fill = (figure) => {
    const all = found.cells.flatMap((cell) => cell.values[figure] ?? []);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    body.replaceChildren(table("Cells of the sweep", ["Cell", "Runs", "Seeds", "Mean", "Lowest", "Highest"],
                               found.cells.map((cell) => {
      const values = cell.values[figure] ?? [];
      const states = Object.entries(cell.states).map(([state, n]) => `${n} ${state}`).join(", ");
      const mean = values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
      const reasons = cell.runs.filter((run) => run.reason).map((run) => `${run.name}: ${run.reason}`);
      return [cell.name, el("div", {}, states, ...reasons.map((text) => el("div", { className: "muted" }, text))),
              strip(values, low, high), number(mean), number(values.length ? Math.min(...values) : null),
              number(values.length ? Math.max(...values) : null)];
    })));
  };
  if (!found.figures.length) return el("p", { className: "muted" }, "No run of this sweep has figures yet.");
  const first = found.figures.includes("score") ? "score" : found.figures[0];
  fill(first);
  return el("div", { className: "stack" }, selectField("Figure", {
    options: found.figures.map((name) => [name, name]), value: first, onChange: fill }).root, body,
            el("p", { className: "muted small" }, "Points: one seed each, on one scale for all cells; line: their mean. " +
                                                  "Validation figures of best/. 'catgan compare' says which " +
                                                  "differences stand."));
}

/** A difference with its interval, and zero. */
function whisker({ difference, interval, stands }, reach) {
  const place = (value) => 80 + 76 * Math.min(Math.max(value / reach, -1), 1);
  return difference === null ? null : svg(
    "svg", { viewBox: "0 0 160 18", class: "strip", "aria-hidden": "true" },
    svg("line", { x1: 80, x2: 80, y1: 0, y2: 18, class: "chart-grid" }),
    interval ? svg("line", { x1: place(interval[0]), x2: place(interval[1]), y1: 9, y2: 9,
                             class: stands ? "whisker stands" : "whisker" }) : null,
    svg("circle", { cx: place(difference), cy: 9, r: 3.5, class: stands ? "whisker-dot stands" : "whisker-dot" }));
}

function withInterval(value, interval) {
  return value === null ? "unknown" : `${number(value)}${interval ? ` (${number(interval[0])} to ${number(interval[1])})`
    : ""}`;
}

const isMain = (name) => !/^AU\d+\//.test(name);

function pairTable(pair, names) {
  const shown = names.filter((name) => name in pair.figures);
  const reach = Math.max(1e-9, ...shown.flatMap((name) => [pair.figures[name].difference ?? 0,
                                                           ...(pair.figures[name].interval ?? [])].map(Math.abs)));
  return table(`${pair.model} against ${pair.against}`,
               ["Figure", pair.model, pair.against, "Difference (95 %)", "", "p (Holm)", "Better"],
               shown.map((name) => {
                 const figure = pair.figures[name];
                 return [name, number(figure.model), number(figure.against),
                         withInterval(figure.difference, figure.interval), whisker(figure, reach),
                         figure.p_holm === null ? "" : figure.p_holm < 0.001 ? "<0.001" : number(figure.p_holm),
                         figure.stands ? figure.better ?? "" : "none shown"];
               }));
}

/** A result of `catgan compare`. */
export function comparison(found) {
  const names = [...new Set(found.models.flatMap((model) => Object.keys(model.figures)))];
  const few = names.filter(isMain), body = el("div", { className: "stack" });
  const fill = (which) => {
    const shown = which === "all" ? names : few;
    body.replaceChildren(
      table("Figures of the models", ["Figure", ...found.models.map((model) => `${model.name} (${model.runs} run` +
        `${model.runs === 1 ? "" : "s"})`)], shown.map((name) => [name, ...found.models.map((model) => withInterval(
        model.figures[name]?.value ?? null, model.figures[name]?.interval))])),
      ...found.pairs.flatMap((pair) => [el("h3", {}, `${pair.model} against ${pair.against}`), pairTable(pair, shown)]));
  };
  fill("few");
  return el("div", { className: "stack" }, el("p", {}, `${found.dataset}, ${found.split} split` +
                                              (typeof found.n === "number" ? `, ${found.n.toLocaleString("en")} faces` : "") +
                                              `. ${found.compared}`),
            ...(found.remarks.length ? [el("ul", { className: "small muted remarks" }, ...found.remarks.map(
              (text) => el("li", {}, text)))] : []),
            few.length < names.length ? selectField("Figures", {
              options: [["few", "main figures"], ["all", "all, with single Action Units"]], value: "few", onChange: fill })
              .root : null, body);
}
