/* Action Units with their intensities, and the expression: buttons, and keys for all of them. */

import { el } from "../../dom.js";
import { help } from "../../parts/help.js";
import { EXPRESSION_KEYS, keysHelp } from "./keys.js";

const LEVELS = [[0, "0", "absent"], [1, "A", "trace"], [2, "B", "slight"], [3, "C", "marked"], [4, "D", "severe"],
                [5, "E", "maximum"], [null, "\u00d7", "not visible"]];
const LETTERS = { a: 1, b: 2, c: 3, d: 4, e: 5 };

export const unitLabel = (number) => `AU${String(number).padStart(2, "0")}`;

export class LabelsPanel {
  /**
   * @param {number[]} units Action Units to code
   * @param {object} terms of /api/terms
   * @param {(change: {set?: object, clear?: string[]}) => void} onChange
   */
  constructor(units, terms, onChange) {
    this.terms = terms;
    this.onChange = onChange;
    this.labels = {};
    this.enabled = true;
    this.rows = units.map((number) => this.row(number));
    this.at = 0;
    this.about = el("p", { className: "muted small" });
    this.drawing = el("img", { className: "annotate-drawing", alt: "", width: 240, height: 120 });
    this.drawing.addEventListener("error", () => { this.drawing.hidden = true; });
    this.words = Object.entries(EXPRESSION_KEYS).map(([name, key]) => this.word(name, name, key));
    this.words.push(this.word(null, "cannot say", "q"));
    const { button, line } = help("the intensity", `${terms.glossary.intensity} \u00d7 is for what cannot be seen: it ` +
                                  "stays unknown and never counts as absent. A second click takes a rating back.");
    this.state = el("p", { className: "muted small", role: "status" });
    this.root = el("section", { className: "card stack annotate-labels", "aria-label": "Labels" },
                   el("div", { className: "row" }, el("h3", {}, "Action Units"), button), line, this.state,
                   el("div", { className: "annotate-units" }, ...this.rows.map(({ root }) => root)),
                   el("div", { className: "annotate-about" }, this.drawing, this.about),
                   el("button", { type: "button", onclick: () => this.restAbsent() }, "All others absent ",
                      el("kbd", {}, "Z")),
                   el("h3", {}, "Expression"),
                   el("div", { className: "annotate-words", role: "group", "aria-label": "Expression" },
                      ...this.words.map(({ button: one }) => one)), keysHelp());
    this.choose(0);
  }

  row(number) {
    const unit = this.terms.units[number], label = unitLabel(number);
    const place = () => this.rows.findIndex((one) => one.label === label);
    const buttons = LEVELS.map(([level, sign, meaning]) => el("button", {
      type: "button", title: meaning, "aria-label": `${label}: ${sign} ${meaning}`,
      "aria-pressed": "false", onclick: () => { this.choose(place()); this.press(label, level); },
    }, sign));
    const root = el("div", { className: "annotate-unit", role: "group", "aria-label": `${label} ${unit.name}`,
                             onclick: () => this.choose(place()) },
                    el("span", { className: "annotate-unit-name" }, el("strong", {}, `AU${number}`), ` ${unit.name}`),
                    el("span", { className: "annotate-levels" }, ...buttons));
    return { root, label, unit, buttons };
  }

  word(value, text, key) {
    const button = el("button", { type: "button", "aria-pressed": "false",
                                  onclick: () => this.press("expression", value) },
                      text, " ", el("kbd", {}, key.toUpperCase()));
    return { value, key, button };
  }

  /** Sets a label; pressing what is set already takes it back. */
  press(label, value) {
    if (!this.enabled) return false;
    if (label in this.labels && this.labels[label] === value) this.take({ clear: [label] });
    else this.take({ set: { [label]: value } });
    return true;
  }

  take(change) {
    for (const label of change.clear ?? []) delete this.labels[label];
    Object.assign(this.labels, change.set ?? {});
    this.show();
    this.onChange(change);
  }

  restAbsent() {
    const rest = this.rows.filter(({ label }) => !(label in this.labels)).map(({ label }) => [label, 0]);
    if (this.enabled && rest.length) this.take({ set: Object.fromEntries(rest) });
    return true;
  }

  choose(place) {
    this.at = (place + this.rows.length) % this.rows.length;
    this.rows.forEach(({ root }, number) => root.classList.toggle("current", number === this.at));
    const { unit, root } = this.rows[this.at];
    this.about.textContent = `AU${unit.number} ${unit.name}: ${unit.does || "no description"}.` +
      (unit.muscle ? ` Muscle: ${unit.muscle}.` : "");
    this.drawing.hidden = false;
    this.drawing.src = `/api/units/${unit.number}.png`;
    this.tabStops();
    return root;
  }

  /** One button of the chosen row is reached by Tab; the others by clicks and keys. */
  tabStops() {
    this.rows.forEach(({ buttons }, number) => {
      const pressed = Math.max(buttons.findIndex((one) => one.getAttribute("aria-pressed") === "true"), 0);
      buttons.forEach((button, place) => { button.tabIndex = number === this.at && place === pressed ? 0 : -1; });
    });
  }

  /** Shows labels: of a photograph, or of a frame. */
  setLabels(labels) {
    this.labels = { ...labels };
    this.show();
  }

  /** Says what the labels belong to, and whether they can be changed. */
  setState(text, enabled) {
    this.enabled = enabled;
    this.state.textContent = text;
    for (const button of this.root.querySelectorAll(".annotate-units button, .annotate-words button")) {
      button.disabled = !enabled;
    }
  }

  show() {
    for (const { label, root, buttons } of this.rows) {
      const rated = label in this.labels;
      root.classList.toggle("rated", rated);
      LEVELS.forEach(([level], place) => {
        buttons[place].setAttribute("aria-pressed", String(rated && this.labels[label] === level));
      });
    }
    for (const { value, button } of this.words) {
      button.setAttribute("aria-pressed", String("expression" in this.labels && this.labels.expression === value));
    }
    this.tabStops();
  }

  /** Uses a key; returns whether it means something here. */
  key(name) {
    if (name === "ArrowUp" || name === "ArrowDown") {
      const root = this.choose(this.at + (name === "ArrowDown" ? 1 : -1));
      root.scrollIntoView({ block: "nearest" });
      if (this.root.contains(document.activeElement)) root.querySelector("[tabindex='0']").focus();
      return true;
    }
    if (name === "z") return this.restAbsent();
    const word = this.words.find(({ key }) => key === name);
    if (word) return this.press("expression", word.value);
    return this.rate(name);
  }

  rate(name) {
    const { label } = this.rows[this.at];
    if (name === "Delete" || name === "Backspace") {
      if (this.enabled && label in this.labels) this.take({ clear: [label] });
      return true;
    }
    const level = name === "x" ? null : LETTERS[name] ?? (/^[0-5]$/.test(name) ? Number(name) : undefined);
    if (level === undefined || !this.enabled) return false;
    this.take({ set: { [label]: level } });
    this.choose(Math.min(this.at + 1, this.rows.length - 1)).scrollIntoView({ block: "nearest" });
    return true;
  }
}
