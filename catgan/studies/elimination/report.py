"""Writes the report of an elimination: `elimination.json`, curves, maps of points, `report.md`, `report.html`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import catgan
from catgan import files, plots
from catgan.explain.landmarks.figure import mesh_figure
from catgan.explain.landmarks.stability import TOP
from catgan.faces.landmark_sets import landmark_set
from catgan.metrics.figures import Figures
from catgan.studies.elimination.curves import write_curves
from catgan.studies.elimination.figures import MEAN
from catgan.studies.elimination.options import MAIN
from catgan.studies.elimination.tables import CHOSEN

CHOICE = f"{CHOSEN}:{MAIN}"
JOINT = f"{CHOSEN}:joint"


class Sheet(NamedTuple):
    """A table of the report, as text."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_report(folder: Path, figures: Figures) -> None:
    """Writes all files of the report; `elimination.json` comes last.

    Args:
        folder: of the study.
        figures: of `catgan.studies.elimination.figures.figures`.
    """
    pictures = [*write_curves(folder, figures), *_maps(folder, figures)]
    sheets = [sheet for name in figures["networks"] for sheet in sheets_of(figures, name)]
    files.write_text(folder / "report.md", _markdown(figures, sheets, pictures))
    files.write_text(folder / "report.html", files.fill_template(
        Path(__file__).with_suffix(".html"), version=catgan.__version__, name=figures["name"],
        summary=[sentence(figures, name) for name in figures["networks"]], protocol=protocol(figures), sheets=sheets,
        pictures=[{"title": path.stem.replace("_", " "), "png": base64.b64encode(path.read_bytes()).decode("ascii")}
                  for path in pictures]))
    files.write_json(folder / "elimination.json", figures)


def _maps(folder: Path, figures: Figures) -> list[Path]:
    """Draws the relevance of all points with the chosen ones, one picture for each kind of network."""
    known, paths = landmark_set(figures["landmark_set"]), []
    for name, network in figures["networks"].items():
        expressions = figures["expressions"]
        chosen = network["chosen"][MAIN]
        paths.append(folder / f"points_{name}.png")
        drawn = mesh_figure(np.array([network["relevance"][one] for one in expressions]), known,
                            chosen=[chosen[one]["points"] for one in expressions],
                            titles=[f"{one}: {len(chosen[one]['points'])} points" for one in expressions])
        plots.save(drawn, paths[-1])
    return paths


# === Text ===


def sentence(figures: Figures, name: str) -> str:
    """Says in one sentence how few points are enough for a kind of network."""
    curves = figures["networks"][name]["curves"]
    chosen, start = curves[CHOICE][MEAN][0], curves[MAIN][MEAN][0]
    change = chosen["balanced_accuracy"].get("to_all") or {"value": None, "interval": None}
    beside = chosen["balanced_accuracy"].get("to_random")
    text = (f"{name}: {chosen['points']:.0f} of {start['points']:.0f} points (mean over expressions and folds, chosen "
            f"on validation people) reach a balanced accuracy of {_value(chosen['balanced_accuracy'])} on people never "
            f"seen, {_difference(change)} against all points")
    return text + (f" and {_difference(beside)} against as many random points." if beside else ".")


def protocol(figures: Figures) -> str:
    """Says how the figures were measured."""
    last = (f" One more elimination on all these people was tested once on {figures['last_people']} others "
            f"({figures['last_clips']} clips)." if figures["last_clips"] else "")
    return (f"{figures['clips']} clips of {figures['people']} people in {figures['folds']} outer folds without shared "
            "people. In each fold, points were ranked and networks trained on the fitted people; thresholds and the "
            f"number of points were chosen on validation people ({figures['criterion'].replace('_', ' ')}, one "
            "standard error below the best); the test people were used once, for these figures. Intervals: 95 %, "
            f"bootstrap over people. AUC compares clips of one fold.{last}")


