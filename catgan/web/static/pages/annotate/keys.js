/* Keys of the page. They work unless a text is being written, and can be turned off. */

import { el } from "../../dom.js";

export const EXPRESSION_KEYS = { neutral: "n", happiness: "h", sadness: "s", surprise: "u", fear: "f", disgust: "g",
                                 anger: "r", contempt: "t", other: "o" };
const OFF = "catgan-keys-off";

export const HELP = [
  ["\u2191 \u2193", "choose the Action Unit"], ["0", "absent"], ["1\u20135 or A\u2013E", "intensity, trace to maximum"],
  ["X", "not visible"], ["Delete", "not rated"], ["Z", "all that are not rated: absent"],
  [Object.entries(EXPRESSION_KEYS).map(([, key]) => key.toUpperCase()).join(" "),
   Object.keys(EXPRESSION_KEYS).join(", ")], ["Q", "expression: cannot say"],
  ["V", "photograph: go to the plane; video: rate over time, on or off"],
  ["Arrows", "in the plane, and while a video is rated: move valence and arousal"], ["Space", "play or pause"],
  [", .", "one frame back or forward"], ["Page Up, Page Down", "previous or next item"]];

function isOff() {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
}

/** A table of all keys, with a switch that turns them off. */
export function keysHelp() {
  const box = el("input", { type: "checkbox", checked: !isOff(), onchange: () => {
    try { localStorage.setItem(OFF, box.checked ? "0" : "1"); } catch { /* they then stay on */ }
  } });
  return el("details", { className: "annotate-keys" }, el("summary", {}, "Keys"),
            el("label", { className: "row" }, box, "Keys are on"),
            el("dl", {}, ...HELP.flatMap(([keys, meaning]) => [el("dt", {}, el("kbd", {}, keys)),
                                                               el("dd", {}, meaning)])));
}

function isWriting(target) {
  return target.closest?.("textarea, select, input:not([type=checkbox]), dialog, [role=tablist]");
}

/**
 * @param {AbortSignal} signal ends it
 * @param {() => object|null} view what is rated: `key(name, event)` returns whether it has used the key
 * @param {(by: number) => void} move goes to another item
 */
export function listenToKeys(signal, view, move) {
  document.addEventListener("keydown", (event) => {
    const shown = view();
    if (!shown || isOff() || isWriting(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.defaultPrevented || (event.target.closest?.("button, a, summary") && [" ", "Enter"].includes(event.key))) {
      return;
    }
    const turn = { PageUp: -1, PageDown: 1 }[event.key];
    if (turn) move(turn);
    if (turn || shown.key(event.key.length === 1 ? event.key.toLowerCase() : event.key, event)) event.preventDefault();
  }, { signal });
}
