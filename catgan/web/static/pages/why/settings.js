/* How answers are searched for: method, number of answers, what else is made, and what must not change. */

import { el, newId } from "../../dom.js";
import { help } from "../../parts/help.js";

const TITLES = { search: "Search", gradient: "Gradient", minimal: "Minimal, with a proof" };
const HEATS = { "": "none", occlusion: "Occlusion of regions", integrated_gradients: "Integrated gradients",
                counterfactual_ig: "Integrated gradients from the counterfactual" };

export class Settings {
  /** @param {object} start of /api/why/start; @param {object} glossary help texts; onChange(): a setting is another */
  constructor(start, glossary, onChange) {
    this.heats = start.heats;
    this.methods = Object.entries(start.methods).map(([name, text]) => this.method(name, text));
    this.count = el("input", { id: newId("count"), type: "number", min: 1, max: start.most, step: 1, value: 3 });
    this.margin = el("input", { id: newId("margin"), type: "number", min: 0, max: 0.4, step: 0.01, value: start.margin });
    this.evenIf = el("input", { id: newId("even"), type: "checkbox", checked: true });
    this.heat = el("select", { id: newId("heat") }, ...Object.keys(HEATS).map(
      (name) => el("option", { value: name, selected: name === "occlusion" }, HEATS[name])));
    this.heatHelp = help("the heat map", "");
    this.judge = el("select", { id: newId("judge") }, el("option", { value: "" }, "none"),
                    ...start.judges.map((name) => el("option", { value: name }, name)));
    this.units = start.labels.filter((label) => label.unit !== null).map((label) => {
      const input = el("input", { id: newId("unit"), type: "checkbox", value: `AU${label.unit}` });
      return { input, root: el("span", { className: "unit" }, input, el("label", { htmlFor: input.id }, label.title)) };
    });
    this.heat.addEventListener("change", () => this.tellHeat());
    this.tellHeat();
    this.root = el("div", { className: "stack" }, el("h2", {}, "How to search"),
                   el("div", { className: "methods", role: "radiogroup", "aria-label": "Method" },
                      ...this.methods.map(({ root }) => root)),
                   el("details", {}, el("summary", {}, "More settings"), el(
                     "div", { className: "fields" },
                     this.field("Answers, at most", this.count, glossary.diverse),
                     this.field("\u201cEven if\u201d", this.evenIf, glossary.semifactual),
                     this.field("Heat map", this.heat, null, this.heatHelp),
                     this.field("Independent judge", this.judge, glossary.oracle),
                     this.field("Margin", this.margin, glossary.margin)),
                   el("fieldset", { className: "units" }, el("legend", {}, "Must not be changed"),
                      ...this.units.map(({ root }) => root))));
    this.root.addEventListener("input", onChange);
  }

  method(name, text) {
    const id = newId("method");
    const input = el("input", { id, type: "radio", name: "method", value: name, checked: name === "search",
                                "aria-describedby": `${id}-help` });
    return { input, root: el("div", { className: "method" }, input, el("div", {},
      el("label", { htmlFor: id }, TITLES[name] ?? name), el("p", { id: `${id}-help`, className: "small muted" }, text))) };
  }

  field(title, input, text, made = null) {
    const { button, line } = made ?? help(title, text);
    return el("div", { className: "field" }, el("div", { className: "row" }, el("label", { htmlFor: input.id }, title),
                                                button), line, input);
  }

  tellHeat() {
    this.heatHelp.line.textContent = this.heats[this.heat.value] ?? "Shows which parts of the face an output needs.";
  }

  /** What /api/why/search takes. */
  values() {
    return { method: this.methods.find(({ input }) => input.checked).input.value, count: Number(this.count.value),
             margin: Number(this.margin.value), even_if: this.evenIf.checked, heat: this.heat.value,
             oracle: this.judge.value,
             without: this.units.filter(({ input }) => input.checked).map(({ input }) => input.value) };
  }
}
