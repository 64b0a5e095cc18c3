/* Buttons of expressions: each sets the Action Units of a published table. */

import { el, newId } from "../../dom.js";
import { help } from "../../parts/help.js";
import { slider } from "../../parts/slider.js";

/**
 * @param {number[]} numbers Action Units of the model
 * @param {object} terms of /api/terms
 * @param {(to: object) => void} ask is called with the labels of an expression
 */
export function expressionButtons(numbers, terms, ask) {
  const id = newId("table");
  const select = el("select", { id }, ...Object.entries(terms.prototypes).map(
    ([name, { citation }]) => el("option", { value: name, selected: name === "matsumoto_ekman_2008" }, citation)));
  const buttons = el("div", { className: "expression-buttons" });
  let level = 3, last = null;
  const label = (number) => terms.units[number].label;

  function press(units) {
    last = units;
    ask(Object.fromEntries(numbers.map((number) => [label(number), units.includes(number) ? level : 0])));
  }

  function fill() {
    const sets = { neutral: [], ...terms.prototypes[select.value].sets };
    buttons.replaceChildren(...Object.entries(sets).map(([name, units]) => {
      const missing = units.filter((unit) => !numbers.includes(unit));
      const known = units.filter((unit) => numbers.includes(unit));
      const text = units.length ? `AU ${units.join("+")}` : "all Action Units at 0";
      return el("button", { type: "button", disabled: units.length > 0 && !known.length, onclick: () => press(known) },
                el("strong", {}, name), el("span", { className: "small" }, text),
                missing.length ? el("span", { className: "small" },
                                    `without AU ${missing.join("+")}, which this model does not have`) : null);
    }));
  }

  select.addEventListener("change", fill);
  fill();
  const strength = slider({ label: "Intensity of the Action Units", min: 1, max: 5, step: 0.5, digits: 1,
                            onInput: (value) => { level = value; }, onCommit: () => last && press(last) });
  strength.set(level, false);
  strength.input.addEventListener("input", () => strength.set(level, false));
  const { button, line } = help("a prototype of an expression", terms.glossary.expression);
  return { root: el("div", { className: "stack" }, el("div", { className: "row" },
                                                      el("label", { htmlFor: id }, "Table"), button), line, select,
                    strength.root, buttons) };
}
