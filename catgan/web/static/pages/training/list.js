/* The list of runs; chosen ones are drawn. Rows stay the same elements while a run trains, so that focus is kept. */

import { el, newId } from "../../dom.js";
import { short } from "./chart.js";

export const MAX_CHOSEN = 8;

/** A time that has passed, in words. */
export function ago(seconds) {
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function nameOf(run) {
  const name = run.name === "." ? "this folder" : run.name;
  return run.group ? `${run.group}/${name}` : name;
}

export class RunList {
  /** @param {() => void} onChoose is called when the user has chosen other runs */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.rows = new Map();
    this.runs = [];
    const id = newId("filter");
    this.filter = el("input", { id, type: "text", autocomplete: "off", spellcheck: false, placeholder: "part of a name" });
    this.filter.addEventListener("input", () => this.sift());
    this.body = el("tbody");
    this.empty = el("p", { className: "muted", hidden: true }, "There is no run in this folder yet. 'catgan train' and " +
                                                               "'catgan sweep' write some.");
    this.root = el("div", { className: "stack" }, el("div", { className: "row" }, el("label", { htmlFor: id }, "Filter"),
                                                     this.filter), this.empty,
                   el("div", { className: "runs-scroll", tabIndex: 0, role: "region", "aria-label": "Runs" }, el(
                     "table", { className: "runs-table small" }, el("thead", {}, el(
                       "tr", {}, ...["Run", "State", "Score"].map((head) => el("th", { scope: "col" }, head)))),
                     this.body)));
  }

  get chosen() { return this.runs.filter((run) => this.rows.get(run.id).box.checked); }

  /** Shows what the server lists; rows of the same run stay. */
  set(runs) {
    const first = !this.rows.size;
    this.runs = runs;
    const known = new Set(runs.map((run) => run.id));
    for (const [id, row] of this.rows) {
      if (!known.has(id)) {
        row.root.remove();
        this.rows.delete(id);
      }
    }
    runs.forEach((run, place) => {
      if (!this.rows.has(run.id)) this.rows.set(run.id, this.row());
      const row = this.rows.get(run.id);
      if (this.body.children[place] !== row.root) this.body.insertBefore(row.root, this.body.children[place] ?? null);
      this.fill(row, run);
    });
    this.empty.hidden = runs.length > 0;
    if (first && runs.length) {
      this.choose(runs.find((run) => run.state === "training")
        ?? runs.reduce((newest, run) => (run.age < newest.age ? run : newest)));
    }
    this.sift();
  }

  choose(run) {
    this.rows.get(run.id).box.checked = true;
    this.rows.get(run.id).root.scrollIntoView?.({ block: "nearest" });
  }

  row() {
    const id = newId("run");
    const box = el("input", { id, type: "checkbox" });
    box.addEventListener("change", () => {
      if (this.chosen.length > MAX_CHOSEN) box.checked = false;
      this.onChoose();
    });
    const parts = { box, name: el("label", { htmlFor: id }), about: el("span", { className: "muted" }),
                    state: el("span"), bar: el("progress", { max: 1, value: 0 }), score: el("td", { className: "figure" }) };
    parts.root = el("tr", {}, el("td", { className: "runs-name" }, box, el("div", {}, parts.name, parts.about)),
                    el("td", { className: "runs-state" }, parts.state, parts.bar), parts.score);
    return parts;
  }

  fill(row, run) {
    row.name.textContent = run.name === "." ? nameOf(run) : run.name;
    row.box.setAttribute("aria-label", nameOf(run));
    row.about.textContent = [run.group && `in ${run.group}`, run.task, run.mode, run.architecture, run.seed === null ? "" : `seed ${run.seed}`]
      .filter(Boolean).join(", ");
    const seen = `${short(run.images)}${run.total ? ` of ${short(run.total)}` : ""} faces`;
    row.state.textContent = run.state === "finished" ? `finished, ${short(run.images)} faces`
      : `${run.state}, ${seen}, ${ago(run.age)}`;
    row.state.className = `state-${run.state}`;
    row.bar.hidden = run.state === "finished" || !run.total;
    row.bar.value = run.total ? run.images / run.total : 0;
    row.bar.setAttribute("aria-label", `Progress of ${run.name}`);
    row.score.textContent = run.figures.score === undefined ? "" : run.figures.score.toFixed(3);
  }

  sift() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const run of this.runs) {
      const name = nameOf(run).toLowerCase();
      this.rows.get(run.id).root.hidden = !words.every((word) => name.includes(word));
    }
  }
}
