/* Writes the labels that raters agree on, for `catgan build`. */

import { followJob, request } from "../../api.js";
import { el, newId } from "../../dom.js";
import { showError } from "../../parts/messages.js";
import { timingOptions } from "./agreement.js";

function number(text, value, max, step) {
  const id = newId("rule");
  const input = el("input", { id, type: "number", min: 0, max, step, value });
  return { input, root: el("div", { className: "annotate-option" }, el("label", { htmlFor: id }, text), input) };
}

function choice(text, first) {
  const id = newId("rule");
  const input = el("select", { id }, ...["median", "mean"].map((one) => el("option", { selected: one === first }, one)));
  return { input, root: el("div", { className: "annotate-option" }, el("label", { htmlFor: id }, text), input) };
}

const counted = (counts) => Object.entries(counts).map(([label, count]) => `${label} (${count})`).join(", ");

function written(done) {
  const unknown = Object.entries(done.unknown).map(([label, reasons]) => `${label}: ${counted(reasons)}`);
  return [el("p", {}, `Written: photographs ${done.photographs}, frames of videos ${done.frames}; rated by ${done.raters.join(", ")}.`),
          el("p", {}, "Build the data set with:"),
          el("pre", { tabIndex: 0, "aria-label": "Command" }, `catgan build '${done.recipe}' --out OUT`),
          el("p", { className: "small" }, `Labels: ${counted(done.known)}.`),
          el("p", { className: "small" }, unknown.length ? `Rated, but unknown: ${unknown.join("; ")}.`
            : "Nothing that was rated is unknown."),
          el("ul", { className: "small" }, ...done.rules.map((rule) => el("li", {}, rule)))];
}

export function exportPanel() {
  const parts = { intensities: choice("Action Units", "median"), dimensions: choice("Valence, arousal", "mean"),
                  least: number("Raters at least", 1, 100, 1),
                  intensity_spread: number("Action Units: unknown if raters are more levels apart than", 2, 5, 0.5),
                  dimension_spread: number("Valence, arousal: unknown if raters are farther apart than", 0.5, 2, 0.1),
                  delay: number("Over time: all raters answer late by, seconds", 0, 10, 0.1) };
  const timing = timingOptions(), result = el("div", { className: "stack", role: "status" });
  const read = () => Object.fromEntries(Object.entries(parts).map(([name, { input }]) => [
    name, input.type === "number" ? Number(input.value) : input.value]));
  const start = el("button", { type: "button", className: "primary", onclick: async () => {
    start.disabled = true;
    result.replaceChildren();
    try {
      const job = await request("/api/annotate/export", { json: { ...read(), ...timing.read() } });
      result.replaceChildren(...written(await followJob(job.job, () => {})));
    } catch (problem) {
      showError(problem);
    }
    start.disabled = false;
  } }, "Export");
  return { root: el("div", { className: "card stack annotate-export" }, el("h2", {}, "Export a table and a recipe"),
                    el("p", { className: "muted small" }, "One label from all raters. An expression counts where more " +
                       "than half of the raters say it. What is not visible, not rated, or disputed stays unknown."),
                    ...Object.values(parts).map(({ root }) => root), timing.root, el("div", {}, start), result) };
}
