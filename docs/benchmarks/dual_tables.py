"""Writes docs/results/dual.md and dual.png: does dual annotation help, and what does the adversarial part add?

    python docs/benchmarks/dual_tables.py collect OUT      # comparisons OUT/dual_labels, OUT/dual_part ... -> dual.json
    python docs/benchmarks/dual_tables.py write            # dual.json -> dual.md, dual.png

The comparisons are those that experiments/studies/dual*.yaml name. `collect` keeps headline figures. Studies that are
not there yet keep what dual.json has of them.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan import files, plots

RESULTS = Path(__file__).parents[1] / "results"
STUDIES = ("dual", "dual_long", "dual_64", "dual_photos", "dual_shuffled", "dual_exact")
AXES = ("labels", "part")
FIGURES = {"mean_f1": "mean F1", "mean_icc": "mean ICC", "valence/ccc": "CCC valence", "arousal/ccc": "CCC arousal"}
BUDGETS = {"all labels": "all labels", "10 % of people": "a tenth of the people labelled",
           "disjoint": "half of the people with AUs, the other half with VA"}
FURTHER = {"dual_long": "Trained for twice as long", "dual_64": "At 64 px",
           "dual_photos": "Photographs labelled by a tool"}
WITH = {"supervised": "Without the adversarial part", "adversarial": "With it"}
Entry = Mapping


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("collect").add_argument("folder", type=Path)
    commands.add_parser("write")
    arguments = parser.parse_args()
    path = RESULTS / "dual.json"
    found = json.loads(path.read_text()) if path.is_file() else {}
    if arguments.command == "collect":
        for study in STUDIES:
            for axis in AXES:
                source = arguments.folder / f"{study}_{axis}" / "compare.json"
                if source.is_file():
                    found[f"{study}_{axis}"] = trimmed(json.loads(source.read_text()))
        files.write_json(path, found)
    else:
        files.write_text(RESULTS / "dual.md", page(found))
        picture(RESULTS / "dual.png", found["dual_labels"])


def trimmed(comparison: Entry) -> dict:
    """Keeps the headline figures of a comparison, and drops paths."""
    def headline(figures: Entry) -> dict:
        return {name: entry for name, entry in figures.items() if name in FIGURES}

    kept = {name: comparison[name] for name in ("dataset", "split", "n", "groups", "draws", "by")}
    models = [{"name": model["name"], "levels": model["levels"], "seeds": [run["seed"] for run in model["runs"]],
               "figures": headline(model["figures"])} for model in comparison["models"]]
    pairs = [{**{name: pair[name] for name in ("model", "against", "equal", "seeds")},
              "levels": [level_of(comparison, pair[side]) for side in ("model", "against")],
              "figures": headline(pair["figures"])} for pair in comparison["pairs"]]
    return {**kept, "models": models, "pairs": pairs}


def level_of(comparison: Entry, name: str) -> str:
    return next(model["levels"][comparison["by"]] for model in comparison["models"] if model["name"] == name)


# === Pairs ===

def single_and_joint(comparison: Entry) -> Iterator[tuple[dict, dict]]:
    """Yields the equal levels and, by figure, what joint training gains over training on one system."""
    rows: dict[str, tuple[dict, dict]] = {}
    for pair in comparison["pairs"]:
        if "joint" not in pair["levels"]:
            continue
        sign = 1 if pair["levels"][0] == "joint" else -1
        equal = {name: level for name, level in pair["equal"].items() if level != "-"}
        _, figures = rows.setdefault(json.dumps(equal), (equal, {}))
        figures.update({name: signed(entry, sign) for name, entry in pair["figures"].items()})
    yield from rows.values()


def adversarial_and_not(comparison: Entry) -> Iterator[tuple[dict, dict]]:
    """Yields the equal levels and, by figure, what the adversarial part gains over the supervised twin."""
    for pair in comparison["pairs"]:
        sign = 1 if pair["levels"][0] == "adversarial" else -1
        yield pair["equal"], {name: signed(entry, sign) for name, entry in pair["figures"].items()}


def signed(entry: Entry, sign: int) -> dict:
    interval = entry["interval"] and sorted(sign * bound for bound in entry["interval"])
    return {**entry, "difference": sign * entry["difference"], "interval": interval}


# === Text ===

def page(found: Mapping[str, Entry]) -> str:
    main_study = found["dual_labels"]
    lines = ["# Does dual annotation help?", "",
             "Richer & Kollias 2019 train one network on Action Units (AU) and valence-arousal (VA), with an\n"
             "adversarial part. Does that beat training on either alone, and what does the adversarial part add?\n"
             "*Joint* networks are trained on both systems, *single* ones on one. The faces are rendered; their\n"
             "labels are true.", "",
             "## The answer", "",
             *sentences(found), "", "![Differences of joint and single training](dual.png)", "", "## All cells", "",
             *described(main_study), "", *cells(main_study), "", "## Joint training less training on one system", "",
             *differences(single_and_joint(main_study))]
    if "dual_part" in found:
        lines += ["", "## With the adversarial part less without", "",
                  *differences(adversarial_and_not(found["dual_part"]))]
    lines += ["", "## Can the method answer at all?", "", *planted(found)]
    for name, title in FURTHER.items():
        if f"{name}_labels" in found:
            part = found[f"{name}_labels"]
            lines += ["", f"## {title}", "", *described(part), "", *cells(part), "",
                      *differences(single_and_joint(part))]
            if f"{name}_part" in found:
                lines += ["", "With the adversarial part less without:", "",
                          *differences(adversarial_and_not(found[f"{name}_part"]))]
    return "\n".join([*lines, "", *how()]) + "\n"


def described(comparison: Entry) -> list[str]:
    groups = comparison["groups"]
    seeds = sorted({len(model["seeds"]) for model in comparison["models"]})
    counted = f"{comparison['n']:,} faces of {groups['count']:,} {groups['unit']}"
    return [f"Measured on {counted} that no network was trained on. {' or '.join(map(str, seeds))} trainings a cell. "
            "In brackets: 95 % intervals over people and trainings."]


def cells(comparison: Entry) -> list[str]:
    lines = ["| labels known | part | trained on | " + " | ".join(FIGURES.values()) + " |",
             "|---|---|---|" + "---|" * len(FIGURES)]
    for model in comparison["models"]:
        levels = model["levels"]
        lines.append(f"| {levels.get('budget', '-')} | {levels.get('part', '-')} | {levels['labels']} | "
                     + " | ".join(valued(model["figures"].get(name)) for name in FIGURES) + " |")
    return lines


def valued(entry: Entry | None) -> str:
    if entry is None:
        return "-"
    low, high = entry["interval"] or (None, None)
    return f"{number(entry['value'])}" + (f" ({number(low)} .. {number(high)})" if low is not None else "")


def number(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def differences(rows: Iterator[tuple[dict, dict]]) -> list[str]:
    lines = ["| where | figure | difference | p (Holm) | detectable |", "|---|---|---|---|---|"]
    for equal, figures in rows:
        where = ", ".join(equal.values()) or "joint less single"
        for name in (name for name in FIGURES if name in figures):
            entry = figures[name]
            low, high = entry["interval"]
            star = "**" if entry["stands"] else ""
            lines.append(f"| {where} | {FIGURES[name]} | {star}{entry['difference']:+.4f}{star} "
                         f"({low:+.4f} .. {high:+.4f}) | {probability(entry['p_holm'])} | {entry['detectable']:.4f} |")
    return [*lines, "", "Bold: stands after Holm's correction over all pairs of the comparison. Detectable: the true "
            "difference that four of five such studies would find without correction."]


def probability(p: float) -> str:
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def sentences(found: Mapping[str, Entry]) -> list[str]:
    """Answers in numbered sentences, each written from the figures."""
    gains = {(equal.get("budget"), equal.get("part")): figures
             for equal, figures in single_and_joint(found["dual_labels"])}
    lines = []
    for budget, title in BUDGETS.items():
        parts = [f"{WITH[part]}, joint training {summary(gains[budget, part])}." for part in WITH
                 if (budget, part) in gains]
        lines.append(f"**{sentence(title)}.** {' '.join(parts)}")
    lines += adversarial_part(found["dual_part"]) if "dual_part" in found else []
    detectable = [entry["detectable"] for figures in gains.values() for entry in figures.values()]
    lines.append(f"**Power.** Four of five such studies would have found true differences between "
                 f"{min(detectable):.4f} and {max(detectable):.4f}, depending on the cell.")
    return [*(f"{number_}. {line}" for number_, line in enumerate(lines, 1)), *pending(found)]


def adversarial_part(comparison: Entry) -> list[str]:
    """Counts the figures in which the adversarial part is better or worse."""
    entries = [entry for _, figures in adversarial_and_not(comparison) for entry in figures.values()]
    better = sum(entry["stands"] and entry["difference"] > 0 for entry in entries)
    worse = sum(entry["stands"] and entry["difference"] < 0 for entry in entries)
    return [f"**The adversarial part** is better than its supervised twin in {better} of {len(entries)} figures "
            f"and worse in {worse}. In the other {len(entries) - better - worse} no difference stands."]


def pending(found: Mapping[str, Entry]) -> list[str]:
    """Says what of the study has not been measured yet."""
    parts = {model["levels"].get("part") for model in found["dual_labels"]["models"]}
    missing = [] if "adversarial" in parts else ["the cells with the adversarial part"]
    missing += [title[0].lower() + title[1:] for name, title in FURTHER.items() if f"{name}_labels" not in found]
    return ["", f"*Not measured yet: {'; '.join(missing)}.*"] if missing else []


def sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def summary(figures: Mapping[str, Entry]) -> str:
    """Says in which figures joint training is better or worse, and in which no difference stands."""
    groups: dict[str, list[str]] = {"is better in": [], "is worse in": [], "shows no clear difference in": []}
    for name, title in FIGURES.items():
        if name in figures:
            entry = figures[name]
            words = list(groups)[2 if not entry["stands"] else 0 if entry["difference"] > 0 else 1]
            groups[words].append(f"{title} ({entry['difference']:+.3f})")
    said = [f"{words} {' and '.join(titles)}" for words, titles in groups.items() if titles]
    return ", and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else said[0]


def planted(found: Mapping[str, Entry]) -> list[str]:
    lines = []
    if "dual_shuffled_labels" in found:
        lines += ["**Labels of one system shuffled between faces**: they tell nothing, so joint training must not look "
                  "better. Where it is worse, the likely reason is the choice of the best network: its validation "
                  "score also counts the labels that cannot be learned.", "",
                  *differences(shuffled(found["dual_shuffled_labels"])), ""]
    if "dual_exact_labels" in found:
        lines += ["**Valence and arousal follow exactly from Action Units, annotation disjoint**: joint training must "
                  "look better for valence.", "", *differences(single_and_joint(found["dual_exact_labels"]))]
    return lines or ["Not measured yet."]


def shuffled(comparison: Entry) -> Iterator[tuple[dict, dict]]:
    """Yields joint training with one system shuffled less training on the other system."""
    for pair in comparison["pairs"]:
        joint = [level for level in pair["levels"] if level.startswith("joint")]
        single = [level for level in pair["levels"] if not level.startswith("joint")]
        if len(joint) == 1 and single[0] not in joint[0].split(", ")[1]:
            sign = 1 if pair["levels"][0] == joint[0] else -1
            yield ({"pair": f"{joint[0]} - {single[0]} alone"},
                   {name: signed(entry, sign) for name, entry in pair["figures"].items()})


HOW = """Commands: the heads of `experiments/studies/dual*.yaml`, then `python docs/benchmarks/dual_tables.py collect
OUT` and `python docs/benchmarks/dual_tables.py write`.

