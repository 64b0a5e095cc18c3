/* Two pictures of one size, one over the other, with a line between them that can be moved. */

import { el, newId } from "../dom.js";

/** Loads a picture from an address. */
export async function loadPicture(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  return picture;
}

/** Before and after. `setBase` shows a photograph on both sides; `setPatch` draws the changed part after it. */
export class Wipe {
  constructor() {
    this.before = el("canvas", { className: "wipe-before", role: "img", "aria-label": "The photograph before" });
    this.after = el("canvas", { className: "wipe-after", role: "img", "aria-label": "The photograph after the edit" });
    this.line = el("div", { className: "wipe-line" });
    const id = newId("wipe");
    this.range = el("input", { id, type: "range", min: 0, max: 100, step: 1, value: 0 });
    this.frame = el("div", { className: "wipe-frame" }, this.before, this.after, this.line);
    this.root = el("div", { className: "wipe" }, this.frame,
                   el("div", { className: "wipe-control" }, el("label", { htmlFor: id }, "Before | after"),
                      this.range));
    this.range.addEventListener("input", () => this.place());
    this.frame.addEventListener("pointerdown", (event) => this.drag(event));
    this.frame.addEventListener("pointermove", (event) => event.buttons && this.drag(event));
    this.place();
  }

  drag(event) {
    if (event.target.closest("button")) return;
    const box = this.frame.getBoundingClientRect();
    this.range.value = Math.round(100 * (event.clientX - box.left) / box.width);
    this.place();
  }

  place() {
    const at = Number(this.range.value);
    this.after.style.clipPath = `inset(0 0 0 ${at}%)`;
    this.line.style.left = `${at}%`;
    this.line.hidden = at === 0 || at === 100;
  }

  /** Shows a photograph before and after. */
  setBase(picture) {
    this.base = picture;
    for (const canvas of [this.before, this.after]) {
      canvas.width = picture.naturalWidth;
      canvas.height = picture.naturalHeight;
      canvas.getContext("2d").drawImage(picture, 0, 0);
    }
  }

  /** Draws a changed part, `{left, top}` in pixels, after the edit; null shows no change. */
  setPatch(picture, patch) {
    const context = this.after.getContext("2d");
    context.drawImage(this.base, 0, 0);
    if (picture) context.drawImage(picture, patch.left, patch.top);
  }
}
