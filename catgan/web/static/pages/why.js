/* The page Why?: which smallest change of a face changes what a model reads. */

import { Latest, followJob, request } from "../api.js";
import { el, newId } from "../dom.js";
import { clearErrors, showError, showMessage } from "../parts/messages.js";
import { answers } from "./why/answer.js";
import { NetworkForm } from "./why/network.js";
import { PhotoChooser } from "./why/photo.js";
import { Settings } from "./why/settings.js";
import { TargetBuilder } from "./why/target.js";

export async function mount(root, app) {
  const page = new WhyPage(root, app);
  await page.begin();
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

class WhyPage {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.model = "own";
    this.questions = new Latest((target, signal) => this.sayQuestion(target, signal));
    this.readings = new Latest((model) => this.read(model));
    for (const latest of [this.questions, this.readings]) latest.onError = (problem) => showError(problem);
    app.signal.addEventListener("abort", () => this.questions.abort());
  }

  async begin() {
    const note = el("p", { className: "muted", role: "status" }, "Loading the model \u2026");
    this.root.append(el("div", { className: "why-head" }, el("h1", {}, "Why?"), el(
      "p", { className: "muted" }, "Which smallest change of this face changes what a model reads?")), note);
    this.start = await request("/api/why/start", { signal: this.app.signal });
    note.remove();
    this.build();
    await this.photo.start();
    const { job } = this.start;
    if (job && ["waiting", "running", "done"].includes(job.state)) await this.follow(job.job);
  }

  build() {
    const { start, app } = this;
    const glossary = { ...app.terms.glossary, ...start.glossary };
    this.photo = new PhotoChooser({ onFace: () => this.otherFace(), signal: app.signal });
    this.target = new TargetBuilder({ glossary, onChange: () => this.changed() });
    this.settings = new Settings(start, glossary, () => this.tellCommand());
    this.networkForm = new NetworkForm(start, { onOpened: (network) => this.opened(network), signal: app.signal });
    this.sentence = el("p", { className: "question", id: newId("question"), "aria-live": "polite" });
    this.ask = el("button", { type: "button", className: "primary ask", disabled: true, "aria-describedby": this.sentence.id,
                              onclick: () => this.search() }, "Ask");
    this.bar = el("progress", { max: 1, "aria-label": "Progress of the search" });
    this.message = el("p", { className: "small", role: "status" });
    this.cancel = el("button", { type: "button", onclick: () => this.stopping?.abort() }, "Cancel");
    this.progress = el("div", { className: "stack why-progress", hidden: true }, this.bar,
                       el("div", { className: "row" }, this.message, this.cancel));
    this.command = el("code", { className: "command" });
    this.answer = el("div", { className: "why-answer" });
    this.root.append(el("div", { className: "why-work" }, this.photo.root, el(
      "section", { className: "card stack why-ask", "aria-label": "The question" }, this.modelChoice(), this.networkForm.root,
      this.target.root, this.settings.root, this.sentence, el("div", { className: "row" }, this.ask), this.progress,
      el("details", {}, el("summary", {}, "The same on the command line"), this.command))), this.answer);
    this.target.setLabels(start.labels, {});
  }

  modelChoice() {
    const name = newId("model");
    const one = (value, text) => {
      const id = newId("asked");
      return el("span", { className: "unit" }, el("input", { id, type: "radio", name, value, checked: value === this.model,
                                                             onchange: () => this.chooseModel(value) }),
                el("label", { htmlFor: id }, text));
    };
    return el("div", { className: "stack" }, el("h2", {}, "Which model is asked?"), el(
      "div", { className: "row model-choice", role: "radiogroup", "aria-label": "Which model is asked?" },
      one("own", `${this.app.about.run}, the model of this page`), one("network", "another network")));
  }

  chooseModel(value) {
    this.model = value;
    this.networkForm.root.hidden = value !== "network";
    const network = value === "network" ? this.networkForm.network : this.start;
    this.target.root.hidden = !network;
    if (network) this.target.setLabels(network.labels, {});
    this.faceChanged();
  }

  opened(network) {
    if (this.model !== "network") return;
    this.target.root.hidden = false;
    this.target.setLabels(network.labels, {});
    this.faceChanged();
  }

  get ready() {
    return this.photo.chosen !== null && (this.model === "own" || Boolean(this.networkForm.network));
  }

  /** Another face is asked about: the answers about the last one go. */
  otherFace() {
    this.answer.replaceChildren();
    this.faceChanged();
  }

  faceChanged() {
    this.changed();
    if (this.ready) this.readings.ask(this.model);
  }

  async read(model) {
    const { photo } = this.photo.photo, { chosen } = this.photo;
    const asked = await request("/api/why/reading", { json: { photo, model }, signal: this.app.signal });
    const { reading } = asked.job ? await followJob(asked.job, () => this.present()) : asked;
    if (model === this.model && photo === this.photo.photo.photo && chosen === this.photo.chosen) this.target.setReading(reading);
    this.root.dataset.read = String(Number(this.root.dataset.read ?? 0) + 1); // tests wait for it
  }

  /** Ends what is awaited when the page was left. */
  present() {
    if (this.app.signal.aborted) throw new DOMException("left", "AbortError");
  }

  changed() {
    if (!this.ask) return;
    this.ask.disabled = true;
    this.tellCommand();
    if (this.model === "own" || this.networkForm.network) this.questions.ask(this.target.text());
    else this.sentence.textContent = "Open a network first.";
  }

  async sayQuestion(target, signal) {
    const { sentence, error } = await request("/api/why/question", { json: { model: this.model, target }, signal });
    if (target !== this.target.text()) return;
    this.sentence.textContent = error ?? sentence;
    this.sentence.classList.toggle("wrong", Boolean(error));
    this.ask.disabled = Boolean(error) || !this.ready || Boolean(this.stopping);
    if (!error && !this.ready) this.sentence.textContent += " Choose a photograph first.";
  }

  tellCommand() {
    const { method, count, margin, without, oracle } = this.settings.values();
    const name = this.photo.photo?.name ?? "photo.jpg";
    const words = ["catgan", "explain", this.app.about.run, name, "--face", String(this.photo.chosen ?? 0), "--target",
                   this.target.text(), "--method", method];
    if (this.model === "network" && this.networkForm.network) {
      words.push("--model", this.networkForm.network.name, ...this.networkForm.options().flat().filter((word) => word !== null));
    }
    if (margin !== this.start.margin) words.push("--margin", String(margin));
    if (without.length) words.push("--without", without.map((unit) => unit.slice(2)).join(","));
    if (oracle) words.push("--oracle", oracle);
    this.command.textContent = `${[...words, "--out", "OUT/why"].map(quoted).join(" ")}` +
      (count > 1 ? "   # the first answer" : "");
  }

  async search() {
    try {
      const { job } = await request("/api/why/search", {
        json: { photo: this.photo.photo.photo, model: this.model, target: this.target.text(), ...this.settings.values() },
        signal: this.app.signal });
      clearErrors();
      this.answer.replaceChildren();
      await this.follow(job, true);
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    }
  }

  async follow(job, asked = false) {
    this.stopping = new AbortController();
    this.ask.disabled = true;
    this.progress.hidden = false;
    if (asked) this.cancel.focus({ preventScroll: true });
    if (asked) this.progress.scrollIntoView({ block: "nearest" });
    try {
      const result = await followJob(job, ({ share, message, state }) => {
        this.present();
        this.bar.value = share;
        this.message.textContent = state === "waiting" ? "Another search runs; this one waits." : message;
      }, this.stopping.signal);
      const stem = this.photo.photo?.name.replace(/\.[^.]*$/, "") || "face";
      this.answer.replaceChildren(answers(result, this.start, stem));
      if (asked) this.answer.querySelector("h2").focus();
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
      else if (this.stopping.signal.aborted) showMessage("The search was cancelled.");
    } finally {
      this.stopping = null;
      this.progress.hidden = true;
      this.changed();
    }
  }
}
