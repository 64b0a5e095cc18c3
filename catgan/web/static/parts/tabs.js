/* Tabs inside a page, as the ARIA practices describe them: arrows move, Home and End go to the ends. */

import { el, newId } from "../dom.js";

/**
 * @param {string} label what the tabs choose between
 * @param {{title: string, content: Node}[]} parts
 * @param {(index: number) => void} [onShow] is called whenever a part is shown, at first too
 * @returns {{root: HTMLElement, show(index: number): void}}
 */
export function tabs(label, parts, onShow = () => {}) {
  const buttons = [], panels = [];
  for (const { title, content } of parts) {
    const id = newId("tab");
    buttons.push(el("button", { id, type: "button", role: "tab", "aria-controls": `${id}-panel` }, title));
    panels.push(el("div", { id: `${id}-panel`, role: "tabpanel", "aria-labelledby": id, className: "tab-panel",
                            tabIndex: 0 }, content));
  }

  function show(index) {
    buttons.forEach((button, place) => {
      button.setAttribute("aria-selected", String(place === index));
      button.tabIndex = place === index ? 0 : -1;
      panels[place].hidden = place !== index;
    });
    onShow(index);
  }

  buttons.forEach((button, index) => {
    button.addEventListener("click", () => show(index));
    button.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: buttons.length - 1 };
      if (!(event.key in moves)) return;
      event.preventDefault();
      const next = (moves[event.key] + buttons.length) % buttons.length;
      show(next);
      buttons[next].focus();
    });
  });
  show(0);
  const root = el("div", { className: "tabs" },
                  el("div", { role: "tablist", "aria-label": label, className: "tab-list" }, ...buttons), ...panels);
  return { root, show };
}
