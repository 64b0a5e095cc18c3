"""Reports a comparison of models of clips: a table in Markdown and a forest plot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes

from catgan import plots
from catgan.metrics.figures import Figures

TITLES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "uar": "UAR", "ccc_valence": "CCC valence",
          "ccc_arousal": "CCC arousal", "ccc": "CCC, mean", "rmse_valence": "RMSE valence",
          "rmse_arousal": "RMSE arousal"}
KINDS = {"f1": "F1", "recall": "recall", "accuracy": "accuracy", "rmse": "RMSE", "rmse_of_class": "RMSE"}


class Row(NamedTuple):
    """A difference: the name of its figure, and whether a smaller value is better."""

    name: str
    figures: Figures
    is_error: bool


def rows_of(part: Figures) -> Iterator[Row]:
    """Yields the differences of one part of `catgan.evaluation.comparison.gain_of_both`, overall ones first."""
    for name, figures in part["overall"].items():
        yield Row(TITLES[name], figures, name.startswith("rmse"))
    for kind in (kind for kind in KINDS if kind in part):
        for name, figures in part[kind].items():
            yield Row(f"{KINDS[kind]}, {name}", figures, kind.startswith("rmse"))


def markdown(result: Figures) -> str:
    """Formats the result of `gain_of_both` as two tables."""
    lines = [f"{result['dataset']}, {result['split']} split: {result['n']} frames of {result['people']} people. "
             "Differences are paired, with 95 % intervals over people. Trainings that are averaged: "
             + ", ".join(f"{count} of {name}" for name, count in result["models"].items()) + "."]
    for part, single in (("expression", "category"), ("valence_arousal", "valence-arousal")):
        lines += ["", f"| both against {single} | {single} | both | difference | 95 % interval | p |",
                  "|---|---|---|---|---|---|"]
        lines += [f"| {row.name} | {_number(row.figures['second'])} | {_number(row.figures['first'])} | "
                  f"{_signed(row.figures['difference'])} | {_interval(row)} | {_number(row.figures['p'])} |"
                  for row in rows_of(result[part])]
    return "\n".join(lines) + "\n"


def forest_plot(path: str | Path, result: Figures) -> None:
    """Plots every difference with its interval; the side on which both is better is marked.

    Args:
        path: of the PNG.
        result: of `gain_of_both`.
    """
    parts = [("expression", "both - category"), ("valence_arousal", "both - valence-arousal")]
    rows = {part: [row for row in rows_of(result[part]) if row.figures["difference"] is not None]
            for part, _ in parts}
    height = 0.2 * max(map(len, rows.values())) + 1.3
    figure = plots.figure(10.0, max(height, 2.4))
    for panel, (part, title) in zip(figure.subplots(1, 2), parts):
        _panel(panel, rows[part], title)
    figure.suptitle(f"{result['dataset']}, {result['split']} split, {result['people']} people; bars: 95 % intervals",
                    fontsize=9)
    plots.save(figure, path)


def _panel(panel: Axes, rows: list[Row], title: str) -> None:
    plots.hide_spines(panel)
    panel.axvline(0, color=plots.GREY, lw=0.9)
    for place, row in enumerate(rows):
        low, high = row.figures["interval"] or (row.figures["difference"],) * 2
        better = high < 0 if row.is_error else low > 0
        worse = low > 0 if row.is_error else high < 0
        colour = plots.COLOURS[2] if better else plots.COLOURS[1] if worse else "#777777"
        panel.plot((low, high), (place, place), color=colour, lw=1.6, solid_capstyle="butt")
        panel.plot(row.figures["difference"], place, "o", color=colour, ms=4)
    panel.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=7)
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.tick_params(axis="x", labelsize=7)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", color=plots.GRID, lw=0.6)
    panel.set_axisbelow(True)
    panel.set_xlabel("difference (green: both is better, orange: worse; of RMSE, less is better)", fontsize=6.5,
                     color=plots.TEXT)
    panel.set_title(title, fontsize=9)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _interval(row: Row) -> str:
    interval = row.figures["interval"]
    return "-" if interval is None else f"{interval[0]:+.3f} .. {interval[1]:+.3f}"
