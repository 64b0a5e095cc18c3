/* Builds a target: what the changed face must show, and what must stay as it is. */

import { el, figure, newId } from "../../dom.js";
import { help } from "../../parts/help.js";

const NUMBER = [["<=", "is at most"], [">=", "is at least"], ["=", "is about"], ["..", "lies between"]];
const PRESENCE = [[">=1", "is present"], ["=0", "is absent"]];
const CLASS = [["=", "is"], ["!=", "is anything but"]];
const SHIFT = 0.4; // of a label without a reading beside it: how far a first suggestion goes

function options(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}

function groupOf(label) {
  if (label.beside) return "Beside it, as catgan reads them";
  if (label.unit !== null) return "Action Units";
  return label.kind === "class" ? "Classes" : "Numbers";
}

function labelSelect(labels, props) {
  const groups = new Map();
  for (const label of labels) groups.set(groupOf(label), [...(groups.get(groupOf(label)) ?? []), label]);
  const short = (text) => (text.length > 60 ? `${text.slice(0, 59)}\u2026` : text);
  return el("select", props, ...[...groups].map(([title, members]) => el(
    "optgroup", { label: title }, ...members.map(({ name, title: text }) => el("option", { value: name }, short(text))))));
}

/** One condition. */
class Row {
  constructor(builder, label) {
    this.builder = builder;
    this.names = labelSelect(builder.labels, { "aria-label": "Label" });
    this.relation = el("select", { "aria-label": "Relation" });
    this.value = el("span", { className: "target-value" });
    this.hint = el("p", { className: "small muted target-hint", id: newId("hint") });
    this.remove = el("button", { type: "button", className: "quiet", "aria-label": "Remove this condition",
                                 onclick: () => builder.removeRow(this) }, "\u00d7");
    this.root = el("div", { className: "target-row" }, this.names, this.relation, this.value, this.remove, this.hint);
    this.names.addEventListener("change", () => this.choose(this.names.value));
    this.relation.addEventListener("change", () => {
      this.fields(this.typed ? this.inputs[0]?.value : undefined);
      this.builder.changed();
    });
    this.value.addEventListener("input", () => { this.typed = true; });
    this.root.addEventListener("input", () => this.builder.touched(this));
    this.choose(label.name);
  }

  choose(name) {
    this.label = this.builder.labels.find((label) => label.name === name);
    this.names.value = name;
    this.typed = false; // whether the value is the user's
    const now = this.builder.reading[name];
    const { kind } = this.label;
    if (kind === "class") options(this.relation, CLASS, "!=");
    else if (kind === "presence") options(this.relation, PRESENCE, now >= this.label.threshold ? "=0" : ">=1");
    else options(this.relation, NUMBER, now !== undefined && now < this.middle() ? ">=" : "<=");
    this.fields();
    this.builder.changed();
  }

  middle() {
    const { low, high } = this.label;
    return low === null || high === null ? 0 : (low + high) / 2;
  }

  /** A first value: across the middle of the range, or a step away from what is read. */
  suggested() {
    const { low, high } = this.label;
    const now = this.builder.reading[this.label.name] ?? 0;
    const up = this.relation.value === ">=";
    if (low === null || high === null) return Number((now + (up ? 1 : -1) * SHIFT * Math.max(Math.abs(now), 0.1)).toFixed(3));
    if (this.label.unit !== null) return up ? 3 : 0;
    return Number((this.middle() + (up ? 0.1 : -0.1) * (high - low)).toFixed(2));
  }

  /** Makes the fields of the value; `kept` is the user's. */
  fields(kept) {
    const { kind, low, high, classes, name } = this.label;
    const describedby = { "aria-describedby": this.hint.id };
    if (kind === "class") {
      const now = this.builder.reading[name]?.class;
      this.inputs = [el("select", { "aria-label": "Class", ...describedby }, ...classes.map(
        (one) => el("option", { value: one, selected: one === now }, one)))];
    } else if (kind === "presence") {
      this.inputs = [];
    } else {
      const input = (text, value) => el("input", { type: "number", "aria-label": text, min: low, max: high, step: "any",
                                                   value, ...describedby });
      const between = this.relation.value === "..";
      this.inputs = between ? [input("From", kept ?? this.suggested()), input("To", high ?? this.suggested() + SHIFT)]
        : [input("Value", kept ?? this.suggested())];
    }
    this.value.replaceChildren(...this.inputs.flatMap((input, place) => (place ? [" and ", input] : [input])));
    this.tell();
  }

