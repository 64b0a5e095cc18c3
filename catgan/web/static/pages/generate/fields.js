/* Number fields and selects with a label. */

import { el, newId } from "../../dom.js";

/**
 * A whole number in a range. Values that are none are put back.
 * @returns {{root: HTMLElement, input: HTMLInputElement, value: number}}
 */
export function numberField(label, { min, max, value, onChange }) {
  const id = newId("number");
  let last = value;
  const input = el("input", { id, type: "number", min, max, step: 1, value, inputMode: "numeric" });
  input.addEventListener("change", () => {
    const given = Math.round(Number(input.value));
    last = Number.isFinite(given) && input.value !== "" ? Math.min(Math.max(given, min), max) : last;
    input.value = last;
    onChange(last);
  });
  return {
    root: el("div", { className: "field" }, el("label", { htmlFor: id }, label), input), input,
    get value() { return last; },
    set value(given) {
      last = given;
      input.value = given;
    },
  };
}

/** A choice of a list, `[value, text]`. */
export function selectField(label, { options, value, onChange }) {
  const id = newId("select");
  const select = el("select", { id }, ...options.map(([name, text]) => el(
    "option", { value: String(name), selected: String(name) === String(value) }, text)));
  select.addEventListener("change", () => onChange(select.value));
  return { root: el("div", { className: "field" }, el("label", { htmlFor: id }, label), select), select,
           get value() { return select.value; } };
}
