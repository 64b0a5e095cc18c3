/* The page Runs: curves of chosen runs, sample sheets over time, sweeps and comparisons. It refreshes while runs train. */

import { request } from "../api.js";
import { el } from "../dom.js";
import { help } from "../parts/help.js";
import { showError } from "../parts/messages.js";
import { tabs } from "../parts/tabs.js";
import { selectField } from "./generate/fields.js";
import { Chart } from "./training/chart.js";
import { MAX_CHOSEN, nameOf, RunList } from "./training/list.js";
import { Sheets } from "./training/sheets.js";
import { comparison, sideBySide, sweepTable } from "./training/tables.js";

const REFRESH_MS = 4000;
const STATES = "A run counts as training if it is unfinished and has changed in the last 15 minutes. Its " +
  "score is that of best/ on the validation faces.";

export async function mount(root, app) {
  const page = new RunsPage(root, app);
  await page.start();
}

class RunsPage {
  constructor(root, app) {
    Object.assign(this, { root, app, curves: new Map(), drawn: "" });
    this.list = new RunList(() => this.draw());
    this.sheets = new Sheets();
    this.charts = el("div", { className: "charts" });
    this.names = el("ul", { className: "run-names small", "aria-label": "Runs that are drawn" });
    this.notes = el("p", { className: "muted small", role: "status" });
    this.figures = el("div");
    this.others = {};
  }

  async start() {
    const title = el("p", { className: "muted" });
    const states = help("the state of a run", STATES);
    const left = el("section", { className: "card stack runs-list", "aria-label": "Runs" }, el(
      "div", { className: "row" }, el("h2", {}, "Runs"), states.button), states.line, this.list.root, this.notes);
    const right = el("div", { className: "stack" }, el("section", { className: "card stack" }, el("h2", {}, "Curves"),
                                                       this.names, this.charts), this.sheets.root,
                     el("section", { className: "card stack" }, el("h2", {}, "Validation figures"), this.figures));
    this.root.append(el("div", { className: "page-head" }, el("h1", {}, "Runs"), title));
    const found = await request("/api/runs/list", { signal: this.app.signal });
    title.textContent = found.folder;
    const parts = [{ title: "Trainings", content: el("div", { className: "runs-work" }, left, right) }];
    for (const [key, name] of [["sweeps", "Sweeps"], ["comparisons", "Comparisons"]]) {
      if (found[key].length) parts.push({ title: name, content: this.other(key, name, found[key]) });
    }
    this.openers = [null, ...parts.slice(1).map(({ content }) => content.open)];
    this.root.append(parts.length > 1 ? tabs("What to look at", parts, (index) => this.openers[index]?.()).root
      : parts[0].content);
    await this.take(found);
    this.wait();
  }

  /** A choice of sweeps or comparisons, which are read when they are first shown. */
  other(key, name, found) {
    const body = el("div");
    const show = async (id) => {
      try {
        const content = await request(`/api/runs/${key}/${id}`, { signal: this.app.signal });
        body.replaceChildren(key === "sweeps" ? sweepTable(content) : comparison(content));
      } catch (problem) {
        if (problem.name !== "AbortError") showError(problem);
      }
    };
    const field = selectField(name.slice(0, -1), { options: found.map((one) => [one.id, nameOf(one)]),
                                                   value: found[0].id, onChange: show });
    const content = el("section", { className: "card stack" }, field.root, body);
    content.open = () => show(field.value);
    return content;
  }

  // --- Refresh ---

  wait() {
    const timer = setTimeout(() => this.refresh(), REFRESH_MS);
    this.app.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  async refresh() {
    if (this.app.signal.aborted) return;
    try {
      if (!document.hidden) await this.take(await request("/api/runs/list", { signal: this.app.signal }));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      this.notes.textContent = problem.message;
    }
    this.wait();
  }

  async take(found) {
    this.list.set(found.runs);
    this.notes.textContent = [found.more ? "There are more runs than are listed; start catgan app with a folder below." : "",
                              found.refused.length ? "Not shown, as these symbolic links lead out of the folder: " +
                                `${found.refused.join(", ")}.` : ""].filter(Boolean).join(" ");
    await this.draw();
  }

  // --- What is drawn of the chosen runs ---

  async draw() {
    const runs = this.list.chosen;
    const wanted = runs.map((run) => `${run.id} ${run.stamp}`).join();
    if (wanted === this.drawn && this.root.dataset.drawn) return;
    this.drawn = wanted;
    try {
      const curves = await Promise.all(runs.map((run) => this.curvesOf(run)));
      const sheets = await Promise.all(runs.map((run) => request(`/api/runs/runs/${run.id}/sheets`,
                                                                 { signal: this.app.signal })));
      if (this.drawn !== wanted) return;
      this.showCurves(runs, curves);
      this.sheets.setRuns(runs.map((run, place) => ({ run, kinds: sheets[place].kinds })));
      this.figures.replaceChildren(runs.length ? sideBySide(runs) : el("p", { className: "muted" }, "Choose runs."));
    } catch (problem) {
      if (problem.name !== "AbortError") showError(problem);
    }
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1); // tests wait for it
  }

  async curvesOf(run) {
    const known = this.curves.get(run.id);
    if (known?.stamp === run.stamp) return known;
    const found = await request(`/api/runs/runs/${run.id}/curves`, { signal: this.app.signal });
    const kept = { ...found, stamp: run.stamp };
    this.curves.set(run.id, kept);
    return kept;
  }

  showCurves(runs, curves) {
    const titles = [...new Set(curves.flatMap(({ panels }) => panels.map((panel) => panel.title)))];
    const focused = document.activeElement?.closest?.(".chart")?.dataset.title;
    const charts = titles.map((title) => {
      const keys = [...new Map(curves.flatMap(({ panels }) => panels.find((panel) => panel.title === title)?.keys ?? [])
        .map((key) => [key.name, key])).values()];
      const series = runs.flatMap((run, place) => keys.map((key, order) => ({
        label: key.words, run: runs.length > 1 ? nameOf(run) : "",
        colour: (runs.length > 1 ? place : order) % MAX_CHOSEN, dash: runs.length > 1 ? order % 6 : 0,
        points: pointsOf(curves[place], key.name) }))).filter(({ points }) => points.length);
      if (!series.length) return null;
      const chart = new Chart(title, series);
      chart.root.dataset.title = title;
      return chart;
    }).filter(Boolean);
    this.names.hidden = runs.length < 2;
    this.names.replaceChildren(...runs.map((run, place) => el("li", {}, el(
      "i", { className: `run-chip colour-${place % MAX_CHOSEN}` }, String(place + 1)), el("span", {}, nameOf(run)))));
    this.charts.replaceChildren(...(charts.length ? charts.map((chart) => chart.root) : [
      el("p", { className: "muted" }, runs.length ? "No tick is finished yet." : "Choose runs to draw their curves.")]));
    if (focused) charts.find((chart) => chart.title === focused)?.plot.focus({ preventScroll: true });
  }
}

function pointsOf({ images, series }, name) {
  return (series[name] ?? []).map((value, place) => [images[place], value]).filter(([, value]) => value !== null);
}
