/* The list of photographs and videos with how far the rater is. */

import { el } from "../../dom.js";

/** How far a rater is with an item, in words. */
export function inWords(item, { rated = 0, of = 0, traced = 0, frames = 0 } = {}) {
  if (!item.video) return rated === of ? "complete" : rated ? `${rated} of ${of}` : "not rated";
  const parts = [traced ? `${Math.round(traced)} s` : null, frames ? `${frames} frame${frames > 1 ? "s" : ""}` : null];
  return parts.filter(Boolean).join(", ") || "not rated";
}

export class ItemList {
  constructor(items, onChoose) {
    this.items = items;
    this.progress = {};
    this.summary = el("p", { className: "muted small", role: "status" });
    this.bar = el("progress", { max: Math.max(items.length, 1), value: 0, "aria-label": "Items that are rated" });
    this.rows = new Map(items.map((item) => [item.id, this.row(item, onChoose)]));
    this.list = el("ol", { className: "annotate-items" },
                   ...[...this.rows.values()].map(({ button }) => el("li", {}, button)));
    this.root = el("details", { className: "card annotate-list", open: matchMedia("(min-width: 900px)").matches },
                   el("summary", {}, "Photographs and videos"), this.summary, this.bar, this.list);
  }

  row(item, onChoose) {
    const state = el("span", { className: "small muted" });
    const button = el("button", { type: "button", className: "quiet annotate-item", onclick: () => onChoose(item.id) },
                      el("span", { className: "annotate-name" }, `${item.video ? "\u25b6\u00a0" : ""}${item.name}`), state);
    return { item, button, state };
  }

  setProgress(progress) {
    this.progress = { ...progress };
    for (const id of this.rows.keys()) this.write(id);
    this.summarise();
  }

  setOne(id, progress) {
    this.progress[id] = progress;
    this.write(id);
    this.summarise();
  }

  write(id) {
    const { item, state, button } = this.rows.get(id);
    state.textContent = inWords(item, this.progress[id]);
    button.classList.toggle("done", this.isDone(item));
  }

  isDone(item) {
    const { rated, of, traced, frames } = this.progress[item.id] ?? {};
    return item.video ? Boolean(traced || frames) : rated === of;
  }

  summarise() {
    const photographs = this.items.filter((item) => !item.video), videos = this.items.filter((item) => item.video);
    const parts = [[photographs, "photographs complete"], [videos, "videos begun"]].filter(([all]) => all.length).map(
      ([all, word]) => `${all.filter((item) => this.isDone(item)).length} of ${all.length} ${word}`);
    this.summary.textContent = `${parts.join(", ")}.`;
    this.bar.value = this.items.filter((item) => this.isDone(item)).length;
  }

  setCurrent(id) {
    for (const [one, { button }] of this.rows) {
      if (one === id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const { button } = this.rows.get(id);
    this.list.scrollTop += button.getBoundingClientRect().top - this.list.getBoundingClientRect().top - 60;
  }
}
