/* A photograph with its labels, valence and arousal. */

import { el, figure } from "../../dom.js";
import { help } from "../../parts/help.js";
import { Plane } from "../../parts/plane.js";
import { LabelsPanel } from "./labels.js";
import { anchors } from "./words.js";

const BOTH = ["valence", "arousal"];

export class PhotographView {
  constructor(item, said, units, terms, saver) {
    this.saver = saver;
    this.labels = { ...said.labels };
    this.panel = new LabelsPanel(units, terms, (change) => this.changed(change));
    this.plane = new Plane({ words: anchors(terms.words), onInput: (valence, arousal) => this.say(valence, arousal),
                             onCommit: () => this.place() });
    this.text = el("p", { className: "small", role: "status" });
    const picture = el("img", { src: `/api/annotate/items/${item.id}/picture`, alt: `Photograph ${item.name}` });
    picture.addEventListener("error", () => this.cannotBeRead(picture));
    const { button, line } = help("valence and arousal", `${terms.glossary.valence} ${terms.glossary.arousal}`);
    this.root = el("div", { className: "annotate-view" },
                   el("div", { className: "stack" }, el("div", { className: "annotate-picture" }, picture),
                      el("section", { className: "card stack", "aria-label": "Valence and arousal" },
                         el("div", { className: "row" }, el("h3", {}, "Valence and arousal"), button), line,
                         this.plane.root, el("div", { className: "row" }, this.text, el(
                           "button", { type: "button", onclick: () => this.both(null) }, "Cannot say"),
                         el("button", { type: "button", onclick: () => this.clear() }, "Not rated")))), this.panel.root);
    this.show();
  }

  async cannotBeRead(picture) {
    const answer = await fetch(picture.src).catch(() => null);
    const text = answer && !answer.ok ? (await answer.json()).error : "This photograph cannot be shown.";
    picture.replaceWith(el("p", { className: "annotate-problem" }, text));
  }

  changed(change) {
    for (const label of change.clear ?? []) delete this.labels[label];
    Object.assign(this.labels, change.set ?? {});
    this.saver.save(change);
  }

  place() {
    const [valence, arousal] = this.plane.value;
    this.changed({ set: { valence, arousal } });
    this.show();
  }

  both(value) {
    this.changed({ set: Object.fromEntries(BOTH.map((name) => [name, value])) });
    this.show();
  }

  clear() {
    const rated = BOTH.filter((name) => name in this.labels);
    if (rated.length) this.changed({ clear: rated });
    this.show();
  }

  say(valence, arousal) {
    this.text.textContent = `Valence ${figure(valence)}, arousal ${figure(arousal)}`;
  }

  show() {
    this.panel.setLabels(this.labels);
    const { valence, arousal } = this.labels, rated = "valence" in this.labels;
    const known = typeof valence === "number" && typeof arousal === "number";
    this.plane.set(known ? valence : 0, known ? arousal : 0, known);
    if (known) this.say(valence, arousal);
    else this.text.textContent = rated ? "Cannot say" : "Not rated: click into the plane, or V and the arrow keys";
  }

  /** Shows what another tab has changed. */
  setSaid(said) {
    this.labels = { ...said.labels };
    this.show();
  }

  key(name) {
    if (name !== "v") return this.panel.key(name);
    this.plane.root.focus();
    return true;
  }

  stop() {}
}
