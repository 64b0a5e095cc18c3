/* A video: valence and arousal rated over time while it plays, and labels of single frames. */

import { request } from "../../api.js";
import { el, figure } from "../../dom.js";
import { help } from "../../parts/help.js";
import { showError } from "../../parts/messages.js";
import { Plane } from "../../parts/plane.js";
import { LabelsPanel } from "./labels.js";
import { Recorder } from "./recorder.js";
import { TracePlot, valueAt } from "./trace.js";
import { anchors } from "./words.js";

const SPEEDS = [0.25, 0.5, 1];

export class VideoView {
  constructor(item, said, units, terms, saver) {
    Object.assign(this, { item, saver, said });
    this.frames = new Map(said.frames.map(({ frame, time, labels }) => [frame, { time, labels: { ...labels } }]));
    this.frame = null; // the one that is shown while the video pauses: {frame, time, middle, last}
    this.video = el("video", { src: `/api/annotate/items/${item.id}/video`, controls: true, preload: "auto",
                               playsInline: true, "aria-label": `Video ${item.name}` });
    this.problem = el("p", { className: "annotate-problem", hidden: true });
    this.plane = new Plane({ words: anchors(terms.words), onInput: () => this.moved(), onCommit: () => {} });
    this.plot = new TracePlot(said.seconds);
    this.recorder = new Recorder(this.video, this.plane, said.traces, (trace) => saver.save({ trace }),
                                 (traces) => this.plot.set(traces));
    this.panel = new LabelsPanel(units, terms, (change) => this.changed(change));
    this.root = el("div", { className: "annotate-view" },
                   el("div", { className: "stack" }, el("div", { className: "annotate-picture" }, this.video,
                                                         this.problem), this.controls(), this.plot.root),
                   el("div", { className: "stack" }, this.overTime(terms), this.panel.root));
    this.listen();
    this.plot.set(said.traces);
    this.panel.setState("Pause the video to rate a frame.", false);
  }

  /* === Parts === */

  controls() {
    const speed = el("select", { "aria-label": "Speed", onchange: () => {
      this.video.playbackRate = Number(speed.value);
    } }, ...SPEEDS.map((one) => el("option", { value: one, selected: one === 1 }, `${one}\u00d7`)));
    const step = (by, text, label) => el("button", { type: "button", "aria-label": label,
                                                     onclick: () => this.step(by) }, text);
    this.marks = el("div", { className: "row small annotate-marks" });
    this.showMarks();
    return el("div", { className: "stack" },
              el("div", { className: "row" }, step(-1, "\u2039 Frame", "One frame back"),
                 step(1, "Frame \u203a", "One frame forward"), speed), this.marks);
  }

  overTime(terms) {
    this.toggle = el("button", { type: "button", className: "annotate-record", "aria-pressed": "false",
                                 onclick: () => this.rate(!this.recorder.on) }, "Rate while it plays ",
                     el("kbd", {}, "V"));
    this.what = el("select", { "aria-label": "What is rated", onchange: () => { this.recorder.what = this.what.value; } },
                   ...[["both", "valence and arousal"], ["valence", "valence alone"], ["arousal", "arousal alone"]].map(
                     ([value, text]) => el("option", { value }, text)));
    this.text = el("p", { className: "small" });
    const { button, line } = help("rating over time", `${terms.glossary.valence} ${terms.glossary.arousal} Turn rating ` +
                                  "on, play, and keep the point where the expression appears to be: hold the mouse " +
                                  "down, or use the arrow keys. What is rated again replaces the earlier rating.");
    return el("section", { className: "card stack", "aria-label": "Over time" },
              el("div", { className: "row" }, el("h3", {}, "Over time"), button), line,
              el("div", { className: "row" }, this.toggle, this.what), this.plane.root, this.text);
  }

  listen() {
    const video = this.video;
    for (const name of ["pause", "seeked", "loadeddata"]) video.addEventListener(name, () => this.paused());
    video.addEventListener("play", () => {
      this.frame = null;
      this.panel.setLabels({});
      this.panel.setState("Pause the video to rate a frame.", false);
    });
    video.addEventListener("timeupdate", () => this.follow());
    video.addEventListener("error", () => this.cannotPlay());
    video.addEventListener("loadedmetadata", () => { if (!video.videoWidth) this.cannotPlay(); }); // sound alone
  }

  cannotPlay() {
    this.problem.hidden = false;
    this.problem.textContent = `This browser cannot play ${this.item.name} (${this.said.coding}). Convert it, for ` +
      "example: ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p OUTPUT.mp4";
    this.video.hidden = true;
    this.toggle.disabled = true;
    this.panel.setState("Frames that cannot be seen cannot be rated.", false);
  }