All cells see as many faces, and have the same networks, optimiser and schedule. They are trained on train
faces, chosen on validation faces, and measured once on faces of people in neither. The supervised twin is the
discriminator without its critic. Faces without labels are left out of its batches, while adversarial training
shows them to its critic. Which people have labels is drawn anew for each seed, the same for all cells of a
seed.

Rendered faces are drawn from a model whose valence and arousal are mostly a function of Action Units: nothing
here is a claim about photographs or about annotated data sets."""


def how() -> list[str]:
    return ["## How it was measured", "", HOW]


# === Picture ===

def picture(path: Path, comparison: Entry) -> None:
    """Plots what joint training gains over training on one system, by label budget."""
    rows = list(single_and_joint(comparison))
    budgets = [budget for budget in BUDGETS if any(equal.get("budget") == budget for equal, _ in rows)]
    figure = plots.figure(10.0, 3.6)
    panels = figure.subplots(1, len(budgets), sharey=True, sharex=True, squeeze=False)[0]
    for panel, budget in zip(panels, budgets):
        plots.hide_spines(panel)
        panel.axvline(0, color=plots.GREY, lw=0.9)
        for part, (name, colour) in enumerate((("supervised", plots.COLOURS[0]), ("adversarial", plots.COLOURS[1]))):
            found = next((figures for equal, figures in rows
                          if equal.get("budget") == budget and equal.get("part") == name), None)
            if found:
                _marks(panel, found, part, name, colour)
        panel.set_yticks(range(len(FIGURES)), list(FIGURES.values()), fontsize=8)
        panel.set_ylim(len(FIGURES) - 0.5, -0.5)
        panel.set_title(BUDGETS[budget], fontsize=8.5)
        panel.tick_params(axis="x", labelsize=7)
        panel.grid(axis="x", color=plots.GRID, lw=0.6)
        panel.set_axisbelow(True)
    panels[len(panels) // 2].set_xlabel("joint less single training: right of 0, both systems together are better; "
                                        "filled: stands after correction", fontsize=8, color=plots.TEXT)
    plots.legend(figure, panels)
    plots.save(figure, path)


def _marks(panel, figures: Mapping[str, Entry], part: int, name: str, colour: str) -> None:
    for row, figure in enumerate(FIGURES):
        if figure in figures:
            entry, place = figures[figure], row + 0.3 * part - 0.15
            panel.plot(entry["interval"], (place, place), color=colour, lw=1.6, solid_capstyle="butt")
            panel.plot(entry["difference"], place, "o", ms=5, color=colour, label=name if not row else None,
                       markerfacecolor=colour if entry["stands"] else "white")


if __name__ == "__main__":
    main()
