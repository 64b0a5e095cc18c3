/* All that is known of a face, in a dialog. Unknown is shown as unknown. */

import { request } from "../../api.js";
import { el } from "../../dom.js";
import { showError } from "../../parts/messages.js";

const unknown = () => el("span", { className: "unknown" }, "unknown");

function facts(title, rows) {
  return rows.length ? el("section", {}, el("h3", {}, title), el("table", { className: "figures small" }, el(
    "tbody", {}, ...rows.map(([name, value, source]) => el(
      "tr", {}, el("th", { scope: "row" }, name), el("td", {}, value ?? unknown()),
      source === undefined ? null : el("td", { className: "muted" }, source ?? "")))))) : null;
}

/** Shows faces of a page, one after another. */
export class FaceDialog {
  constructor(app) {
    this.picture = el("img", { className: "row-picture", alt: "" });
    this.title = el("h2", { tabIndex: -1 });
    this.content = el("div", { className: "row-facts" });
    this.back = el("button", { type: "button", onclick: () => this.move(-1) }, "Previous face");
    this.next = el("button", { type: "button", onclick: () => this.move(1) }, "Next face");
    this.root = el("dialog", { className: "row-dialog", "aria-label": "A face" }, el(
      "div", { className: "row between" }, this.title, el("div", { className: "row" }, this.back, this.next, el(
        "button", { type: "button", className: "quiet", "aria-label": "Close", onclick: () => this.root.close() },
        "\u00d7"))), el("div", { className: "row-body" }, this.picture, this.content));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.move(-1);
      if (event.key === "ArrowRight") this.move(1);
    });
    this.root.addEventListener("click", (event) => event.target === this.root && this.root.close());
    app.signal.addEventListener("abort", () => this.root.remove());
  }

  /** @param {object} found a page of /api/data/search; @param {number} place of the face on it */
  open(found, place) {
    this.found = found;
    if (!this.root.isConnected) document.body.append(this.root);
    if (!this.root.open) this.root.showModal();
    this.show(place);
  }

  move(by) {
    const place = this.place + by;
    if (place >= 0 && place < this.found.faces.length) this.show(place);
  }

  async show(place) {
    this.place = place;
    const { row, id } = this.found.faces[place];
    this.back.disabled = place === 0;
    this.next.disabled = place === this.found.faces.length - 1;
    this.title.textContent = `Face ${id}`;
    this.picture.src = `/api/data/pictures/${row}?v=${this.found.version}`;
    this.picture.alt = `Face ${id}`;
    try {
      const face = await request(`/api/data/faces/${row}?v=${this.found.version}`);
      if (this.place === place) this.fill(face);
    } catch (problem) {
      this.root.close();
      showError(problem);
    }
  }

  fill(face) {
    const units = (state) => face.units.filter((unit) => unit.state === state).map(({ name, unit, value, source }) => [
      `${name} ${unit}`, value, source]);
    this.content.replaceChildren(...[
      facts("Labels", face.labels.map(({ name, value, source }) => [name, value, source])),
      facts("Action Units that are present", units("present")), facts("Action Units that are absent", units("absent")),
      facts("Action Units that are unknown", units("unknown").map(([name]) => [name, null])),
      facts(`Predicted by ${face.predicted_by}`, face.predicted.map(({ name, value }) => [name, value])),
      facts("Where it is from", [["split", face.split], ["subject", face.subject], ["video", face.video],
                                 ["frame", face.frame === null ? null : String(face.frame)],
                                 ...face.sources.map((source) => ["source", source])]),
      facts("The photograph", Object.entries(face.quality).map(([name, value]) => [
        name.replace("_", " "), value === null ? null : String(value)])),
      facts("Other columns", Object.entries(face.others)),
    ].filter(Boolean));
    this.root.dataset.row = face.row; // tests wait for it
  }
}
