/* What is asked of a face: Action Units, valence and arousal, expression. Labels that are not set are left free. */

import { el } from "../../dom.js";
import { help } from "../../parts/help.js";
import { Plane } from "../../parts/plane.js";
import { slider } from "../../parts/slider.js";
import { tabs } from "../../parts/tabs.js";
import { expressionButtons } from "../face/expressions.js";
import { selectField } from "./fields.js";

const GROUPS = [["Brows and eyes", ["upper face", "eyelids", "eyes"]], ["Nose, mouth and chin", ["lower face"]],
                ["Other", null]];

export class Labels {
  /**
   * @param {object} known what the model takes, as /api/generate/labels describes it
   * @param {object} terms of /api/terms
   * @param {(wish: {labels: object, expression: string|null}) => void} onChange
   */
  constructor(known, terms, onChange) {
    this.terms = terms;
    this.onChange = onChange;
    this.wish = { labels: {}, expression: null };
    this.sliders = {};
    const free = help("a free label", terms.glossary.latent);
    free.line.textContent = "A free label is not given to the generator: it draws what it finds likely for this seed.";
    this.clear = el("button", { type: "button", disabled: true, onclick: () => this.give({}, null) }, "Leave all free");
    const parts = [{ title: "Action Units", content: this.units(known) }];
    if (known.dimensions) parts.push({ title: "Valence\u2013arousal", content: this.plane() });
    parts.push({ title: "Expressions", content: this.expressions(known) });
    this.root = el("div", { className: "stack" }, el("div", { className: "row" }, this.clear, free.button), free.line,
                   tabs("Labels", parts).root);
    this.show();
  }

  units(known) {
    const unit = (number) => this.terms.units[number];
    return el("div", { className: "stack" }, ...GROUPS.map(([title, kinds]) => {
      const units = known.units.map(unit).filter(({ kind }) => (
        kinds ? kinds.includes(kind) : !GROUPS.some(([, others]) => others?.includes(kind))));
      return units.length ? el("section", {}, el("h3", {}, title), ...units.map((one) => this.slider(
        one.label, { label: `AU${one.number} ${one.name}`, detail: one.does, min: 0, max: 5, step: 0.1, digits: 1 })))
        : null;
    }));
  }

  plane() {
    this.map = new Plane({ words: this.terms.words, onCommit: () => {}, onInput: (valence, arousal) => this.give(
      { ...this.wish.labels, valence, arousal }, this.wish.expression) });
    return el("div", { className: "stack" }, el("p", { className: "muted small" }, "Click into the plane, or use the " +
                                                "arrow keys."), this.map.root,
              ...["valence", "arousal"].map((name) => this.slider(name, {
                label: name === "valence" ? "Valence" : "Arousal", detail: this.terms.glossary[name].split(": ")[1],
                min: -1, max: 1, step: 0.01, digits: 2 })));
  }

  expressions(known) {
    const own = known.expressions.length ? selectField("Expression class of the model", {
      options: [["", "free"], ...known.expressions.map((name) => [name, name])], value: "",
      onChange: (name) => this.give(this.wish.labels, name || null) }) : null;
    this.own = own;
    const prototypes = expressionButtons(known.units, this.terms, (to) => this.give(
      { ...this.dimensions(), ...to }, this.wish.expression));
    return el("div", { className: "stack" }, own?.root, prototypes.root);
  }

  dimensions() {
    return Object.fromEntries(Object.entries(this.wish.labels).filter(([name]) => !name.startsWith("AU")));
  }

  slider(name, options) {
    const one = slider({ ...options, onInput: (value) => this.give({ ...this.wish.labels, [name]: value },
                                                                   this.wish.expression),
                         onRelease: () => this.give(Object.fromEntries(Object.entries(this.wish.labels).filter(
                           ([other]) => other !== name)), this.wish.expression) });
    const release = one.root.querySelector(".slider-release");
    release.title = "Leave free";
    release.setAttribute("aria-label", `Leave ${options.label} free`);
    this.sliders[name] = one;
    return one.root;
  }

  /** Changes the wish as the user does. */
  give(labels, expression) {
    this.set({ labels, expression });
    this.onChange(this.wish);
  }

  /** Shows a wish. */
  set(wish) {
    this.wish = wish;
    this.show();
  }

  show() {
    const { labels, expression } = this.wish;
    for (const [name, one] of Object.entries(this.sliders)) {
      const given = name in labels;
      one.set(given ? labels[name] : 0, given);
      if (!given) one.root.querySelector(".slider-value").textContent = "free";
      one.input.setAttribute("aria-valuetext", given ? String(labels[name]) : "free");
    }
    this.map?.set(labels.valence ?? 0, labels.arousal ?? 0, "valence" in labels || "arousal" in labels);
    if (this.own) this.own.select.value = expression ?? "";
    this.clear.disabled = !Object.keys(labels).length && !expression;
  }
}

/** A wish in words: "AU12 4.0, valence 0.50". */
export function inWords({ labels, expression }) {
  const said = Object.entries(labels).map(([name, value]) => (
    `${name} ${value.toFixed(name.startsWith("AU") ? 1 : 2)}`.replace("-", "\u2212")));
  return [...said, ...(expression ? [expression] : [])].join(", ") || "all labels free";
}