  /** Shows range and present reading. */
  tell() {
    const { kind, low, high, name, threshold } = this.label;
    const now = this.builder.reading[name];
    const range = low === null || high === null ? "" : `${figure(low, 0)} to ${figure(high, 0)}; `;
    const read = now === undefined ? "not read yet" : kind === "class" ? `now ${now.class} (${figure(now.share)})`
      : `now ${figure(now)}`;
    this.hint.textContent = kind === "presence" ? `present from a probability of ${figure(threshold)}; ${read}`
      : `${kind === "class" ? "" : range}${read}`;
  }

  text() {
    const { kind, name } = this.label;
    const relation = this.relation.value;
    if (kind === "presence") return `${name}${relation}`;
    const values = this.inputs.map((input) => input.value.trim());
    return relation === ".." ? `${name}=${values.join("..")}` : `${name}${relation}${values[0]}`;
  }
}

export class TargetBuilder {
  /** @param {object} options terms: help texts; onChange(): the target is another */
  constructor({ glossary, onChange }) {
    this.onChange = onChange;
    this.labels = [];
    this.reading = {};
    this.rows = [];
    this.kept = [];
    this.own = true; // the first row is still the suggested one
    this.list = el("div", { className: "stack target-rows" });
    const { button, line } = help("a target", glossary.target);
    const keep = help("a label that is held still", glossary.keep);
    this.chips = el("div", { className: "row chips" });
    this.keepId = newId("keep");
    this.keepSpot = el("span");
    this.root = el("div", { className: "stack" },
                   el("div", { className: "row" }, el("h2", {}, "What should the model read?"), button), line, this.list,
                   el("div", { className: "row" },
                      el("button", { type: "button", onclick: () => this.addRow(this.labels[0]) }, "Add a condition")),
                   el("div", { className: "row" }, el("label", { htmlFor: this.keepId }, "Hold still"), keep.button,
                      this.keepSpot, this.chips), keep.line);
  }

  /** Offers the labels of another model, and suggests a first condition. */
  setLabels(labels, reading) {
    this.labels = labels;
    this.reading = reading;
    this.kept = [];
    this.own = true;
    const select = labelSelect(labels.filter((label) => label.kind !== "class"), { id: this.keepId });
    select.prepend(el("option", { value: "", selected: true }, "Choose a label"));
    select.value = "";
    select.addEventListener("change", () => {
      if (select.value && !this.kept.includes(select.value)) this.kept.push(select.value);
      select.value = "";
      this.drawChips();
    });
    this.keepSpot.replaceChildren(select);
    this.suggest();
    this.drawChips();
  }

  suggest() {
    this.rows = [];
    const first = this.labels.find((label) => label.kind === "class") ??
      this.labels.find((label) => label.name === "valence") ?? this.labels[0];
    if (first) this.addRow(first);
    this.own = true;
  }

  /** Shows what the model reads off another face. */
  setReading(reading) {
    this.reading = reading;
    if (this.own) this.suggest();
    else for (const row of this.rows) row.tell();
  }

  addRow(label) {
    this.rows.push(new Row(this, label));
    this.own = this.own && this.rows.length < 2;
    this.draw();
  }

  removeRow(row) {
    this.rows = this.rows.filter((one) => one !== row);
    this.draw();
    this.list.querySelector("select")?.focus();
  }

  draw() {
    this.list.replaceChildren(...this.rows.map((row) => row.root));
    for (const row of this.rows) row.remove.hidden = this.rows.length < 2;
    this.changed();
  }

  drawChips() {
    const title = (name) => this.labels.find((label) => label.name === name).title;
    this.chips.replaceChildren(...this.kept.map((name) => el(
      "button", { type: "button", className: "chip", "aria-label": `Let ${title(name)} move again`,
                  onclick: () => {
                    this.kept = this.kept.filter((one) => one !== name);
                    this.drawChips();
                  } }, `${title(name)} \u00d7`)));
    this.changed();
  }

  touched() {
    this.own = false;
    this.changed();
  }

  changed() {
    if (this.rows.every((row) => row.label)) this.onChange();
  }

  /** The target as `catgan explain --target` takes it. */
  text() {
    return [...this.rows.map((row) => row.text()), ...this.kept.map((name) => `keep:${name}`)].join(",");
  }
}
