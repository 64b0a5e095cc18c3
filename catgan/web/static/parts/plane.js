/* The plane of valence and arousal. A click, a drag or the arrow keys set both. */

import { el, figure } from "../dom.js";

const NS = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, text = null) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  return element;
}

/** Shows a point that is read, and one that is asked for. */
export class Plane {
  /**
   * @param {object} options words: {word: [valence, arousal]} to show; onInput(valence, arousal); onCommit()
   */
  constructor({ words = {}, onInput, onCommit }) {
    this.value = [0, 0];
    this.onInput = onInput;
    this.onCommit = onCommit;
    this.svg = svg("svg", { viewBox: "-1.2 -1.2 2.4 2.4", class: "plane-picture", "aria-hidden": "true" });
    this.svg.append(svg("rect", { x: -1, y: -1, width: 2, height: 2, rx: 0.03, class: "plane-area" }),
                    svg("line", { x1: -1, y1: 0, x2: 1, y2: 0, class: "plane-axis" }),
                    svg("line", { x1: 0, y1: -1, x2: 0, y2: 1, class: "plane-axis" }),
                    svg("circle", { r: 1, class: "plane-circle" }));
    for (const [word, [valence, arousal]] of Object.entries(words)) {
      this.svg.append(svg("text", { x: valence, y: -arousal, class: "plane-word" }, word));
    }
    for (const [text, x, y] of [["unpleasant", -0.8, 1.13], ["pleasant", 0.84, 1.13], ["excited", 0, -1.07],
                                ["calm", 0, 1.13]]) {
      this.svg.append(svg("text", { x, y, class: "plane-end" }, text));
    }
    this.span = svg("rect", { class: "plane-span", width: 0, height: 0 });
    this.read = svg("circle", { r: 0.035, class: "plane-read" });
    this.asked = svg("circle", { r: 0.055, class: "plane-asked" });
    this.svg.append(this.span, this.read, this.asked);
    this.root = el("div", { className: "plane", tabIndex: 0, role: "slider", "aria-valuemin": -1, "aria-valuemax": 1,
                            "aria-label": "Valence and arousal: arrows left and right change valence, up and down " +
                                          "arousal" }, this.svg);
    this.root.addEventListener("pointerdown", (event) => {
      this.root.setPointerCapture(event.pointerId);
      this.point(event);
    });
    this.root.addEventListener("pointermove", (event) => event.buttons && this.point(event));
    this.root.addEventListener("pointerup", () => this.onCommit());
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.set(0, 0, false);
  }

  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    this.move(at.x, -at.y);
  }

  key(event) {
    const step = event.shiftKey ? 0.2 : 0.05;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.move(this.value[0] + moves[event.key][0], this.value[1] + moves[event.key][1]);
    this.onCommit();
  }

  move(valence, arousal) {
    const [v, a] = [valence, arousal].map((value) => Math.round(100 * Math.min(Math.max(value, -1), 1)) / 100);
    this.set(v, a, true);
    this.onInput(v, a);
  }

  /** Places the point; `changed` tells whether the user has set it. */
  set(valence, arousal, changed) {
    this.value = [valence, arousal];
    this.asked.setAttribute("cx", valence);
    this.asked.setAttribute("cy", -arousal);
    this.root.classList.toggle("changed", changed);
    this.root.setAttribute("aria-valuenow", valence);
    this.root.setAttribute("aria-valuetext", `valence ${figure(valence)}, arousal ${figure(arousal)}`);
  }

  /** Shows what is read, with intervals where they are known: `{value, low, high}` of valence and of arousal. */
  setReading(valence, arousal) {
    this.read.setAttribute("cx", valence.value);
    this.read.setAttribute("cy", -arousal.value);
    if (valence.low === null || arousal.low === null) return;
    this.span.setAttribute("x", valence.low);
    this.span.setAttribute("width", valence.high - valence.low);
    this.span.setAttribute("y", -arousal.high);
    this.span.setAttribute("height", arousal.high - arousal.low);
  }
}
