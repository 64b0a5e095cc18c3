/* The photograph: the face or the whole picture, before and after, and the faces to choose from. */

import { el } from "../../dom.js";
import { Wipe, loadPicture } from "../../parts/wipe.js";

export class Stage {
  /** @param {object} hooks onFace(number): a face is chosen; onView(): another view is shown, without its edit */
  constructor({ onFace, onView }) {
    this.onFace = onFace;
    this.onView = onView;
    this.view = "face";
    this.wipe = new Wipe();
    this.boxes = el("div", { className: "stage-boxes" });
    this.wipe.frame.append(this.boxes);
    this.faces = el("div", { className: "row stage-faces", role: "group", "aria-label": "Faces in this photograph" });
    this.views = ["face", "photo"].map((view) => el(
      "button", { type: "button", data: { view }, "aria-pressed": "false", onclick: () => this.show(view, true) },
      view === "face" ? "The face" : "Whole picture"));
    this.name = el("p", { className: "muted small stage-name" });
    this.root = el("div", { className: "stage stack" }, el("div", { className: "row stage-views" }, ...this.views,
                                                            this.name), this.wipe.root, this.faces);
  }

  /** Shows a photograph, as the server describes it; no face is chosen yet. */
  async setPhoto(photo) {
    this.photo = photo;
    this.chosen = null;
    this.name.textContent = `${photo.name}, ${photo.size[0]} \u00d7 ${photo.size[1]}`;
    this.pictures = { photo: await loadPicture(photo.picture),
                      near: await Promise.all(photo.faces.map((face) => loadPicture(face.near))) };
    this.faces.hidden = photo.faces.length < 2;
    this.faces.replaceChildren(...photo.faces.map((face, number) => el(
      "button", { type: "button", className: "stage-face", "aria-label": `Face ${number + 1}`, "aria-pressed": "false",
                  onclick: () => this.onFace(number) }, el("img", { src: face.thumb, alt: "" }))));
    this.boxes.replaceChildren(...photo.faces.map((face, number) => this.box(face, number)));
    this.views[0].disabled = !photo.faces.length;
    this.show(photo.faces.length ? "face" : "photo", false);
  }

  box({ box }, number) {
    const button = el("button", { type: "button", className: "stage-box", "aria-label": `Face ${number + 1}`,
                                  onclick: () => this.onFace(number) });
    [button.style.left, button.style.top, button.style.width, button.style.height] = box.map((x) => `${100 * x}%`);
    return button;
  }

  setChosen(number) {
    this.chosen = number;
    for (const list of [this.faces, this.boxes]) {
      [...list.children].forEach((button, place) => button.setAttribute("aria-pressed", String(place === number)));
    }
    this.show(this.view, false);
  }

  show(view, again) {
    this.view = view;
    for (const button of this.views) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    this.boxes.hidden = view === "face" || this.photo.faces.length < 2;
    this.wipe.setBase(view === "face" ? this.pictures.near[this.chosen ?? 0] : this.pictures.photo);
    if (again) this.onView();
  }

  setPatch(picture, patch) {
    this.wipe.setPatch(picture, patch);
  }
}
