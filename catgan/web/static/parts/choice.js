/* Buttons of which one is pressed. */

import { el } from "../dom.js";

/**
 * @param {string} label what is chosen
 * @param {{name: string, text: string}[]} options
 * @param {(name: string) => void} onChoose is called when the user chooses
 * @returns {{root: HTMLElement, set(name: string): void, readonly value: string}}
 */
export function choice(label, options, onChoose) {
  let chosen = options[0]?.name;
  const buttons = options.map(({ name, text }) => el("button", { type: "button", data: { name }, onclick: () => {
    set(name);
    onChoose(name);
  } }, text));

  function set(name) {
    chosen = name;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.name === name));
  }

  set(chosen);
  return { root: el("div", { className: "row choice", role: "group", "aria-label": label }, ...buttons), set,
           get value() { return chosen; } };
}
