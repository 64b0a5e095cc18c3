"""Draws differences with their intervals: filled where they stand after correction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from catgan import plots
from catgan.metrics.figures import Figures
from catgan.studies.compare import names

PANELS = 3
"""Pairs up to which each has a panel of its own, with its figures as rows."""
BETTER, WORSE, OPEN = plots.COLOURS[2], plots.COLOURS[1], "#777777"


class Row(NamedTuple):
    """One difference: its label, its figure, and the entry of the result."""

    label: str
    figure: str
    entry: Figures


def forest_plot(path: Path, result: Figures) -> None:
    """Plots the differences of all pairs: of a few pairs the headline figures and F1 of every Action Unit, one panel
    for each pair; of more the headline figures, one panel each, pairs as rows.

    Args:
        path: of the PNG.
        result: of `catgan.studies.compare.study.compared`, with pairs.
    """
    pairs = result["pairs"]
    if len(pairs) <= PANELS:
        panels = {_title(pair): _of_pair(pair) for pair in pairs}
        _plot(path, panels, result)
        return
    used = [name for name in names.HEADLINE if any(name in pair["figures"] for pair in pairs)]
    labels = [pair["title"] for pair in pairs]
    _plot(path, {names.HEADLINE[name].replace(" of ", "\nof "): [
        Row(label, name, pair["figures"].get(name, {"difference": None})) for label, pair in zip(labels, pairs)]
        for name in used}, result)


def _title(pair: Figures) -> str:
    """Names a pair, on two lines where one would be too long for a panel."""
    text = pair["title"]
    if len(text) <= 36:
        return str(text)
    context = f"{pair['context']}:\n" if pair["context"] else ""
    return f"{context}{pair['short'][0]}\n- {pair['short'][1]}"


def _of_pair(pair: Figures) -> list[Row]:
    chosen = [name for name in pair["figures"]
              if name in (*names.HEADLINE, "generated/pcc") or name.endswith("/f1")]  # all on one scale, up to 1
    chosen.sort(key=lambda name: name.endswith("/f1"))
    return [Row(names.title(name), name, pair["figures"][name]) for name in chosen]


def _plot(path: Path, panels: dict[str, list[Row]], result: Figures) -> None:
    labels = list(dict.fromkeys(row.label for rows in panels.values() for row in rows))
    longest = max(map(len, labels), default=0)
    figure = plots.figure(min(0.075 * longest, 4.5) + 2.5 * len(panels) + 0.6, max(0.24 * len(labels) + 1.6, 2.6))
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for panel, (title, rows) in zip(axes, panels.items()):
        _panel(panel, rows, labels)
        panel.set_title(title, fontsize=8)
    axes[0].set_yticks(range(len(labels)), labels, fontsize=7)
    axes[0].set_ylim(len(labels) - 0.4, -0.6)
    groups = result["groups"]
    figure.supxlabel(f"difference on {result['dataset']}, {result['split']} split, {groups['count']:,} "
                     f"{groups['unit']}; bars: 95 % intervals", fontsize=7.5, color=plots.TEXT)
    _legend(figure)
    plots.save(figure, path)


def _legend(figure: Figure) -> None:
    meanings = ((BETTER, BETTER, "the first is better, stands after Holm"), (WORSE, WORSE, "it is worse, stands"),
                (OPEN, "white", "does not stand"))
    handles = [Line2D([], [], color=colour, marker="o", ms=4.5, lw=1.6, mfc=face, label=text)
               for colour, face, text in meanings]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize=7, frameon=False)


def _panel(panel: Axes, rows: Sequence[Row], labels: Sequence[str]) -> None:
    plots.hide_spines(panel)
    panel.axvline(0, color=plots.GREY, lw=0.9)
    for row in rows:
        value = row.entry["difference"]
        if value is None:
            continue
        place, stands = labels.index(row.label), row.entry["stands"]
        colour = (BETTER if value * names.sign(row.figure) > 0 else WORSE) if stands else OPEN
        panel.plot(row.entry["interval"] or (value, value), (place, place), color=colour, lw=1.6,
                   solid_capstyle="butt")
        panel.plot(value, place, "o", color=colour, mfc=colour if stands else "white", ms=4.5)
    panel.tick_params(axis="x", labelsize=7)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="both", color=plots.GRID, lw=0.6)
    panel.set_axisbelow(True)
    low, high = panel.get_xlim()
    panel.set_xlim(min(low, -0.01 * abs(high)), max(high, 0.01 * abs(low)))
    panel.locator_params(axis="x", nbins=5)
