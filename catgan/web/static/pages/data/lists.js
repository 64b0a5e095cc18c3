/* Rows that were rejected, with reasons; and labels that contradicted each other, side by side. */

import { request } from "../../api.js";
import { el } from "../../dom.js";
import { choice } from "../../parts/choice.js";
import { showError } from "../../parts/messages.js";
import { pager } from "../../parts/pager.js";

/** A list that is asked for when it is first shown, a page at a time. */
class List {
  constructor(label) {
    this.state = el("p", { role: "status", className: "muted" });
    this.body = el("div", {});
    this.pages = pager(label, (page) => this.ask(page));
    this.root = el("div", { className: "stack" }, this.state, this.body, this.pages.root);
  }

  open() {
    if (!this.asked) this.ask(0);
  }

  async ask(page) {
    this.asked = true;
    try {
      const found = await request(this.path, { json: { page, ...this.more?.() } });
      this.show(found);
      this.pages.set(found.page, found.pages);
    } catch (problem) {
      showError(problem);
    }
    this.root.dataset.shown = String(Number(this.root.dataset.shown ?? 0) + 1); // tests wait for it
  }
}

export class Rejected extends List {
  constructor() {
    super("Pages of rejected rows");
    this.path = "/api/data/rejected";
    this.reason = null;
  }

  more() { return { reason: this.reason }; }

  show(found) {
    const all = Object.values(found.reasons).reduce((sum, n) => sum + n, 0);
    if (!this.reasons && all) {
      this.reasons = choice("Reasons", [{ name: "", text: `all ${all.toLocaleString("en")}` }, ...Object.entries(
        found.reasons).map(([name, n]) => ({ name, text: `${name} ${n.toLocaleString("en")}` }))], (reason) => {
        this.reason = reason || null;
        this.ask(0);
      });
      this.state.after(this.reasons.root);
    }
    this.state.textContent = all ? `${found.total.toLocaleString("en")} rows were not used.`
      : "No row was rejected, or this data set keeps no list of them.";
    this.body.replaceChildren(...(all ? [el(
      "div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Rejected rows" }, el(
        "table", { className: "figures small" }, el("thead", {}, el("tr", {}, ...["Source", "File", "Row", "Reason", "Detail"]
          .map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, ...found.rows.map((row) => el(
          "tr", {}, ...["source", "path", "row", "reason", "detail"].map((name) => el(
            "td", { className: name === "path" ? "path" : null }, row[name] ?? "")))))))] : []));
  }
}

export class Conflicts extends List {
  constructor() {
    super("Pages of conflicts");
    this.path = "/api/data/conflicts";
  }

  show(found) {
    this.state.textContent = found.total ? `${found.total.toLocaleString("en")} labels of merged faces contradicted each ` +
      "other." : "No labels contradicted each other, or this data set keeps no list of them.";
    this.body.replaceChildren(el("ul", { className: "conflicts" }, ...found.rows.map((row) => el(
      "li", { className: "conflict" },
      row.row === null ? el("div", { className: "conflict-none small" }, "in no split")
        : el("img", { src: `/api/data/pictures/${row.row}?v=${found.version}`, alt: `Face ${row.id}`, loading: "lazy",
                      width: 96, height: 96 }),
      el("div", { className: "conflict-text" }, el("h3", {}, row.column.replace("_present", " present")),
         el("div", { className: "conflict-sides" }, ...row.sides.map((side) => el(
           "div", { className: "conflict-side" }, el("strong", {}, side.value || "?"), el(
             "span", { className: "small muted path" }, side.from)))),
         el("p", { className: "small" }, "Decided: ", el("strong", {}, row.decided ?? "unknown")))))));
  }
}
