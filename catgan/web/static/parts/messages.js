/* Messages at the bottom of the page, which screen readers say. */

import { el } from "../dom.js";

/** Shows a line. Errors stay until they are closed; notes go after six seconds. */
export function showMessage(text, kind = "note") {
  const region = document.getElementById("messages");
  for (const old of region.querySelectorAll(`[data-kind="${kind}"]`)) old.remove();
  const message = el("div", { className: `message ${kind}`, data: { kind } }, el("p", {}, text),
                     el("button", { type: "button", className: "quiet", "aria-label": "Close this message",
                                    onclick: () => message.remove() }, "\u00d7"));
  region.append(message);
  if (kind === "note") setTimeout(() => message.remove(), 6000);
}

/** Shows what went wrong. */
export function showError(problem) {
  showMessage(problem instanceof Error ? problem.message : String(problem), "error");
}

/** Takes all errors away, for example because the next try went well. */
export function clearErrors() {
  for (const old of document.querySelectorAll('#messages [data-kind="error"]')) old.remove();
}
