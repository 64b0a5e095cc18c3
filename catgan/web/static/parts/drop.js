/* A place to drop a file, or to choose one. */

import { el, newId } from "../dom.js";
import { showError } from "./messages.js";

/**
 * @param {object} options title, hint: texts; accept: as of an input; maxBytes(file): largest size; onFile(file);
 *   extra: further buttons
 * @returns {{root: HTMLElement, busy(text: string|null): void}} `busy` shows that a file is worked on
 */
export function fileDrop({ title, hint, accept, maxBytes, onFile, extra = [] }) {
  const id = newId("file");
  const input = el("input", { id, type: "file", accept, className: "visually-hidden" });
  const state = el("p", { className: "drop-state", role: "status" });
  const root = el("div", { className: "drop" }, el("p", { className: "drop-title" }, title),
                  el("p", { className: "muted" }, hint),
                  el("div", { className: "row" }, input,
                     el("label", { htmlFor: id, className: "button primary" }, "Choose a file"), ...extra), state);

  function take(file) {
    if (!file) return;
    const most = maxBytes(file);
    if (file.size > most) {
      showError(`${file.name} is too large: at most ${Math.round(most / 2 ** 20)} MB are taken.`);
      return;
    }
    onFile(file);
  }

  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = ""; // the same file can be chosen again
  });
  for (const kind of ["dragenter", "dragover"]) {
    root.addEventListener(kind, (event) => {
      event.preventDefault();
      root.classList.add("over");
    });
  }
  root.addEventListener("dragleave", () => root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  return {
    root,
    busy(text) {
      state.textContent = text ?? "";
      root.classList.toggle("busy", Boolean(text));
      root.setAttribute("aria-busy", String(Boolean(text)));
    },
  };
}