def sheets_of(figures: Figures, name: str) -> list[Sheet]:
    """Makes the tables of one kind of network."""
    network = figures["networks"][name]
    found = [_by_expression(figures, network, "curves", f"{name}: points that validation chose")]
    if JOINT in network["curves"]:
        found.append(_by_expression(figures, network, "curves", f"{name}: one subset for all expressions", JOINT))
    if "last_test" in network:
        found.append(_by_expression(figures, network, "last_test", f"{name}: the last test"))
    return [*found, _by_size(figures, network, f"{name}: every arm, mean over expressions"),
            _stability(network, f"{name}: rankings over folds")]


def _by_expression(figures: Figures, network: Figures, part: str, title: str, arm: str = CHOICE) -> Sheet:
    rows = []
    for name in (*figures["expressions"], MEAN):
        if name not in network[part][arm]:
            continue
        chosen, start = network[part][arm][name][0], network[part][MAIN][name][0]
        rows.append([name, f"{chosen['points']:.0f}", *(
            cell for metric in ("balanced_accuracy", "auc") for cell in (
                _value(start[metric]), _value(chosen[metric]), _difference(chosen[metric].get("to_all")),
                _difference(chosen[metric].get("to_random")))), f"{chosen['parameters']:,.0f}",
            f"{chosen['multiply_adds']:,.0f}"])
    header = ["expression", "points", *(cell for metric in ("balanced accuracy", "AUC") for cell in (
        f"{metric}, all points", f"{metric}, chosen", "chosen - all", "chosen - random")), "parameters",
        "multiply-adds"]
    return Sheet(title, "Points: mean over folds.", header, rows)


def _by_size(figures: Figures, network: Figures, title: str) -> Sheet:
    rows = [[arm, f"{entry['points']:.0f}", *(cell for metric in ("balanced_accuracy", "auc") for cell in (
        _value(entry[metric]), _difference(entry[metric].get("to_all")), _difference(entry[metric].get("to_random")))),
        f"{entry['parameters']:,.0f}", f"{entry['multiply_adds']:,.0f}"]
        for arm, curves in network["curves"].items() for entry in curves.get(MEAN, [])]
    return Sheet(title, "Parameters and multiply-adds of one binary for one clip.",
                 ["arm", "points", "balanced accuracy", "- all", "- random", "AUC", "- all", "- random", "parameters",
                  "multiply-adds"], rows)


def _stability(network: Figures, title: str) -> Sheet:
    rows = [[name, *(_number(found[part]["kendall_tau"]["mean"]) for part in ("relevance", "order")),
             _number(found["order"]["jaccard"]["mean"]), _number(found["order"]["chance_jaccard"]),
             " ".join(map(str, network["chosen"][MAIN][name]["sizes"]))]
            for name, found in network["stability"].items()]
    gap = network["completeness_gap"]
    note = "" if gap is None else f" Median completeness gap of the attributions: {gap:.2%}."
    return Sheet(title, f"Means over pairs of folds (and seeds).{note}",
                 ["expression", "Kendall tau of the relevance", "of the order of elimination",
                  f"Jaccard of the {TOP} that stay longest", "by chance", "numbers chosen by the folds"], rows)


def _markdown(figures: Figures, sheets: Sequence[Sheet], pictures: Sequence[Path]) -> str:
    lines = [f"# {figures['name']}: how few landmarks are enough", "",
             *(f"- {sentence(figures, name)}" for name in figures["networks"]), "", protocol(figures), ""]
    lines += [f"![{path.stem.replace('_', ' ')}]({path.name})" for path in pictures]
    for sheet in sheets:
        lines += ["", f"## {sheet.title}", "", sheet.note, "", f"| {' | '.join(sheet.header)} |",
                  "|" + "---|" * len(sheet.header), *(f"| {' | '.join(row)} |" for row in sheet.rows)]
    return "\n".join(lines) + "\n"


def _value(figure: Figures) -> str:
    interval = figure.get("interval")
    return _number(figure["value"]) + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _difference(figure: Figures | None) -> str:
    if figure is None or figure["value"] is None:
        return "-"
    interval = figure["interval"]
    return f"{figure['value']:+.3f}" + (f" ({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else "")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
