/* Samples the plane while a video plays, and hands the samples over about once a second. */

import { over } from "./trace.js";

const SAMPLE_MS = 40, HANDOVER_S = 1;

export class Recorder {
  /**
   * @param {HTMLVideoElement} video
   * @param {Plane} plane its `value` is sampled
   * @param {object} traces `{valence: {times, values}, arousal}` so far
   * @param {(samples: [number, number|null, number|null][]) => void} onSamples saves them
   * @param {(traces: object) => void} onTraces shows them
   */
  constructor(video, plane, traces, onSamples, onTraces) {
    Object.assign(this, { video, plane, traces, onSamples, onTraces });
    this.on = false;
    this.what = "both";
    this.samples = [];
    this.kept = 0; // how many of the samples are saved already: the last one, so that parts join
    for (const name of ["play", "seeked"]) video.addEventListener(name, () => this.run());
    for (const name of ["pause", "ended", "seeking", "emptied"]) video.addEventListener(name, () => this.end());
  }

  set(on) {
    if (on === this.on) return;
    this.end();
    this.on = on;
    this.run();
  }

  run() {
    clearInterval(this.timer);
    if (this.on && !this.video.paused) {
      this.take();
      this.timer = setInterval(() => this.take(), SAMPLE_MS);
    }
  }

  /** Takes a sample, if the video plays and has moved on. */
  take() {
    if (!this.on || this.video.paused || this.video.seeking) return;
    const time = Math.round(1e4 * this.video.currentTime) / 1e4;
    const last = this.samples[this.samples.length - 1];
    if (last && time <= last[0]) return;
    const [valence, arousal] = this.plane.value;
    this.samples.push([time, this.what === "arousal" ? null : valence, this.what === "valence" ? null : arousal]);
    if (time - this.samples[0][0] >= HANDOVER_S) this.hand();
  }

  hand() {
    if (this.samples.length <= this.kept) return;
    const samples = this.samples;
    const times = samples.map((sample) => sample[0]);
    this.traces = { valence: over(this.traces.valence, times, samples.map((sample) => sample[1])),
                    arousal: over(this.traces.arousal, times, samples.map((sample) => sample[2])) };
    this.onSamples(samples);
    this.onTraces(this.traces);
    this.samples = samples.slice(-1);
    this.kept = 1;
  }

  end() {
    clearInterval(this.timer);
    this.hand();
    this.samples = [];
    this.kept = 0;
  }
}
