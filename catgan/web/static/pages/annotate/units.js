/* Chooses the Action Units that all raters code. */

import { el } from "../../dom.js";
import { showError } from "../../parts/messages.js";

const KINDS = ["upper face", "lower face", "eyelids", "head", "eyes", "descriptor"];

/** Boxes of all Action Units; `onSave(numbers)` is called with those that are chosen. */
export function unitsChooser(chosen, terms, onSave) {
  const boxes = new Map();
  const groups = KINDS.map((kind) => {
    const units = Object.values(terms.units).filter((unit) => unit.kind === kind);
    return el("fieldset", {}, el("legend", {}, kind), ...units.map(({ number, name, does }) => {
      const box = el("input", { type: "checkbox", checked: chosen.includes(number) });
      boxes.set(number, box);
      return el("label", { className: "annotate-unit-box", title: does }, box, `AU${number} ${name}`);
    }));
  });
  const save = el("button", { type: "button", className: "primary", onclick: async () => {
    try {
      await onSave([...boxes].filter(([, box]) => box.checked).map(([number]) => number));
    } catch (problem) {
      showError(problem);
    }
  } }, "Code these");
  return el("div", { className: "card stack annotate-chooser" },
            el("p", {}, "These Action Units are coded by all raters. Ratings of other Action Units are kept."), ...groups, save);
}
