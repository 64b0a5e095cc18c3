/* The page Annotate: items of a folder, ratings of one rater, agreement of all, export. */

import { request } from "../api.js";
import { el, newId } from "../dom.js";
import { showError } from "../parts/messages.js";
import { tabs } from "../parts/tabs.js";
import { agreementPanel } from "./annotate/agreement.js";
import { exportPanel } from "./annotate/export.js";
import { ItemList } from "./annotate/items.js";
import { listenToKeys } from "./annotate/keys.js";
import { PhotographView } from "./annotate/photograph.js";
import { Saver } from "./annotate/saving.js";
import { unitsChooser } from "./annotate/units.js";
import { VideoView } from "./annotate/video.js";

const RATER = "catgan-rater";

function remembered() {
  try { return localStorage.getItem(RATER) ?? ""; } catch { return ""; }
}

export async function mount(root, app) {
  const project = await request("/api/annotate/project", { signal: app.signal });
  const page = new AnnotatePage(root, app, project);
  page.askForRater(project.rater ?? remembered());
}

class AnnotatePage {
  constructor(root, app, project) {
    this.root = root;
    this.app = app;
    this.project = project;
    this.view = null;
    this.saver = null;
    app.signal.addEventListener("abort", () => this.view?.stop(), { once: true });
  }

  /* === Who rates === */

  askForRater(name) {
    const id = newId("rater"), list = newId("raters");
    const input = el("input", { id, type: "text", value: name, maxLength: 40, required: true, autocomplete: "off",
                                list });
    const form = el("form", { className: "card stack annotate-rater", onsubmit: (event) => {
      event.preventDefault();
      this.start(input.value);
    } }, el("h1", {}, `Annotate ${this.project.folder}`),
      el("p", {}, this.found()), el("label", { htmlFor: id }, "Who rates? Raters see only their own ratings."),
      el("div", { className: "row" }, input, el("button", { type: "submit", className: "primary" }, "Start")),
      el("datalist", { id: list }, ...this.project.raters.map((rater) => el("option", { value: rater }))));
    this.root.replaceChildren(form);
    if (this.project.rater) this.start(name);
    else input.focus();
  }

  found() {
    const videos = this.project.items.filter((item) => item.video).length;
    const left = Object.entries(this.project.skipped).map(([reason, count]) => `${count} ${reason}`).join(", ");
    return `${this.project.items.length - videos} photographs and ${videos} videos.${left ? ` Left out: ${left}.` : ""}`;
  }

  async start(name) {
    try {
      this.progress = (await request(`/api/annotate/progress?rater=${encodeURIComponent(name)}`)).items;
    } catch (problem) {
      showError(problem);
      return;
    }
    this.rater = name.trim().split(/\s+/).join(" ");
    try { localStorage.setItem(RATER, this.rater); } catch { /* it is then asked again */ }
    this.build();
    const first = this.project.items.find((item) => this.isOpen(item)) ?? this.project.items[0];
    if (first) await this.open(first.id);
  }

  isOpen({ id, video }) {
    const { rated, of, traced, frames } = this.progress[id] ?? {};
    return video ? !traced && !frames : rated < of;
  }

  /* === Parts === */

  build() {
    this.list = new ItemList(this.project.items, (id) => this.open(id));
    this.list.setProgress(this.progress);
    this.stage = el("div", { className: "annotate-stage" });
    this.state = el("p", { className: "annotate-state", role: "status" }, "Nothing to save yet.");
    const rate = el("div", { className: "annotate-rate" }, this.list.root, this.stage);
    const agreement = agreementPanel(this.app), output = exportPanel();
    const shown = tabs("Parts of Annotate", [{ title: "Rate", content: rate },
                                             { title: "Agreement", content: agreement.root },
                                             { title: "Export", content: output.root },
                                             { title: "Action Units", content: this.chooser() }]);
    this.root.replaceChildren(el("div", { className: "row annotate-top" },
                                 el("h1", {}, this.project.folder), el("p", {}, "Rater ", el("strong", {}, this.rater)),
                                 el("button", { type: "button", className: "quiet",
                                                onclick: () => this.changeRater() }, "Change"), this.state),
                              shown.root);
    if (!this.project.items.length) this.stage.append(el("p", {}, "This folder has no photographs or videos."));
    listenToKeys(this.app.signal, () => rate.closest("[hidden]") ? null : this.view, (by) => this.move(by));
    window.addEventListener("beforeunload", (event) => { if (this.saver?.busy) event.preventDefault(); },
                            { signal: this.app.signal });
  }

  chooser() {
    return unitsChooser(this.project.units, this.app.terms, async (units) => {
      this.project.units = (await request("/api/annotate/units", { json: { units } })).units;
      await this.start(this.rater);
    });
  }

  async changeRater() {
    await this.leave();
    this.project = { ...await request("/api/annotate/project"), rater: null };
    this.askForRater(this.rater);
  }

  /* === Items === */

  /** Waits until the item that is left is saved. */
  async leave() {
    this.view?.stop();
    await this.saver?.settled();
  }

  async open(id) {
    const asked = this.asking = {};
    await this.leave();
    if (this.asking !== asked) return;
    const item = this.project.items.find((one) => one.id === id);
    this.list.setCurrent(id);
    let said;
    try {
      said = await request(`/api/annotate/items/${id}?rater=${encodeURIComponent(this.rater)}`,
                           { signal: this.app.signal });
    } catch (problem) {
      if (problem.name === "AbortError" || this.asking !== asked) return;
      this.view = null;
      this.stage.replaceChildren(el("p", { className: "annotate-problem" }, problem.message));
      return;
    }
    if (this.asking !== asked) return;
    this.saver = new Saver(item, this.rater, said.revision, {
      onState: (text, kind) => this.say(text, kind), onProgress: (progress) => this.list.setOne(id, progress),
      onOther: (other) => this.view?.setSaid(other), onReload: () => this.open(id) });
    this.say(said.damaged ? `${said.damaged} half-written lines were skipped.` : "Everything is saved.",
             said.damaged ? "error" : "saved");
    const View = item.video ? VideoView : PhotographView;
    this.view = new View(item, said, this.project.units, this.app.terms, this.saver);
    this.stage.replaceChildren(this.heading(item), this.view.root);
    this.root.dataset.item = id;
  }

  heading(item) {
    const place = this.project.items.indexOf(item);
    const button = (by, text) => el("button", {
      type: "button", disabled: !this.project.items[place + by], onclick: () => this.move(by) }, text);
    return el("div", { className: "row annotate-heading" }, el("h2", {}, item.name), button(-1, "Previous"),
              button(1, "Next"));
  }

  move(by) {
    const place = this.project.items.findIndex((item) => item.id === this.root.dataset.item);
    const next = this.project.items[place + by];
    if (next) this.open(next.id);
  }

  say(text, kind) {
    this.state.textContent = text;
    this.state.dataset.kind = kind;
  }
}
