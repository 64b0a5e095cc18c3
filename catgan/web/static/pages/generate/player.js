/* Plays pictures as an animation, forth and back: play and pause, and a slider for single frames. */

import { el, newId } from "../../dom.js";

const FRAMES_PER_SECOND = 12;

export class Player {
  /** @param {AbortSignal} signal stops the animation when the page is left */
  constructor(signal) {
    const id = newId("frame");
    this.frames = [];
    this.timer = null;
    this.forth = 1;
    this.picture = el("img", { className: "player-picture", alt: "" });
    this.toggle = el("button", { type: "button", className: "primary", onclick: () => this.press() }, "Play");
    this.range = el("input", { id, type: "range", min: 0, max: 0, step: 1, value: 0 });
    this.range.addEventListener("input", () => {
      this.pause();
      this.show(Number(this.range.value));
    });
    this.root = el("div", { className: "stack" }, el("div", { className: "player-frame" }, this.picture),
                   el("div", { className: "player-controls" }, this.toggle,
                      el("label", { htmlFor: id, className: "visually-hidden" }, "Frame"), this.range));
    signal.addEventListener("abort", () => this.pause());
    document.addEventListener("visibilitychange", () => document.hidden && this.pause(), { signal });
  }

  /** Shows new frames, addresses of pictures. It plays by itself unless the user prefers less motion. */
  setFrames(frames, describe) {
    const fresh = !this.frames.length;
    this.frames = frames;
    this.describe = describe;
    this.range.max = frames.length - 1;
    this.show(Math.min(Number(this.range.value), frames.length - 1));
    if (fresh && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  press() {
    if (this.timer) this.pause();
    else this.play();
  }

  play() {
    if (this.frames.length < 2) return;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.step(), 1000 / FRAMES_PER_SECOND);
    this.toggle.textContent = "Pause";
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.toggle.textContent = "Play";
  }

  step() {
    const at = Number(this.range.value);
    if (at + this.forth < 0 || at + this.forth >= this.frames.length) this.forth = -this.forth;
    this.show(at + this.forth);
  }

  show(at) {
    if (!this.frames.length) return;
    this.range.value = at;
    this.range.setAttribute("aria-valuetext", `${at + 1} of ${this.frames.length}`);
    this.picture.src = this.frames[at];
    this.picture.alt = this.describe(at);
  }
}
