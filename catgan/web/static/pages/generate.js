/* The page Generate: faces of a seed, a sweep along one label, and the way from one face to another. */

import { Latest, request } from "../api.js";
import { el, figure } from "../dom.js";
import { choice } from "../parts/choice.js";
import { download } from "../parts/download.js";
import { help } from "../parts/help.js";
import { clearErrors, showError, showMessage } from "../parts/messages.js";
import { numberField, selectField } from "./generate/fields.js";
import { inWords, Labels } from "./generate/labels.js";
import { Player } from "./generate/player.js";

const KINDS = [{ name: "grid", text: "Faces" }, { name: "sweep", text: "Sweep" },
               { name: "way", text: "Interpolation" }];
const HINTS = {
  grid: "Persons of one seed, all with the same labels. Choose a face to interpolate from or to it.",
  sweep: "Each row is a person; one label goes through its range, the others are held.",
  way: "From one face to another: the person turns into the other, and labels move in equal steps.",
};
const MAX_SEED = 2 ** 31 - 1;

export async function mount(root, app) {
  const page = new GeneratePage(root, app);
  await page.start();
}

class GeneratePage {
  constructor(root, app) {
    Object.assign(this, { root, app, kind: "grid", side: "start", chosen: null, drawn: null });
    this.faces = { start: { seed: 0, number: 0, labels: {}, expression: null },
                   end: { seed: 1, number: 0, labels: {}, expression: null } };
    this.draws = new Latest((wish, signal) => this.draw(wish, signal));
    this.draws.onError = (problem) => showError(problem);
    app.signal.addEventListener("abort", () => this.draws.abort());
  }

  async start() {
    const note = el("p", { className: "muted", role: "status" }, "Loading the model \u2026");
    this.root.append(el("div", { className: "page-head" }, el("h1", {}, "Generate"), el(
      "p", { className: "muted" }, "Faces of nobody: drawn by the generator, for a seed and labels.")), note);
    this.known = await request("/api/generate/labels", { signal: this.app.signal });
    note.remove();
    if (!this.known.generator) {
      showError("This model has no generator: it reads faces and draws none. Start catgan app with another run.");
      return;
    }
    this.build();
    this.show();
  }

  // --- What is on the page ---

  build() {
    const again = () => this.ask();
    this.kinds = choice("What to draw", KINDS, (kind) => {
      this.kind = kind;
      this.show();
    });
    this.hint = el("p", { className: "muted small" });
    this.count = selectField("Faces", { options: [4, 9, 16, 25, 36, 64].map((n) => [n, n]), value: 16, onChange: again });
    this.persons = numberField("Persons", { min: 1, max: this.known.limits.persons, value: 3, onChange: again });
    this.steps = numberField("Steps", { min: 2, max: this.known.limits.steps, value: 5, onChange: again });
    this.label = selectField("Label", { options: this.labelNames(), value: "AU12", onChange: again });
    this.frames = numberField("Frames", { min: 2, max: this.known.limits.frames, value: 24, onChange: again });
    this.persona = Object.fromEntries(["start", "end"].map((side) => [side, this.personFields(side)]));
    this.fields = {
      grid: [this.persona.start.seed.root, this.dice("start"), this.count.root],
      sweep: [this.persona.start.seed.root, this.dice("start"), this.persons.root, this.steps.root, this.label.root],
      way: [this.ends(), this.frames.root],
    };
    this.controls = el("div", { className: "row generate-controls" });
    this.player = new Player(this.app.signal);
    this.grid = el("div", { className: "generate-grid" });
    this.person = el("div", { className: "row generate-person", hidden: true });
    this.reading = el("ul", { className: "generate-reading small muted" });
    this.saves = el("div", { className: "row" });
    const synthetic = help("synthetic", this.app.terms.glossary.synthetic);
    const stage = el("section", { className: "card stack generate-stage", "aria-label": "What is drawn" },
                     el("div", { className: "stack" }, this.kinds.root, this.hint, this.controls),
                     el("div", { className: "generate-pictures" }, this.grid, this.player.root),
                     el("div", { className: "stack" }, this.person, this.reading,
                        el("div", { className: "row" }, this.saves, synthetic.button), synthetic.line));
    this.labels = new Labels(this.known, this.app.terms, (wish) => this.relabel(wish));
    this.sides = choice("Labels of", [{ name: "start", text: "Labels of the start" },
                                      { name: "end", text: "Labels of the end" }], (side) => {
      this.side = side;
      this.labels.set(this.wish(side));
    });
    const panel = el("section", { className: "card stack generate-labels", "aria-label": "Labels" }, this.sides.root,
                     this.labels.root);
    this.root.append(el("div", { className: "generate-work" }, stage, panel));
  }

