/* Sample sheets of a run through its training, with a slider. */

import { el, newId } from "../../dom.js";
import { selectField } from "../generate/fields.js";
import { nameOf } from "./list.js";

export class Sheets {
  constructor() {
    const id = newId("sheet");
    this.kind = null;
    this.runs = el("div", { hidden: true });
    this.kinds = el("div");
    this.picture = el("img", { className: "sheets-picture", alt: "" });
    this.range = el("input", { id, type: "range", min: 0, max: 0, step: 1, value: 0 });
    this.when = el("output", { htmlFor: id, className: "muted" });
    this.range.addEventListener("input", () => this.show());
    this.slide = el("div", { className: "sheets-slide" }, el("label", { htmlFor: id }, "Time"), this.range, this.when);
    this.note = el("p", { className: "muted" });
    this.root = el("section", { className: "card stack", hidden: true }, el("h2", {}, "Sample sheets"), this.note,
                   el("div", { className: "row" }, this.runs, this.kinds), this.slide, this.picture);
  }

  /** Takes the sheets of all chosen runs, `{run, kinds}`, and shows those of one. */
  setRuns(all) {
    const some = all.filter(({ kinds }) => kinds.length);
    this.root.hidden = !all.length;
    const now = some.find(({ run }) => run.id === this.run?.id) ?? some.at(-1) ?? all.at(-1);
    this.runs.hidden = some.length < 2;
    const names = some.map(({ run }) => run.id).join();
    if (this.listed !== names) {
      this.listed = names;
      this.runs.replaceChildren(selectField("Run", { options: some.map(({ run }) => [run.id, nameOf(run)]),
                                                     value: now?.run.id, onChange: (id) => this.pick(id) }).root);
    }
    this.all = some;
    if (now) this.set(now.run, now.kinds);
  }

  pick(id) {
    const { run, kinds } = this.all.find((one) => one.run.id === id);
    this.set(run, kinds);
  }

  /** Shows the sheets of a run; a slider at the end stays at the end when a new sheet comes. */
  set(run, kinds) {
    const other = this.run?.id !== run.id;
    this.run = run;
    this.found = Object.fromEntries(kinds.map((kind) => [kind.name, kind.sheets]));
    const names = kinds.map((kind) => kind.name);
    this.note.textContent = names.length ? nameOf(run) : `${nameOf(run)} keeps no sample sheets.`;
    this.slide.hidden = this.picture.hidden = !names.length;
    if (!names.includes(this.kind)) this.kind = names.includes("free") ? "free" : names[0];
    this.kinds.hidden = names.length < 2;
    if (this.shown !== names.join()) {
      this.shown = names.join();
      this.kinds.replaceChildren(selectField("What is shown", { options: names.map((name) => [name, name]),
                                                                value: this.kind, onChange: (name) => {
        this.kind = name;
        this.show(true);
      } }).root);
    }
    if (names.length) this.show(other || Number(this.range.value) >= Number(this.range.max));
  }

  show(last = false) {
    const sheets = this.found[this.kind];
    this.range.max = sheets.length - 1;
    if (last) this.range.value = sheets.length - 1;
    const at = Number(this.range.value);
    const { id, version, images } = sheets[at];
    const when = images === null ? "the latest" : `after ${images.toLocaleString("en")} faces`;
    this.slide.hidden = sheets.length < 2 && images === null;
    this.when.textContent = `${when} (${at + 1} of ${sheets.length})`;
    this.range.setAttribute("aria-valuetext", when);
    this.picture.src = `/api/runs/runs/${this.run.id}/sheets/${id}?v=${version}`;
    this.picture.alt = `Sample sheet ${this.kind} of ${this.run.name}, ${when}`;
  }
}
