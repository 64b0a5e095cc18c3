/* A plot of curves over the number of faces seen. The pointer or the arrow keys read values. */

import { el } from "../../dom.js";
import { svg } from "../../parts/svg.js";

const WIDTH = 400, HEIGHT = 210, LEFT = 48, RIGHT = 20, TOP = 10, BOTTOM = 26;

/** A number as short as it stays readable: 1.2k, 0.031, −3.4. */
export function short(value) {
  const size = Math.abs(value);
  const text = size >= 1e6 ? `${+(value / 1e6).toPrecision(3)}M` : size >= 1e4 ? `${+(value / 1e3).toPrecision(3)}k`
    : size !== 0 && size < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(3));
  return text.replace("-", "\u2212");
}

/** Round numbers that cover a range, about `count` of them. */
export function ticks(low, high, count) {
  const raw = (high - low) / count;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + 1e-9 * step; at += step) found.push(+at.toPrecision(12));
  return found;
}

export class Chart {
  /**
   * @param {string} title
   * @param {{label: string, run: string, colour: number, dash: number, points: [number, number][]}[]} series points
   *   in the order of x; series of one label are a row of the legend, where `run` tells them apart
   */
  constructor(title, series) {
    this.title = title;
    this.series = series;
    const all = series.flatMap(({ points }) => points);
    this.x = [0, Math.max(1, ...all.map(([x]) => x))];
    const ys = all.map(([, y]) => y);
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const space = (high - low || Math.abs(high) || 1) * 0.06;
    this.y = [low - space, high + space];
    this.places = [...new Set(all.map(([x]) => x))].sort((one, other) => one - other);
    this.line = svg("line", { y1: TOP, y2: HEIGHT - BOTTOM, class: "chart-cursor", visibility: "hidden" });
    this.dots = series.map(({ colour }) => svg("circle", { r: 3.2, class: `chart-dot colour-${colour}`,
                                                           visibility: "hidden" }));
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart-picture", "aria-hidden": "true" },
                       ...this.axes(), ...series.map((one) => this.curve(one)), this.line, ...this.dots);
    this.values = series.map(() => el("span", { className: "chart-value" }));
    this.at = el("span", { className: "muted" });
    this.spoken = el("p", { className: "visually-hidden", "aria-live": "polite" });
    this.plot = el("div", { className: "chart-plot", tabIndex: 0, role: "group",
                            "aria-label": `${title}: arrow keys read values` }, this.picture, this.spoken);
    this.root = el("figure", { className: "chart" }, el("figcaption", {}, el("strong", {}, title), " ", this.at),
                   this.plot, this.legend());
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.show(null));
    this.plot.addEventListener("blur", () => this.show(null));
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.show(null);
  }

  legend() {
    const labels = [...new Set(this.series.map(({ label }) => label))];
    return el("ul", { className: "chart-legend small" }, ...labels.map((label) => {
      const places = this.series.map((_, place) => place).filter((place) => this.series[place].label === label);
      return el("li", {}, mark(this.series[places[0]], places.length > 1), el("span", {}, label), el(
        "span", { className: "chart-values" }, ...places.map((place) => el(
          "span", { title: this.series[place].run }, this.series[place].run
            ? el("i", { className: `run-chip colour-${this.series[place].colour}` }, String(this.series[place].colour + 1))
            : null, this.values[place]))));
    }));
  }

  px(x) { return LEFT + (WIDTH - LEFT - RIGHT) * (x - this.x[0]) / (this.x[1] - this.x[0]); }

  py(y) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - this.y[0]) / (this.y[1] - this.y[0]); }

  axes() {
    const rows = ticks(...this.y, 4).flatMap((y) => [
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: this.py(y), y2: this.py(y), class: "chart-grid" }),
      svg("text", { x: LEFT - 6, y: this.py(y) + 4, class: "chart-tick end" }, short(y))]);
    const columns = ticks(...this.x, 4).map((x) => svg("text", { x: this.px(x), y: HEIGHT - 8, class: "chart-tick middle" },
                                                       short(x)));
    return [...rows, ...columns];
  }

  curve({ points, colour, dash }) {
    const path = points.map(([x, y], place) => `${place ? "L" : "M"}${this.px(x).toFixed(1)} ${this.py(y).toFixed(1)}`);
    return points.length === 1
      ? svg("circle", { cx: this.px(points[0][0]), cy: this.py(points[0][1]), r: 3, class: `chart-dot colour-${colour}` })
      : svg("path", { d: path.join(""), class: `chart-line colour-${colour} dash-${dash}` });
  }

  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.picture.getScreenCTM().inverse());
    const x = this.x[0] + (at.x - LEFT) / (WIDTH - LEFT - RIGHT) * (this.x[1] - this.x[0]);
    this.show(nearest(this.places, x));
  }

  key(event) {
    const now = this.shown === null ? -1 : this.places.indexOf(this.shown);
    const last = this.places.length - 1;
    const moves = { ArrowLeft: now < 0 ? last : Math.max(now - 1, 0), ArrowRight: Math.min(now + 1, last), Home: 0,
                    End: last };
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    this.show(this.places[moves[event.key]]);
    this.spoken.textContent = `${this.at.textContent}: ` + this.series.map((one, place) => (
      `${[one.label, one.run].filter(Boolean).join(", ")} ${this.values[place].textContent || "not measured"}`)).join(", ");
  }

  /** Shows the values at a place; null shows the last ones. */
  show(x) {
    this.shown = x;
    this.at.textContent = x === null ? "" : `at ${x.toLocaleString("en")} faces`;
    this.line.setAttribute("visibility", x === null ? "hidden" : "visible");
    if (x !== null) for (const end of ["x1", "x2"]) this.line.setAttribute(end, this.px(x));
    this.series.forEach(({ points }, place) => {
      const found = x === null ? points.at(-1) : points.find(([one]) => one === x);
      this.values[place].textContent = found ? short(found[1]) : "";
      this.dots[place].setAttribute("visibility", found && x !== null ? "visible" : "hidden");
      if (found) {
        this.dots[place].setAttribute("cx", this.px(found[0]));
        this.dots[place].setAttribute("cy", this.py(found[1]));
      }
    });
  }
}

function mark({ colour, dash }, several) {
  return svg("svg", { viewBox: "0 0 22 8", class: "chart-mark", "aria-hidden": "true" },
             svg("path", { d: "M1 4H21", class: `chart-line ${several ? "colour-none" : `colour-${colour}`} dash-${dash}` }));
}

function nearest(places, x) {
  return places.reduce((best, one) => (Math.abs(one - x) < Math.abs(best - x) ? one : best), places[0] ?? null);
}
