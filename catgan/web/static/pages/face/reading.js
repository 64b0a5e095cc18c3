/* What the model reads, before and after the edit, with intervals. */

import { el, figure } from "../../dom.js";
import { help } from "../../parts/help.js";

function bar(label, low, high, className) {
  const place = (value) => 100 * (value - low) / (high - low);
  const span = el("i", { className: "reading-span" }), dot = el("i", { className: "reading-dot" });
  span.style.left = `${place(label.low ?? label.value)}%`;
  span.style.width = `${place(label.high ?? label.value) - place(label.low ?? label.value)}%`;
  dot.style.left = `${place(label.value)}%`;
  return el("div", { className: `reading-bar ${className}` }, span, dot);
}

function cell({ value, low, high }) {
  return el("td", {}, el("strong", {}, figure(value)),
            low === null ? null : el("span", { className: "reading-interval" }, ` ${figure(low)} to ${figure(high)}`));
}

/** A table; `set(before, after)` fills it with two readings, lists of `{name, value, low, high}`. */
export function readingTable(labels, terms) {
  const body = el("tbody");
  const share = Math.round(100 * labels.interval);
  const reading = help("a reading", terms.glossary.reading);
  const interval = help("the interval", terms.glossary.interval);
  const title = (name) => {
    const unit = Object.values(terms.units).find((one) => one.label === name);
    return unit ? `AU${unit.number} ${unit.name}` : name;
  };
  const root = el("div", { className: "stack" },
                  el("div", { className: "row" }, el("p", { className: "muted small" },
                                                     `Predictions, with intervals that hold the truth of ${share} % of faces.`),
                     reading.button, interval.button), reading.line, interval.line,
                  el("div", { className: "reading-scroll" }, el(
                    "table", { className: "reading small" }, el("thead", {}, el(
                      "tr", {}, ...["Label", "Before", "After", ""].map((text) => (
                        text ? el("th", { scope: "col" }, text) : el("td"))))), body)));
  return {
    root,
    set(before, after) {
      body.replaceChildren(...before.map((label, place) => {
        const [low, high] = label.name.startsWith("AU") ? [0, 5] : [-1, 1];
        return el("tr", {}, el("th", { scope: "row" }, title(label.name)), cell(label), cell(after[place]),
                  el("td", { className: "reading-bars", "aria-hidden": "true" }, bar(label, low, high, "before"),
                     bar(after[place], low, high, "after")));
      }));
    },
  };
}