  labelNames() {
    const units = this.known.units.map((number) => this.app.terms.units[number]);
    return [...units.map((unit) => [unit.label, `AU${unit.number} ${unit.name}`]),
            ...(this.known.dimensions ? [["valence", "Valence"], ["arousal", "Arousal"]] : [])];
  }

  personFields(side) {
    const changed = (name) => (value) => {
      this.faces[side][name] = value;
      this.chosen = null;
      this.ask();
    };
    const face = this.faces[side];
    return { seed: numberField("Seed", { min: 0, max: MAX_SEED, value: face.seed, onChange: changed("seed") }),
             number: numberField("Person", { min: 0, max: this.known.limits.faces - 1, value: face.number,
                                             onChange: changed("number") }) };
  }

  dice(side) {
    return el("button", { type: "button", onclick: () => {
      this.faces[side].seed = Math.floor(Math.random() * 1e6);
      this.chosen = null;
      this.showPersons();
      this.ask();
    } }, "Another seed");
  }

  ends() {
    const parts = ["start", "end"].map((side) => {
      const seed = numberField("Seed", { min: 0, max: MAX_SEED, value: 0, onChange: (value) => {
        this.faces[side].seed = value;
        this.showPersons();
        this.ask();
      } });
      this.persona[side].again = seed;
      return el("fieldset", { className: "generate-end" }, el("legend", {}, side === "start" ? "Start" : "End"), seed.root,
                this.persona[side].number.root, this.dice(side));
    });
    return el("div", { className: "generate-ends" }, ...parts);
  }

  show() {
    this.hint.textContent = HINTS[this.kind];
    this.controls.replaceChildren(...this.fields[this.kind]);
    this.grid.hidden = this.kind === "way";
    this.player.root.hidden = this.kind !== "way";
    if (this.kind !== "way") this.player.pause();
    this.sides.root.hidden = this.kind !== "way";
    this.side = this.kind === "way" ? this.sides.value : "start";
    this.labels.set(this.wish(this.side));
    this.chosen = null;
    this.showPersons();
    const kinds = this.kind === "way" ? [["gif", "Download GIF"], ["mp4", "Download MP4"], ["png", "Download frames"]]
      : [["png", "Download PNG"]];
    this.saves.replaceChildren(...kinds.map(([format, text]) => el(
      "button", { type: "button", className: format === kinds[0][0] ? "primary" : "",
                  onclick: (event) => this.save(format, event.currentTarget) }, text)));
    this.ask();
  }

  showPersons() {
    for (const side of ["start", "end"]) {
      this.persona[side].seed.value = this.faces[side].seed;
      this.persona[side].again.value = this.faces[side].seed;
      this.persona[side].number.value = this.faces[side].number;
    }
    this.showChosen();
  }

  // --- Wishes and answers ---

  wish(side) {
    const { labels, expression } = this.faces[side];
    return { labels, expression };
  }

  relabel(wish) {
    Object.assign(this.faces[this.side], wish);
    this.ask();
  }

  /** The request that says what is shown. */
  body() {
    const { start, end } = this.faces;
    if (this.kind === "grid") return { kind: "grid", count: Number(this.count.value), start: { ...start, number: 0 } };
    if (this.kind === "sweep") {
      return { kind: "sweep", count: this.persons.value, steps: this.steps.value, label: this.label.value,
               start: { ...start, number: 0 } };
    }
    return { kind: "way", count: this.frames.value, start, end };
  }

  ask() {
    this.root.setAttribute("aria-busy", "true");
    this.draws.ask(structuredClone(this.body()));
  }

