/* The photograph and the face that is asked about: those of the page Face, or chosen here. */

import { request } from "../../api.js";
import { el } from "../../dom.js";
import { fileDrop } from "../../parts/drop.js";
import { clearErrors, showError } from "../../parts/messages.js";
import { fromVideo } from "../../parts/moment.js";

const MAX_PHOTOGRAPH = 50 * 2 ** 20;

function isVideo(file) {
  return file.type.startsWith("video/") || /\.(mp4|m4v|mov|mkv|webm|avi)$/i.test(file.name ?? "");
}

export class PhotoChooser {
  /** @param {object} hooks onFace(): another face is chosen; signal: ends when the page is left */
  constructor({ onFace, signal }) {
    this.onFace = onFace;
    this.signal = signal;
    this.photo = null; // as /api/face/photo describes it
    this.chosen = null;
    this.drop = fileDrop({ title: "Drop a photograph or a video", accept: "image/*,video/*,.heic,.tif,.tiff",
                           hint: "Up to 50 MB. Of a video, one frame is taken. The page Face shares it.",
                           maxBytes: (file) => (isVideo(file) ? Infinity : MAX_PHOTOGRAPH), onFile: (file) => this.take(file) });
    this.picture = el("img", { className: "why-face", alt: "The face that is asked about", hidden: true });
    this.faces = el("div", { className: "row why-faces", role: "group", "aria-label": "Faces in this photograph" });
    this.note = el("p", { className: "small muted", role: "status" });
    this.root = el("section", { className: "card stack why-photo", "aria-label": "The photograph" }, el("h2", {}, "Which face?"),
                   this.picture, this.note, this.faces, this.drop.root);
    document.addEventListener("paste", (event) => this.take(event.clipboardData?.files[0]), { signal });
  }

  async start() {
    const kept = await request("/api/face/state", { signal: this.signal });
    if (kept.photo) await this.show(kept, kept.chosen ?? null);
  }

  async take(file) {
    if (!file) return;
    this.drop.busy("Looking for faces \u2026");
    try {
      const picture = isVideo(file) ? await fromVideo(file) : file;
      if (!picture) return;
      const photo = await request("/api/face/photo", { file: picture, name: file.name, signal: this.signal });
      clearErrors();
      await this.show(photo, null);
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    } finally {
      this.drop.busy(null);
    }
  }

  async show(photo, chosen) {
    this.photo = photo;
    this.chosen = null;
    this.root.classList.toggle("has-photo", photo.faces.length > 0);
    this.picture.hidden = true;
    this.faces.hidden = photo.faces.length < 2;
    this.faces.replaceChildren(...photo.faces.map((face, number) => el(
      "button", { type: "button", className: "stage-face", "aria-label": `Face ${number + 1}`, "aria-pressed": "false",
                  onclick: () => this.choose(number, true) }, el("img", { src: face.thumb, alt: "", width: 52, height: 52 }))));
    this.note.textContent = photo.faces.length ? photo.name
      : "No face was found, whichever way up. Choose a photograph in which both eyes and the mouth are visible.";
    if (photo.faces.length) await this.choose(chosen ?? 0, chosen === null);
    else this.onFace();
  }

  /** Takes a face; `tell` also makes it the one of the page Face. */
  async choose(number, tell) {
    try {
      if (tell) await request("/api/face/choose", { json: { face: number }, signal: this.signal });
      this.chosen = number;
      this.picture.src = this.photo.faces[number].near;
      this.picture.hidden = false;
      [...this.faces.children].forEach((button, place) => button.setAttribute("aria-pressed", String(place === number)));
      this.onFace();
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    }
  }
}
