/* Shows answers: status, pictures, sentence, tables, proof, "even if", heat map and the report. */

import { request } from "../../api.js";
import { el, figure, newId } from "../../dom.js";
import { help } from "../../parts/help.js";
import { showError } from "../../parts/messages.js";
import { changesTable, errorList, readingTable, regionTable } from "./tables.js";

const STATUS = {
  ok: ["found", "An answer was found"],
  "already met": ["same", "The face shows this already"],
  "not found": ["none", "Not found within range"],
  "poor inversion": ["poor", "Poor inversion: do not rely on this answer"],
};

function pictureRow({ status, pictures, kept }) {
  const last = { ok: "counterfactual", "already met": "unchanged", "not found": "nearest attempt, not an answer",
                 "poor inversion": "not to be relied on" }[status];
  const titles = { original: "photograph", reconstruction: `${kept || "reconstruction"}: what is kept`, counterfactual: last,
                   difference: "difference: red lighter, blue darker" };
  return el("div", { className: `pictures ${status === "ok" || status === "already met" ? "" : "doubtful"}` },
            ...Object.entries(titles).map(([name, title]) => el(
              "figure", { className: name }, el("img", { src: pictures[name], alt: title, width: 256, height: 256 }),
              el("figcaption", {}, title))));
}

/** A slider from the photograph to the changed face. */
function steps({ frames, status }) {
  if (frames.length < 2 || status === "already met") return null;
  const id = newId("step");
  const picture = el("img", { src: frames.at(-1), alt: "The face on the way to the changed one", width: 256, height: 256 });
  const share = (place) => `${Math.round(100 * place / (frames.length - 1))} %`;
  const range = el("input", { id, type: "range", min: 0, max: frames.length - 1, step: 1, value: frames.length - 1 });
  const shown = el("output", { htmlFor: id }, "100 %");
  range.addEventListener("input", () => {
    picture.src = frames[range.value];
    shown.textContent = share(range.value);
    range.setAttribute("aria-valuetext", `${share(range.value)} of the change`);
  });
  return el("div", { className: "steps" }, picture, el("div", { className: "row" }, el("label", { htmlFor: id }, "Share of the change"),
                                                       range, shown));
}

function readings(answer) {
  const changed = Object.keys(answer.changes);
  const own = readingTable("What the explained model reads", answer.original, answer.counterfactual, changed);
  if (!answer.catgan) return [el("h3", {}, "What the model reads"), own];
  return [el("h3", {}, "What the explained network reads"), own, el("h3", {}, "What catgan reads, beside it"),
          readingTable("What catgan reads", answer.catgan.original, answer.catgan.counterfactual, changed)];
}

function oneAnswer(answer, glossary) {
  const [kind, title] = STATUS[answer.status];
  const proof = answer.proof ? help("the proof", glossary.proof) : null;
  return el("div", { className: "stack" },
            el("p", { className: `status ${kind}` }, title),
            answer.says ? el("p", {}, `The network says ${answer.says} of this photograph.`) : null,
            el("p", { className: "sentence" }, answer.sentence), pictureRow(answer),
            proof ? el("div", { className: "proof" }, el("p", {}, answer.proof, " ", proof.button), proof.line) : null,
            el("div", { className: "answer-parts" },
               el("section", { className: "stack" },
                  answer.moved.length ? el("h3", {}, "Changes of Action Units") : null,
                  answer.moved.length ? changesTable(answer.moved) : null, steps(answer)),
               el("section", { className: "stack" }, el("h3", {}, "How good is it?"), errorList(answer, glossary))),
            el("details", {}, el("summary", {}, "All readings, before and after"),
               el("div", { className: "stack" }, ...readings(answer))));
}

function nameOf(answer, number) {
  const moved = answer.moved.map(({ name }) => name).join(" + ");
  return `${number + 1}: ${moved || answer.status}`;
}

function evenIf(result, missing, glossary) {
  if (!result && !missing) return null;
  const { button, line } = help("\u201ceven if\u201d", glossary.semifactual);
  return el("section", { className: "card stack" }, el("div", { className: "row" }, el("h2", {}, "Even if"), button), line,
            result ? el("div", { className: "beside" }, el("img", { src: result.picture, alt: "The face with the largest " +
                                                                     "change that does not reach the target",
                                                                    width: 192, height: 192 }),
                        el("div", { className: "stack" }, el("p", {}, result.sentence),
                           result.moved.length ? changesTable(result.moved) : null))
              : el("p", { className: "muted" }, missing));
}

function heatMap(heat, missing, heats) {
  if (!heat && !missing) return null;
  const { button, line } = help("the heat map", heats[heat?.method] ?? "");
  const delta = heat && heat.delta !== null ? ` The attributions miss this difference by ${figure(Math.abs(heat.delta), 4)}.` : "";
  return el("section", { className: "card stack" }, el("div", { className: "row" }, el("h2", {}, "Heat map by region"),
                                                       heat ? button : null), line,
            heat ? el("div", { className: "beside" },
                      el("img", { src: heat.picture, alt: "The face under the heat map", width: 256, height: 256 }),
                      el("div", { className: "stack" }, el(
                        "p", {}, `Red raises ${heat.output}, blue lowers it. It reads ${figure(heat.value)} for this face, and ` +
                        `${figure(heat.baseline)} for the one that it is compared with.${delta}`), regionTable(heat.regions)))
              : el("p", { className: "muted" }, missing));
}

/**
 * Shows what /api/why/search answered.
 * @param {object} result as `catgan.web.why_answers.described` makes it
 * @param {object} start of /api/why/start
 * @param {string} stem of the report's file name
 */
export function answers(result, start, stem) {
  const panel = el("div", {});
  const buttons = result.answers.map((answer, number) => el(
    "button", { type: "button", "aria-pressed": "false", onclick: () => choose(number) }, nameOf(answer, number)));

  function choose(number) {
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === number)));
    panel.replaceChildren(oneAnswer(result.answers[number], start.glossary));
  }

  const save = el("button", { type: "button", onclick: async () => {
    save.disabled = true;
    try {
      const address = URL.createObjectURL(await request("/api/why/report", { json: {} }));
      el("a", { href: address, download: `${stem}-why.zip` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    } catch (problem) {
      showError(problem);
    } finally {
      save.disabled = false;
    }
  } }, "Download the report");
  choose(0);
  const covered = result.covered.length ? `Uncertain here: the ${result.covered.join(" and the ")} of this face may be covered.` : "";
  return el("div", { className: "stack answers" },
            el("section", { className: "card stack", "aria-label": "The answers" },
               el("div", { className: "row answer-head" }, el("h2", { tabIndex: -1, id: "answer" }, "Answer"), save),
               el("p", { className: "muted" }, `${result.question} (${result.model})`),
               covered ? el("p", {}, covered) : null,
               buttons.length > 1 ? el("div", { className: "row", role: "group", "aria-label": "Answers that share no Action Unit" },
                                       ...buttons) : null,
               panel,
               el("p", { className: "muted small" }, "Changed faces are synthetic, and their files say so. An answer says what " +
                  "the model bases its reading on, not what a person feels.")),
            evenIf(result.even_if, result.missing["even if"], start.glossary),
            heatMap(result.heat, result.missing["heat map"], start.heats));
}