  /* === Over time === */

  rate(on) {
    this.recorder.set(on);
    this.toggle.setAttribute("aria-pressed", String(on));
    this.root.classList.toggle("recording", on);
    if (on) this.plane.root.focus();
  }

  moved() {
    if (this.recorder.on) this.recorder.take();
    else this.text.textContent = "Not recorded: turn rating on first.";
  }

  /** Shows the rating at the moment that is shown, unless it is being rated. */
  follow() {
    const time = this.video.currentTime;
    this.plot.setNow(time);
    if (this.recorder.on) {
      this.text.textContent = `Rating: valence ${figure(this.plane.value[0])}, arousal ${figure(this.plane.value[1])}`;
      return;
    }
    const [valence, arousal] = ["valence", "arousal"].map((name) => valueAt(this.recorder.traces[name], time));
    const words = [["valence", valence], ["arousal", arousal]].map(
      ([name, value]) => `${name} ${value === null ? "not rated" : figure(value)}`);
    this.text.textContent = `At ${figure(time, 2)} s: ${words.join(", ")}`;
    this.plane.set(valence ?? 0, arousal ?? 0, valence !== null || arousal !== null);
  }

  /* === Frames === */

  async paused() {
    this.follow();
    if (!this.video.paused || this.video.hidden) return;
    try {
      const time = this.video.currentTime;
      const shown = await request(`/api/annotate/items/${this.item.id}/frame?time=${time}`);
      if (this.video.paused && this.video.currentTime === time) this.showFrame(shown);
    } catch (problem) {
      showError(problem);
    }
  }

  showFrame(shown) {
    this.frame = shown;
    this.panel.setLabels(this.frames.get(shown.frame)?.labels ?? {});
    this.panel.setState(`Of frame ${shown.frame} of ${shown.last}, at ${figure(shown.time, 2)} s`, true);
    this.root.dataset.frame = shown.frame;
    this.showMarks();
  }

  async step(by) {
    this.video.pause();
    try {
      const { middle } = await request(
        `/api/annotate/items/${this.item.id}/frame?time=${this.video.currentTime}&step=${by}`);
      this.video.currentTime = middle;
    } catch (problem) {
      showError(problem);
    }
  }

  changed(change) {
    if (!this.frame) return;
    const { frame, time } = this.frame;
    const kept = this.frames.get(frame) ?? { time, labels: {} };
    for (const label of change.clear ?? []) delete kept.labels[label];
    Object.assign(kept.labels, change.set ?? {});
    if (Object.keys(kept.labels).length) this.frames.set(frame, kept);
    else this.frames.delete(frame);
    this.saver.save({ ...change, frame });
    this.showMarks();
  }

  showMarks() {
    const frames = [...this.frames].sort(([one], [other]) => one - other);
    this.marks.replaceChildren(frames.length ? "Rated frames:" : "No frame is rated yet.", ...frames.map(
      ([frame, { time }]) => el("button", { type: "button", className: "quiet", "aria-label": `${figure(time, 2)} s, frame ${frame}`,
                                            "aria-current": frame === this.frame?.frame ? "true" : null,
                                            onclick: () => this.jump(time) }, `${figure(time, 2)} s`)));
  }

  async jump(time) {
    this.video.pause();
    const { middle } = await request(`/api/annotate/items/${this.item.id}/frame?time=${time}`);
    this.video.currentTime = middle;
  }

  /** Shows frames that another tab has changed. */
  setSaid(said) {
    this.frames = new Map(said.frames.map(({ frame, time, labels }) => [frame, { time, labels: { ...labels } }]));
    if (this.frame) this.panel.setLabels(this.frames.get(this.frame.frame)?.labels ?? {});
    this.showMarks();
  }

  /* === Keys === */

  key(name, event) {
    const used = { v: () => this.rate(!this.recorder.on), ",": () => this.step(-1), ".": () => this.step(1),
                   " ": () => (this.video.paused ? this.video.play().catch(() => {}) : this.video.pause()) }[name];
    if (event.target === this.video && (name === " " || name.startsWith("Arrow"))) return false;
    if (used) {
      used();
      return true;
    }
    if (this.recorder.on && name.startsWith("Arrow")) {
      this.plane.key(event);
      return true;
    }
    return this.panel.key(name);
  }

  stop() {
    this.rate(false);
    this.video.pause();
  }
}
