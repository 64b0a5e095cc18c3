"""Plots balanced accuracy and AUC against the number of points, with 95 % bands, beside the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes

from catgan import plots
from catgan.metrics.figures import Figures
from catgan.studies.elimination.figures import MEAN
from catgan.studies.elimination.options import MAIN

TITLES = {"balanced_accuracy": "balanced accuracy", "auc": "AUC"}


class Style(NamedTuple):
    """How an arm is drawn: its name in the legend, colour, line, and whether it has a band."""

    label: str
    colour: str
    line: str = "-"
    band: bool = False


STYLES: Mapping[str, Style] = {
    MAIN: Style("least relevant removed, ranked again", plots.COLOURS[0], "-", True),
    "random": Style("random points", "#666666", "-", True),
    "joint": Style("one subset for all expressions", plots.COLOURS[2]),
    "tied": Style("left and right together", plots.COLOURS[5]),
    "fixed": Style("one ranking, never renewed", plots.COLOURS[4]),
    "group_lasso": Style("group lasso", plots.COLOURS[3]),
    "variance": Style("points that move most", plots.COLOURS[1]),
    "roar": Style("most relevant removed (ROAR)", "#333333", ":")}
MARKS = {"eyes": "^", "brows": "v", "mouth": "s", "nose": "P", "contour": "D", "ibug_68": "*"}


def write_curves(folder: Path, figures: Figures) -> list[Path]:
    """Writes `curves.png`, the mean over expressions for each kind of network, and `curves_NETWORK.png`, each
    expression.

    Args:
        folder: made if needed.
        figures: of `catgan.studies.elimination.figures.figures`.
    """
    networks = {name: network["curves"] for name, network in figures["networks"].items()}
    paths = [folder / "curves.png"]
    _write(paths[0], [(f"{name}, mean over expressions", curves, MEAN) for name, curves in networks.items()], figures)
    for name, curves in networks.items():
        paths.append(folder / f"curves_{name}.png")
        _write(paths[-1], [(expression, curves, expression) for expression in figures["expressions"]], figures)
    return paths


def _write(path: Path, columns: Sequence[tuple[str, Figures, str]], figures: Figures) -> None:
    """Draws two rows of panels: balanced accuracy and AUC; one column each for what is given."""
    wide = 3.0 if len(columns) > 2 else 4.6
    figure = plots.figure(max(wide * len(columns) + 0.4, 6.0), 6.2)
    panels = figure.subplots(2, len(columns), squeeze=False, sharex=True, sharey="row")
    for row, (metric, title) in enumerate(TITLES.items()):
        for panel, (name, curves, expression) in zip(panels[row], columns):
            plots.hide_spines(panel)
            _panel(panel, curves, expression, metric, figures["sizes"])
            if row == 0:
                panel.set_title(name, fontsize=9)
            else:
                panel.set_xlabel("number of points", fontsize=8, color=plots.TEXT)
        panels[row][0].set_ylabel(title, fontsize=8, color=plots.TEXT)
    handles = {label: line for panel in panels.ravel()
               for line, label in zip(*panel.get_legend_handles_labels())}
    figure.legend(list(handles.values()), list(handles), loc="outside upper center", fontsize=7.5, frameon=False,
                  ncols=max(2, min(5, int(figure.get_figwidth() / 2.1))))
    plots.save(figure, path)


def _panel(panel: Axes, curves: Figures, expression: str, metric: str, sizes: Sequence[int]) -> None:
    start = curves[MAIN][expression][0]
    for arm, style in STYLES.items():
        entries = curves.get(arm, {}).get(expression, [])
        if not entries:
            continue
        if arm != MAIN and entries[0]["size"] == sizes[min(1, len(sizes) - 1)]:
            entries = [start, *entries]
        _line(panel, entries, style, metric)
    for arm, mark in MARKS.items():
        for entry in curves.get(f"anatomical:{arm}", {}).get(expression, []):
            panel.plot(entry["points"], entry[metric]["value"], mark, color="black", ms=4.5, label=arm, lw=0,
                       markerfacecolor="white", markeredgewidth=0.9)
    for entry in curves.get(f"chosen:{MAIN}", {}).get(expression, []):
        panel.axvline(entry["points"], color=plots.COLOURS[0], lw=0.9, ls="--", label="chosen on validation (mean)")
    panel.set_xscale("log")
    shown = sizes[::2] if len(sizes) > 8 else sizes
    panel.set_xticks(shown, [str(size) for size in shown], fontsize=6.5)
    panel.set_xticks([], minor=True)
    panel.tick_params(labelsize=6.5, color=plots.GREY)
    panel.grid(color=plots.GRID, lw=0.6)
    panel.set_axisbelow(True)


def _line(panel: Axes, entries: Sequence[Figures], style: Style, metric: str) -> None:
    known = [entry for entry in entries if entry[metric]["value"] is not None]
    points = [entry["points"] for entry in known]
    panel.plot(points, [entry[metric]["value"] for entry in known], style.line, color=style.colour, label=style.label,
               lw=1.8 if style.band else 1.1, marker="o", ms=3.0 if style.band else 2.0, zorder=3 if style.band else 2)
    banded = [entry for entry in known if entry[metric]["interval"] is not None]
    if style.band and banded:
        low, high = zip(*(entry[metric]["interval"] for entry in banded))
        panel.fill_between([entry["points"] for entry in banded], low, high, color=style.colour, alpha=0.15, lw=0)
