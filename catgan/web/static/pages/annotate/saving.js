/* Saves the steps of a rater one after another. Nothing counts as saved before the server has it on the disk. */

import { request } from "../../api.js";
import { el } from "../../dom.js";
import { showError, showMessage } from "../../parts/messages.js";

const RETRY_MS = 1500;

function drawn() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Saver {
  /**
   * @param {object} item
   * @param {string} rater
   * @param {number} revision of what the server has
   * @param {object} hooks onState(text, kind), onProgress(progress), onOther(said): another tab has changed other
   *   labels, onReload(): show what the server has
   */
  constructor(item, rater, revision, hooks) {
    this.item = item;
    this.rater = rater;
    this.revision = revision;
    this.hooks = hooks;
    this.queue = [];
    this.waiting = [];
    this.sending = false;
    this.others = false; // whether another tab has saved steps that this one does not show
    this.stale = false; // whether the page shows a step that was dropped
  }

  /** Whether something is not saved yet. */
  get busy() { return this.queue.length > 0; }

  /** Saves a step: `{set, clear, frame, trace}`. */
  save(content) {
    this.queue.push({ change: drawn(), ...content });
    this.hooks.onState("Saving \u2026", "saving");
    if (!this.sending) this.send();
  }

  /** Resolves when nothing waits any more. */
  settled() {
    return this.busy ? new Promise((resolve) => { this.waiting.push(resolve); }) : Promise.resolve();
  }

  async send() {
    this.sending = true;
    while (this.queue.length) {
      try {
        await this.sendOne(this.queue[0]);
        this.queue.shift();
      } catch (problem) {
        await this.failed(problem);
      }
    }
    this.sending = false;
    const leaving = this.waiting.splice(0);
    if (this.stale && !leaving.length) this.hooks.onReload();
    this.stale = false;
    leaving.forEach((resolve) => resolve());
  }

  async sendOne(step) {
    const said = await request(`/api/annotate/items/${this.item.id}/step`,
                               { json: { rater: this.rater, revision: this.revision, ...step } });
    this.others ||= said.revision > this.revision + 1;
    this.revision = said.revision;
    this.hooks.onProgress(said.progress);
    if (this.queue.length > 1) return;
    this.hooks.onState(`Saved at ${new Date().toLocaleTimeString()}.`, "saved");
    if (this.others) this.hooks.onOther(said);
    this.others = false;
  }

  /** Handles a step that was not saved: it waits and is sent again, or is dropped. */
  async failed(problem) {
    if (problem.status === 409) {
      await this.conflict(problem);
      return;
    }
    if (problem.status === 0 || problem.status === 401 || problem.status >= 500) {
      const why = problem.status === 401 ? "open the address that catgan app has printed last in another tab"
        : "the server does not answer";
      this.hooks.onState(`Not saved: ${why}. Trying again \u2026`, "error");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return;
    }
    showError(problem);
    this.drop();
  }

  /** Drops the step that waits first; what the server has is shown when the others are saved. */
  drop() {
    this.queue.shift();
    this.stale = true;
    this.hooks.onState("The last step was not saved.", "error");
  }

  /** Lets the rater choose between this tab and the other one. */
  async conflict(problem) {
    this.hooks.onState("Not saved: another tab has changed the same.", "error");
    const mine = await new Promise((resolve) => {
      const dialog = el("dialog", { className: "moment", "aria-label": "Two tabs" }, el("h2", {}, problem.message),
                        el("p", {}, "Which rating counts?"), el("div", { className: "row" },
                        el("button", { type: "button", className: "primary", onclick: () => resolve(true) },
                           "This tab"), el("button", { type: "button", onclick: () => resolve(false) },
                                           "The other tab")));
      document.body.append(dialog);
      dialog.addEventListener("cancel", (event) => event.preventDefault());
      dialog.showModal();
    });
    document.querySelector("dialog.moment")?.remove();
    if (!mine) {
      showMessage("The rating of the other tab is kept.");
      this.drop();
      return;
    }
    try {
      const said = await request(`/api/annotate/items/${this.item.id}?rater=${encodeURIComponent(this.rater)}`);
      this.revision = said.revision;
    } catch (other) {
      await this.failed(other); // the step still waits, and is refused and asked about once more
    }
  }
}
