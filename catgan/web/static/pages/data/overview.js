/* What a data set holds: faces by split and source, coverage of labels, valence and arousal, Action Units together. */

import { el, figure } from "../../dom.js";
import { help } from "../../parts/help.js";
import { svg } from "../../parts/svg.js";

const FEWEST = 100; // faces, below which a correlation is not named
const SPLITS = ["train", "validation", "test"];
const count = (value) => (value === null || value === undefined ? "unknown" : value.toLocaleString("en"));
const total = (splits) => SPLITS.reduce((sum, split) => sum + (splits[split] ?? 0), 0);

function table(caption, heads, rows) {
  return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption }, el(
    "table", { className: "figures small" }, el("caption", { className: "visually-hidden" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map(([first, ...cells]) => el("tr", {}, el("th", { scope: "row" }, first), ...cells.map(
      (cell) => el("td", {}, cell)))))));
}

/** What dataset.json says, at once. */
export function factsOf(info) {
  const facts = [["Faces", count(info.faces)], ...SPLITS.map((split) => [split, count(info.splits[split])]),
                 ["Side", `${info.image_size} px`], ["Rows rejected", count(info.rejected)],
                 ["Conflicts", count(info.conflicts)]];
  return el("dl", { className: "facts" }, ...facts.map(([name, value]) => el(
    "div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function sourceTable(info, counts) {
  const known = Object.fromEntries(info.sources.map((source) => [source.name, source]));
  const names = [...new Set([...Object.keys(counts), ...Object.keys(known)])];
  return table("Faces by source and split", ["Source", ...SPLITS, "all", "labels by", "rows rejected", "terms"],
               names.map((name) => [name, ...SPLITS.map((split) => count(counts[name]?.[split] ?? 0)),
                                    count(total(counts[name] ?? {})), known[name]?.kind || "unknown",
                                    count(known[name]?.rejected), known[name]?.terms || "unknown"]));
}

function bar(known, faces) {
  const parts = SPLITS.map((split, place) => {
    const part = el("i", { className: `bar-part split-${place}` });
    part.style.width = `${100 * (known[split] ?? 0) / Math.max(faces, 1)}%`;
    return part;
  });
  return el("div", { className: "bar", "aria-hidden": "true" }, ...parts);
}

function coverageTable(info, coverage, terms) {
  const name = (label) => {
    const unit = Object.values(terms.units).find((one) => one.label === label);
    return unit ? `AU${unit.number} ${unit.name}` : label;
  };
  return table("Faces that know each label", ["Label", ...SPLITS, "share known", "present of known", "with intensity"],
               coverage.map(({ label, known, present, graded }) => {
                 const all = total(known);
                 return [name(label), ...SPLITS.map((split) => count(known[split])),
                         el("div", { className: "bar-cell" }, bar(known, info.faces),
                            `${figure(100 * all / Math.max(info.faces, 1), 1)} %`),
                         present === null ? "" : all ? `${figure(100 * total(present) / all, 1)} %` : "unknown",
                         graded === null ? "" : count(total(graded))];
               }));
}

/** The number of faces over the plane; a click asks for the faces of a cell. */
function density(counts, cells, onQuery) {
  const most = Math.max(1, ...counts.flat());
  const step = 2 / cells;
  const squares = counts.flatMap((row, v) => row.map((n, a) => {
    if (!n) return null;
    const [valence, arousal] = [v, a].map((place) => -1 + place * step);
    const place = `valence ${figure(valence)} to ${figure(valence + step)}, arousal ${figure(arousal)} to ` +
                  `${figure(arousal + step)}`;
    const last = (edge) => (edge + step > 0.999 ? "<=" : "<");
    const query = `valence >= ${valence.toFixed(2)} and valence ${last(valence)} ${(valence + step).toFixed(2)} and ` +
                  `arousal >= ${arousal.toFixed(2)} and arousal ${last(arousal)} ${(arousal + step).toFixed(2)}`;
    return svg("rect", { x: valence, y: -arousal - step, width: step, height: step, class: "density-cell",
                         "fill-opacity": (0.12 + 0.88 * Math.log1p(n) / Math.log1p(most)).toFixed(3),
                         onclick: () => onQuery(query) }, svg("title", {}, `${count(n)} faces: ${place}`));
  }));
  const known = counts.flat().reduce((sum, n) => sum + n, 0);
  const picture = svg("svg", { viewBox: "-1.22 -1.18 2.44 2.36", class: "density", role: "img",
                               "aria-label": `Density of valence and arousal of ${count(known)} faces` },
                      svg("rect", { x: -1, y: -1, width: 2, height: 2, class: "density-area" }), ...squares,
                      svg("line", { x1: -1, x2: 1, y1: 0, y2: 0, class: "density-axis" }),
                      svg("line", { x1: 0, x2: 0, y1: -1, y2: 1, class: "density-axis" }),
                      svg("circle", { r: 1, class: "density-circle" }),
                      ...[["unpleasant", -0.82, 1.12], ["pleasant", 0.86, 1.12], ["excited", 0, -1.06],
                          ["calm", 0, 1.12]].map(([word, x, y]) => svg("text", { x, y, class: "density-word" }, word)));
  return el("div", { className: "stack" }, known ? picture : el("p", {}, "No face knows valence and arousal."),
            known ? el("p", { className: "muted small" }, `${count(known)} faces know both; the darkest cell has ` +
                       `${count(most)}. Click a cell to see its faces.`) : null);
}

/** Correlations of Action Units; a click asks for the faces that show both. */
function together(units, matrix, both, onQuery) {
  const short = (number) => `AU${number}`;
  const label = (number) => `AU${String(number).padStart(2, "0")}_present=1`;
  const head = 4.4, cell = 2;
  const width = head + cell * units.length;
  const squares = units.flatMap((row, r) => units.map((column, c) => {
    const phi = matrix[r]?.[c] ?? null;
    const shown = phi === null ? "unknown: never known together, or always the same"
      : `correlation ${figure(phi)} of ${count(both[r][c])} faces`;
    return svg("rect", { x: head + c * cell, y: head + r * cell, width: cell - 0.1, height: cell - 0.1,
                         class: phi === null ? "phi-none" : phi < 0 ? "phi-minus" : "phi-plus",
                         "fill-opacity": phi === null ? 1 : Math.abs(phi).toFixed(3),
                         onclick: () => onQuery(r === c ? label(row) : `${label(row)} and ${label(column)}`) },
               svg("title", {}, `${short(row)} and ${short(column)}: ${shown}`));
  }));
  const words = units.flatMap((number, place) => [
    svg("text", { x: head - 0.4, y: head + (place + 0.68) * cell, class: "phi-word end" }, short(number)),
    svg("text", { x: head + (place + 0.65) * cell, y: head - 0.4, class: "phi-word",
                  transform: `rotate(-90 ${head + (place + 0.65) * cell} ${head - 0.4})` }, short(number))]);
  return el("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Action Units together" }, svg(
    "svg", { viewBox: `0 0 ${width} ${width}`, class: "phi", role: "img",
             "aria-label": `Correlation of ${units.length} Action Units` }, ...squares, ...words));
}

function strongest(units, matrix, both) {
  const pairs = units.flatMap((row, r) => units.slice(0, r).map((column, c) => [matrix[r][c], row, column, both[r][c]]))
    .filter(([phi, , , n]) => phi !== null && n >= FEWEST).sort((one, other) => Math.abs(other[0]) - Math.abs(one[0])).slice(0, 5);
  return pairs.map(([phi, row, column]) => `AU${column} and AU${row} ${figure(phi)}`).join(", ");
}

function section(title, subject, text, ...content) {
  const { button, line } = help(subject, text);
  return el("section", { className: "card stack" }, el("div", { className: "row" }, el("h2", {}, title), button), line,
            ...content);
}

/** All counts. `onQuery(text)` shows the faces of a query. */
export function overview(info, found, terms, onQuery) {
  const words = Object.entries(found.expressions).sort((one, other) => other[1] - one[1]);
  const most = Math.max(1, ...words.map(([, n]) => n));
  return el("div", { className: "overview" },
    section("Sources", "a source", "A face counts for every source that annotates it, so sources may add up to more " +
            "than all faces.", sourceTable(info, found.sources)),
    section("Coverage", "coverage", "A label that is not known is not absent: shares of present are of faces that know " +
            "the label. Colours of the bar: train, validation, test.", coverageTable(info, found.coverage, terms)),
    section("Valence and arousal", "valence and arousal", `${terms.glossary.valence} ${terms.glossary.arousal}`,
            density(found.density, found.cells, onQuery)),
    found.units.length ? section(
      "Action Units together", "this correlation", "Correlation (phi) over faces where both Action Units are known; " +
      "grey: never both known, or one is always the same. Click to see faces that show both.",
      together(found.units, found.cooccurrence, found.both_known, onQuery),
      el("p", { className: "small muted" }, `Strongest of at least ${FEWEST} faces: ` +
         `${strongest(found.units, found.cooccurrence, found.both_known) || "none"}.`)) : null,
    words.length ? section(
      "Expressions", "an expression", terms.glossary.expression,
      el("ul", { className: "expression-bars" }, ...words.map(([word, n]) => {
        const part = el("i", { className: "bar-part split-0" });
        part.style.width = `${100 * n / most}%`;
        return el("li", {}, el("button", { type: "button", className: "quiet",
                                           onclick: () => onQuery(`expression=${word}`) }, word),
                  el("div", { className: "bar", "aria-hidden": "true" }, part), el("span", {}, count(n)));
      }))) : null);
}
