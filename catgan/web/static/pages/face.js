/* The page Face: a photograph, its faces, and what can be changed of the chosen one. */

import { Latest, request } from "../api.js";
import { el } from "../dom.js";
import { fileDrop } from "../parts/drop.js";
import { clearErrors, showError } from "../parts/messages.js";
import { fromCamera, fromVideo } from "../parts/moment.js";
import { tabs } from "../parts/tabs.js";
import { loadPicture } from "../parts/wipe.js";
import { expressionButtons } from "./face/expressions.js";
import { History } from "./face/history.js";
import { readingTable } from "./face/reading.js";
import { Stage } from "./face/stage.js";
import { dimensionControls, unitSliders } from "./face/controls.js";

const MAX_PHOTOGRAPH = 50 * 2 ** 20;

export async function mount(root, app) {
  const page = new FacePage(root, app);
  await page.start();
}

class FacePage {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.photo = null; // as /api/face/photo describes it
    this.chosen = null;
    this.to = {};
    this.original = [];
    this.history = new History((to) => this.replaced(to));
    this.edits = new Latest((to, signal) => this.sendEdit(to, signal));
    this.edits.onError = (problem) => showError(problem);
    this.edits.onBusy = (busy) => this.root.setAttribute("aria-busy", String(busy));
    app.signal.addEventListener("abort", () => this.edits.abort());
  }

  async start() {
    this.build();
    let labels, kept;
    try {
      [labels, kept] = await Promise.all([request("/api/face/labels", { signal: this.app.signal }),
                                          request("/api/face/state", { signal: this.app.signal })]);
    } finally {
      this.note.textContent = "";
    }
    this.labels = labels;
    this.buildControls();
    if (!labels.editor) {
      showError("This model has no editor: it reads faces, and cannot change them. Start catgan app with a run that " +
                "has one, such as faces_64.");
    }
    if (kept.photo) await this.showPhoto(kept, kept.chosen === undefined ? null : kept);
  }

  // --- What is on the page ---

  build() {
    this.drop = fileDrop({
      title: "Drop a photograph or a video", accept: "image/*,video/*,.heic,.tif,.tiff",
      hint: "Photographs up to 50 MB. Of a video, one frame is taken.",
      maxBytes: (file) => (isVideo(file) ? Infinity : MAX_PHOTOGRAPH), onFile: (file) => this.take(file),
      extra: [el("button", { type: "button", onclick: () => this.takeCamera() }, "Use the camera")] });
    this.note = el("p", { className: "muted", role: "status" }, "Loading the model \u2026");
    this.stage = new Stage({ onFace: (number) => this.choose(number), onView: () => this.redraw() });
    this.tools = {
      undo: el("button", { type: "button", disabled: true, onclick: () => this.history.undo() }, "Undo"),
      redo: el("button", { type: "button", disabled: true, onclick: () => this.history.redo() }, "Redo"),
      reset: el("button", { type: "button", disabled: true, onclick: () => this.change({}, true) }, "Reset"),
      save: el("button", { type: "button", disabled: true, className: "primary", onclick: () => this.save() },
               "Download"),
    };
    this.panel = el("div", { className: "card face-panel", hidden: true });
    this.notes = el("ul", { className: "face-notes small", "aria-live": "polite", "aria-label": "Notes", tabIndex: 0 });
    this.work = el("section", { className: "face-work", "aria-label": "The photograph", hidden: true },
                   el("div", { className: "card face-stage" }, this.stage.root,
                      el("div", { className: "row face-tools" }, ...Object.values(this.tools)),
                      el("p", { className: "muted small" },
                         "The download is synthetic: no record of what anybody showed or felt. Its file says so."),
                      this.notes), this.panel);
    this.root.append(el("div", { className: "face-head" }, el("h1", {}, "Face"),
                        el("p", { className: "muted" }, "Change what a face shows, and see what the model reads.")),
                     this.drop.root, this.note, this.work);
    document.addEventListener("keydown", (event) => this.key(event), { signal: this.app.signal });
    document.addEventListener("paste", (event) => this.take(event.clipboardData?.files[0]),
                              { signal: this.app.signal });
  }

  buildControls() {
    const changed = (name) => (value) => this.change({ ...this.to, [name]: value });
    const hooks = { changed, commit: () => this.commit(), release: (...names) => this.release(names),
                    both: (valence, arousal) => this.change({ ...this.to, valence, arousal }) };
    this.units = unitSliders(this.labels.units, this.app.terms, hooks);
    this.dimensions = this.labels.dimensions ? dimensionControls(this.app.terms, hooks) : null;
    this.expressions = expressionButtons(this.labels.units, this.app.terms, (to) => this.change(to, true));
    this.reading = readingTable(this.labels, this.app.terms);
    const parts = [{ title: "Action Units", content: this.units.root }];
    if (this.dimensions) parts.push({ title: "Valence\u2013arousal", content: this.dimensions.root });
    parts.push({ title: "Expressions", content: this.expressions.root },
               { title: "Reading", content: this.reading.root });
    this.panel.replaceChildren(tabs("What to change", parts).root);
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input[type=text], textarea")) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.history.redo();
      else this.history.undo();
    }
  }

  // --- Photographs ---

  async take(file) {
    if (!file) return;
    try {
      const picture = isVideo(file) ? await fromVideo(file) : file;
      if (picture) await this.upload(picture, file.name);
    } catch (problem) {
      showError(problem);
    }
  }

  async takeCamera() {
    try {
      const picture = await fromCamera();
      if (picture) await this.upload(picture, "camera.png");
    } catch (problem) {
      showError(problem);
    }
  }

  async upload(file, name) {
    this.uploading?.abort();
    const uploading = this.uploading = new AbortController();
    this.drop.busy("Looking for faces \u2026");
    try {
      const photo = await request("/api/face/photo", { file, name, signal: uploading.signal });
      clearErrors();
      await this.showPhoto(photo, null);
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    } finally {
      if (this.uploading === uploading) this.drop.busy(null);
    }
  }

  async showPhoto(photo, kept) {
    this.edits.abort();
    Object.assign(this, { photo, chosen: null, to: {} });
    this.history.clear();
    this.work.hidden = false;
    this.panel.hidden = true;
    this.root.classList.add("has-photo");
    await this.stage.setPhoto(photo);
    if (!photo.faces.length) {
      this.notes.replaceChildren(el("li", {}, "No face was found, whichever way up. Choose a photograph in which both " +
                                              "eyes and the mouth are visible."));
      this.tell();
    } else if (kept) {
      await this.showChosen(kept);
      if (Object.keys(kept.to).length) this.change(kept.to, true);
    } else {
      await this.choose(0);
    }
  }

  async choose(number) {
    this.edits.abort();
    try {
      await this.showChosen(await request("/api/face/choose", { json: { face: number } }));
    } catch (problem) {
      showError(problem);
    }
  }

  async showChosen(answer) {
    this.chosen = answer.chosen;
    this.to = {};
    this.history.clear();
    this.original = answer.reading;
    this.panel.hidden = false;
    this.stage.setChosen(answer.chosen);
    this.showReading(answer.reading, answer.notes);
    this.tell();
  }

  // --- Edits ---

  /** Asks for new values; `final` ends a step that can be undone. */
  change(to, final = false) {
    if (this.chosen === null || !this.labels.editor) return;
    this.to = to;
    if (final) this.history.push(to);
    this.tell();
    this.edits.ask(to);
  }

  /** Ends a step: a slider or the point of the plane was let go. */
  commit() {
    this.history.push(this.to);
    this.tell();
  }

  replaced(to) {
    this.to = to;
    this.tell();
    this.edits.ask(to);
  }

  release(names) {
    this.change(Object.fromEntries(Object.entries(this.to).filter(([name]) => !names.includes(name))), true);
  }

  redraw() {
    if (this.chosen !== null) this.edits.ask(this.to);
  }

  async sendEdit(to, signal) {
    const { photo } = this.photo;
    const answer = await request("/api/face/edit",
                                 { json: { photo, to, view: this.stage.view }, signal });
    const picture = answer.patch ? await loadPicture(answer.patch.picture) : null;
    if (photo !== this.photo.photo || signal.aborted) return;
    this.stage.setPatch(picture, answer.patch);
    this.showReading(answer.reading, answer.notes);
  }

  showReading(reading, notes) {
    const by = Object.fromEntries(reading.map((label) => [label.name, label]));
    this.units.setReading(by);
    this.dimensions?.setReading(by);
    this.reading.set(this.original, reading);
    this.notes.replaceChildren(...notes.map((note) => el("li", {}, note)));
    this.setControls();
    this.root.dataset.shown = String(Number(this.root.dataset.shown ?? 0) + 1); // tests wait for it
  }

  setControls() {
    const before = Object.fromEntries(this.original.map((label) => [label.name, label.value]));
    this.units.set(before, this.to);
    this.dimensions?.set(before, this.to);
  }

  tell() {
    const { undo, redo, reset, save } = this.tools;
    const changed = Object.keys(this.to).length > 0;
    undo.disabled = !this.history.canUndo;
    redo.disabled = !this.history.canRedo;
    reset.disabled = !changed;
    save.disabled = !changed;
    if (this.chosen !== null) this.setControls();
  }

  async save() {
    try {
      const content = await request("/api/face/download", { json: { photo: this.photo.photo, to: this.to } });
      const address = URL.createObjectURL(content);
      const stem = this.photo.name.replace(/\.[^.]*$/, "") || "face";
      el("a", { href: address, download: `${stem}-synthetic.png` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    } catch (problem) {
      showError(problem);
    }
  }
}

function isVideo(file) {
  return file.type.startsWith("video/") || /\.(mp4|m4v|mov|mkv|webm|avi)$/i.test(file.name ?? "");
}