  async draw(body, signal) {
    const drawn = await request("/api/generate/faces", { json: body, signal });
    if (body.kind !== this.kind) return;
    clearErrors();
    this.drawn = { ...drawn, body };
    if (body.kind === "way") this.player.setFrames(drawn.pictures, (at) => this.frameInWords(at));
    else this.showGrid();
    this.showReading();
    this.showChosen();
    this.root.removeAttribute("aria-busy");
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1); // tests wait for it
  }

  frameInWords(at) {
    const { start, end } = this.drawn.body;
    const share = Math.round(100 * at / Math.max(this.drawn.pictures.length - 1, 1));
    return `Generated face, ${share} % of the way from ${inWords(start)} to ${inWords(end)}`;
  }

  showGrid() {
    const { pictures, columns, values, body } = this.drawn;
    const words = inWords(body.start);
    const heads = body.kind === "sweep" ? values.map((value) => el("p", { className: "generate-head small" },
                                                                   short(value))) : [];
    const cells = pictures.map((picture, place) => (body.kind === "grid"
      ? el("button", { type: "button", className: "generate-face", "aria-pressed": "false",
                       "aria-label": `Person ${place} of seed ${body.start.seed}`, onclick: () => this.choose(place) },
           el("img", { src: picture, alt: "" }))
      : el("img", { src: picture, alt: `Generated person ${Math.floor(place / columns)} with ${body.label} ` +
                                       `${short(values[place % columns])}; ${words}` })));
    this.grid.style.setProperty("--columns", columns);
    this.grid.replaceChildren(...heads, ...cells);
  }

  choose(place) {
    this.chosen = this.chosen === place ? null : place;
    this.showChosen();
  }

  showChosen() {
    const shown = this.kind === "grid" && this.chosen !== null;
    [...this.grid.querySelectorAll(".generate-face")].forEach((button, place) => (
      button.setAttribute("aria-pressed", String(shown && place === this.chosen))));
    this.person.hidden = !shown;
    if (!shown) return;
    this.person.replaceChildren(
      el("p", {}, `Person ${this.chosen} of seed ${this.faces.start.seed}.`),
      ...["start", "end"].map((side) => el("button", { type: "button", onclick: () => this.take(side) },
                                           side === "start" ? "Interpolate from it" : "Interpolate to it")));
  }

  take(side) {
    const { seed, labels, expression } = this.faces.start;
    Object.assign(this.faces[side], { seed, number: this.chosen, labels: { ...labels }, expression });
    showMessage(`Person ${this.chosen} of seed ${seed} is the ${side} of the interpolation.`);
  }

  /** Says how the model reads the labels that were asked for: what was asked is not always what is drawn. */
  showReading() {
    const { read, values, columns, body } = this.drawn;
    this.reading.replaceChildren(...Object.entries(read).map(([name, all]) => {
      const digits = name.startsWith("AU") ? 1 : 2;
      if (body.kind === "sweep" && name === body.label) {
        const means = values.map((_, column) => mean(all.filter((__, place) => place % columns === column)));
        return el("li", {}, `${name} as the model reads it, from left to right: ` +
                            `${means.map((value) => figure(value, digits)).join(", ")}.`);
      }
      if (body.kind === "way") {
        return el("li", {}, `${name} as the model reads it: ${figure(all[0], digits)} at the start, ` +
                            `${figure(all.at(-1), digits)} at the end.`);
      }
      return el("li", {}, `${name}: asked ${figure(body.start.labels[name], digits)}, read ${figure(mean(all), digits)} ` +
                          `on average (${figure(Math.min(...all), digits)} to ${figure(Math.max(...all), digits)}).`);
    }));
  }

  async save(format, button) {
    button.disabled = true;
    try {
      const content = await request("/api/generate/download", { json: { ...this.body(), format } });
      download(content, `${this.kind === "way" ? "interpolation" : this.kind}-synthetic.${format}`);
    } catch (problem) {
      showError(problem);
    } finally {
      button.disabled = false;
    }
  }
}

function short(value) {
  return String(+value.toFixed(2)).replace("-", "\u2212");
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
