/* A labelled slider with a line of explanation, a mark for what is read, and a button that lets the value go. */

import { el, figure, newId } from "../dom.js";

/**
 * @param {object} options
 *   label, detail: texts; picture: a Node or null; min, max, step, digits;
 *   onInput(value): while it moves; onCommit(): when it was let go; onRelease(): the value is given up
 * @returns {{root, input, set(value, changed), setReading(value, low, high)}} the slider follows the reading until the
 *   user has moved it
 */
export function slider({ label, detail = "", picture = null, min, max, step, digits = 1, onInput, onCommit,
                         onRelease }) {
  const id = newId("slider");
  const shown = el("output", { className: "slider-value", htmlFor: id });
  const input = el("input", { id, type: "range", min, max, step, "aria-describedby": detail ? `${id}-detail` : null });
  const mark = el("div", { className: "slider-reading", hidden: true });
  const release = el("button", { type: "button", className: "quiet slider-release", hidden: true,
                                 title: "As in the photograph", "aria-label": `Leave ${label} as it is` }, "\u21ba");
  const root = el("div", { className: "slider" }, picture,
                  el("div", { className: "slider-body" },
                     el("div", { className: "slider-head" }, el("label", { htmlFor: id }, label), release, shown),
                     detail ? el("p", { id: `${id}-detail`, className: "slider-detail" }, detail) : null,
                     el("div", { className: "slider-track" }, input, mark)));
  const place = (value) => (Math.min(Math.max(value, min), max) - min) / (max - min);

  function set(value, changed) {
    input.value = value;
    shown.textContent = figure(Number(value), digits);
    root.classList.toggle("changed", changed);
    release.hidden = !changed;
  }

  function setReading(value, low, high) {
    mark.hidden = false;
    mark.style.setProperty("--at", place(value));
    mark.style.setProperty("--from", place(low ?? value));
    mark.style.setProperty("--to", place(high ?? value));
    mark.title = `Read from the picture: ${figure(value)}` +
      (low === null ? "" : ` (${figure(low)} to ${figure(high)})`);
  }

  input.addEventListener("input", () => {
    set(input.value, true);
    onInput(Number(input.value));
  });
  input.addEventListener("change", () => onCommit?.());
  release.addEventListener("click", () => {
    onRelease?.();
    input.focus();
  });
  return { root, input, set, setReading };
}
