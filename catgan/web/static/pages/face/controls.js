/* Sliders of Action Units, and the plane with sliders of valence and arousal. */

import { el } from "../../dom.js";
import { help } from "../../parts/help.js";
import { Plane } from "../../parts/plane.js";
import { slider } from "../../parts/slider.js";

const GROUPS = [["Brows and eyes", ["upper face", "eyelids", "eyes"]], ["Nose, mouth and chin", ["lower face"]],
                ["Other", null]];

/** A small picture of what an Action Unit does, drawn by the embedded face model: at rest, and moved. */
function unitPicture(unit) {
  const picture = el("img", { src: `/api/units/${unit.number}.png`, alt: "", loading: "lazy" });
  const upper = unit.kind !== "lower face";
  const frame = el("div", { className: `unit-picture ${upper ? "upper" : "lower"}`,
                            title: "At rest, and moved" }, picture);
  picture.addEventListener("error", () => frame.remove()); // the face model does not draw it
  return frame;
}

/** The sliders; `set(before, to)` places them, `setReading(by)` marks what is read. */
export function unitSliders(numbers, terms, { changed, commit, release }) {
  const sliders = {};
  const groups = GROUPS.map(([title, kinds]) => {
    const units = numbers.map((number) => terms.units[number]).filter((unit) => (
      kinds ? kinds.includes(unit.kind) : !GROUPS.some(([, others]) => others?.includes(unit.kind))));
    return units.length ? el("section", {}, el("h3", {}, title), ...units.map((unit) => {
      const name = unit.label;
      sliders[name] = slider({
        label: `AU${unit.number} ${unit.name}`, detail: [unit.muscle, unit.does].filter(Boolean).join(": "),
        picture: unitPicture(unit), min: 0, max: 5, step: 0.05, digits: 1, onInput: changed(name), onCommit: commit,
        onRelease: () => release(name) });
      return sliders[name].root;
    })) : null;
  });
  const intensity = help("the intensity of an Action Unit", terms.glossary.intensity);
  const unit = help("an Action Unit", terms.glossary.action_unit);
  const root = el("div", { className: "stack" }, el("div", { className: "row" }, el(
    "p", { className: "muted small" }, "Intensity 0 to 5. The dot marks what the model reads, the bar its interval."),
  intensity.button, unit.button), intensity.line, unit.line, ...groups);
  return { root, ...controlling(sliders) };
}

/** Words that do not overlap in the plane. */
const WORDS = ["happy", "surprised", "angry", "terrified", "disgusted", "sad", "bored"];

/** The plane and two sliders of valence and arousal. */
export function dimensionControls(terms, { changed, commit, release, both }) {
  const words = Object.fromEntries(WORDS.map((word) => [word, terms.words[word]]));
  const plane = new Plane({ words, onInput: both, onCommit: commit });
  const names = ["valence", "arousal"];
  const sliders = Object.fromEntries(names.map((name) => [name, slider({
    label: name === "valence" ? "Valence" : "Arousal", detail: terms.glossary[name].split(": ")[1], min: -1, max: 1,
    step: 0.01, digits: 2, onInput: changed(name), onCommit: commit, onRelease: () => release(name) })]));
  const root = el("div", { className: "stack" },
                  el("p", { className: "muted small" }, "Click into the plane, or use the arrow keys. Action Units that " +
                     "you have not set may follow. Words: ratings of emotion words (Russell & Mehrabian 1977)."),
                  plane.root, ...names.map((name) => sliders[name].root));
  const { set, setReading } = controlling(sliders);
  return {
    root,
    set(before, to) {
      set(before, to);
      plane.set(to.valence ?? before.valence ?? 0, to.arousal ?? before.arousal ?? 0, "valence" in to || "arousal" in to);
    },
    setReading(by) {
      setReading(by);
      if (by.valence && by.arousal) plane.setReading(by.valence, by.arousal);
    },
  };
}

function controlling(sliders) {
  return {
    set(before, to) {
      for (const [name, one] of Object.entries(sliders)) {
        if (document.activeElement === one.input && name in to) one.set(one.input.value, true);
        else one.set(to[name] ?? before[name] ?? 0, name in to);
      }
    },
    setReading(by) {
      for (const [name, one] of Object.entries(sliders)) {
        if (by[name]) one.setReading(by[name].value, by[name].low, by[name].high);
      }
    },
  };
}
