"""Draws what places lead one to expect: a panel of intervals and a map of hours and weekdays for each place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from catgan import plots
from catgan.modalities.situation_file import Cell
from catgan.modalities.situations import WEEKDAYS, Expected

MAX_PLACES = 12
"""Places that one picture shows; further ones are left out."""


def draw_situations(path: str | Path, shown: Sequence[Expected], cells: Sequence[Cell]) -> None:
    """Writes a PNG with two panels per situation: expected emotions with 95 % intervals, and observations by time.

    Args:
        path: of the PNG.
        shown: the situations; the first `MAX_PLACES` are drawn.
        cells: running sums of all places.
    """
    shown = shown[:MAX_PLACES]
    figure = plots.figure(8.4, 2.5 * len(shown) + 0.2)
    panels = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1.0, 1.5))
    for (left, right), each in zip(panels, shown):
        _draw_expected(left, each)
        _draw_times(right, each, cells)
    plots.save(figure, path)


def _draw_expected(panel: Axes, each: Expected) -> None:
    rows, (low, high) = np.arange(len(each.emotions)), each.interval()
    panel.barh(rows, each.distribution, color=plots.COLOURS[5], height=0.7)
    panel.hlines(rows, low, high, color=plots.TEXT, lw=1.2)
    panel.set_yticks(rows, each.emotions)
    panel.invert_yaxis()
    panel.set_xlim(0.0, 1.0)
    panel.set_xlabel("expected probability, with 95 % interval", fontsize=7, color=plots.TEXT)
    panel.set_title(f"{each.situation} ({each.count} observations)", fontsize=8, loc="left")
    panel.tick_params(labelsize=7, color=plots.GREY)
    plots.hide_spines(panel)


def _draw_times(panel: Axes, each: Expected, cells: Sequence[Cell]) -> None:
    counts = np.zeros((len(WEEKDAYS), 24), np.int64)
    for cell in cells:
        if each.place in (None, cell.place):
            counts[cell.weekday, cell.hour] += cell.count
    image = panel.imshow(counts, cmap="Blues", aspect="auto", vmin=0, vmax=max(1, int(counts.max())))
    if each.weekday is not None and each.hour is not None:
        panel.plot([each.hour], [each.weekday], "s", mfc="none", mec=plots.COLOURS[1], ms=9)
    panel.set_yticks(range(len(WEEKDAYS)), [name[:3] for name in WEEKDAYS])
    panel.set_xticks(range(0, 24, 3), [f"{hour:02d}" for hour in range(0, 24, 3)])
    panel.set_xlabel("hour", fontsize=7, color=plots.TEXT)
    panel.set_title(f"observations by time, {each.place or 'all places'}", fontsize=8, loc="left")
    panel.tick_params(labelsize=7, color=plots.GREY)
    panel.figure.colorbar(image, ax=panel).ax.tick_params(labelsize=7)
