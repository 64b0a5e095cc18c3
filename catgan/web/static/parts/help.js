/* A question mark that opens a line of help. */

import { el, newId } from "../dom.js";

/**
 * Makes a button and the line that it opens; place both.
 * @param {string} subject what is explained, for screen readers
 * @param {string|Node} content
 * @returns {{button: HTMLElement, line: HTMLElement}}
 */
export function help(subject, content) {
  const id = newId("help");
  const line = el("div", { id, className: "help-line", hidden: true }, content);
  const button = el("button", { type: "button", className: "help", "aria-label": `What is ${subject}?`,
                                title: `What is ${subject}?`, "aria-expanded": "false", "aria-controls": id }, "?");
  button.addEventListener("click", () => {
    line.hidden = !line.hidden;
    button.setAttribute("aria-expanded", String(!line.hidden));
  });
  return { button, line };
}
