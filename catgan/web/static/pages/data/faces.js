/* Faces that match a query, as a contact sheet: a page at a time, pictures when they come into sight. */

import { request } from "../../api.js";
import { el, newId } from "../../dom.js";
import { help } from "../../parts/help.js";
import { clearErrors, showError } from "../../parts/messages.js";
import { pager } from "../../parts/pager.js";
import { FaceDialog } from "./row.js";

const SPLITS = ["all", "train", "validation", "test"];
const LANGUAGE = "Compare columns with values or with each other: = != < <= > >=, between A and B, in (A, B), like 'A%'. " +
  "Ask 'AU12 is known' or 'AU12 is unknown'. Join by and, or, not and parentheses. Number columns can be calculated " +
  "with, with spaces: AU06 + AU12 > 4. A comparison with an unknown label is neither true nor false, and such faces are " +
  "not shown.";

export class Faces {
  /**
   * @param {object} info as /api/data/info describes the data set
   * @param {object} app
   */
  constructor(info, app) {
    this.app = app;
    this.split = "all";
    const id = newId("query");
    this.input = el("input", { id, type: "text", className: "query-text", spellcheck: false, autocomplete: "off",
                               autocapitalize: "off", maxLength: 2000, placeholder: "all faces" });
    const language = help("the query language", LANGUAGE);
    const splits = el("select", { "aria-label": "Split" }, ...SPLITS.map((split) => el(
      "option", { value: split }, split === "all" ? "all splits" : split)));
    splits.addEventListener("change", () => {
      this.split = splits.value;
      this.search(0);
    });
    this.form = el("form", { className: "query", onsubmit: (event) => {
      event.preventDefault();
      this.search(0);
    } }, el("div", { className: "row" }, el("label", { htmlFor: id }, "Query"), language.button), el(
      "div", { className: "query-row" }, this.input, splits, el("button", { type: "submit", className: "primary" }, "Show")));
    this.state = el("p", { role: "status", className: "muted" });
    this.sheet = el("ul", { className: "sheet" });
    this.pages = [pager("Pages of faces", (page) => this.search(page)), pager("Pages of faces, below", (page) => (
      this.search(page, true)))];
    this.dialog = new FaceDialog(app);
    const columns = el("details", { className: "small" }, el("summary", {}, "Columns of this data set"), el(
      "p", { className: "columns" }, ...Object.entries(info.columns).filter(([name]) => !name.endsWith("_source")).map(
        ([name, kind]) => el("code", { title: kind }, name))));
    this.root = el("div", { className: "stack" }, this.form, language.line, this.examples(info), columns, el(
      "div", { className: "row between" }, this.state, this.pages[0].root), this.sheet, this.pages[1].root);
    app.signal.addEventListener("abort", () => this.controller?.abort());
  }

  examples(info) {
    const unit = info.units.includes(12) ? 12 : info.units[0];
    const column = unit === undefined ? null : `AU${String(unit).padStart(2, "0")}`;
    const queries = [column in info.columns ? `${column}>=3` : column && `${column}_present=1`,
                     info.dimensions ? "valence<-0.5 and arousal>0.5" : null,
                     column && info.dimensions ? `${column}_present is unknown and valence is known` : null,
                     info.expressions.length ? `not expression=${info.expressions[0]}` : null].filter(Boolean);
    return el("div", { className: "row small" }, el("span", { className: "muted" }, "For example:"), ...queries.map(
      (query) => el("button", { type: "button", className: "example", onclick: () => this.ask(query) }, query)));
  }

  /** Shows the faces of a query. */
  ask(query) {
    this.input.value = query;
    this.search(0);
  }

  /** Shows the first faces unless faces are shown already. */
  open() {
    if (!this.shown) this.search(0);
  }

  async search(page, scroll = false) {
    this.controller?.abort();
    const controller = this.controller = new AbortController();
    this.state.textContent = "Searching \u2026";
    this.shown = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      const found = await request("/api/data/search", { json: { where: this.input.value, split: this.split, page },
                                                        signal: controller.signal });
      clearErrors();
      this.show(found);
      if (scroll) this.form.scrollIntoView();
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.state.textContent = "";
      showError(problem);
    }
    this.root.removeAttribute("aria-busy");
    this.root.dataset.shown = String(Number(this.root.dataset.shown ?? 0) + 1); // tests wait for it
  }

  show(found) {
    const first = found.page * found.size;
    this.state.textContent = found.matches ? `${found.matches.toLocaleString("en")} faces match; shown: ` +
      `${(first + 1).toLocaleString("en")} to ${(first + found.faces.length).toLocaleString("en")}.` : "No face matches.";
    this.sheet.replaceChildren(...found.faces.map((face, place) => el("li", {}, el(
      "button", { type: "button", className: "sheet-face", onclick: () => this.dialog.open(found, place) },
      el("img", { src: `/api/data/pictures/${face.row}?v=${found.version}`, alt: `Face ${face.id}`, loading: "lazy",
                  decoding: "async", width: 96, height: 96 }),
      ...face.lines.map((line) => el("span", {}, line))))));
    for (const one of this.pages) one.set(found.page, found.pages);
  }
}
