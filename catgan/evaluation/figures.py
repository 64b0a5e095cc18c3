"""Draws the figures of an evaluation: control curves, cross-talk, heat maps, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import FuncNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from catgan import plots
from catgan.metrics.figures import Figures

_MODEL, _CEILING = plots.COLOURS[:2]

Matrix: TypeAlias = np.ndarray | Sequence[Sequence[float | None]]
"""`(rows, columns)`; NaN or None where a cell is unknown."""


@dataclass(frozen=True)
class Curve:
    """The response of one label, in its unit; NaN where a face could not be read.

    Args:
        asked: `(levels,)`.
        measured: `(faces, levels)`.
        ceiling: the same of faces whose labels are known; None without such faces.
    """

    asked: np.ndarray
    measured: np.ndarray
    ceiling: np.ndarray | None = None


def control_curves(path: str | Path, curves: Mapping[str, Curve], columns: int = 5) -> None:
    """Plots measured against asked values, one panel a label: the mean, and the band of 80 % of the faces.

    Args:
        path: of the PNG.
        curves: per label its response.
        columns: panels side by side.
    """
    figure, panels = plots.grid(len(curves), columns, 1.9, 1.95, min_width=4.4)  # the legend's width
    for panel, (label, curve) in zip(panels, curves.items()):
        asked = np.asarray(curve.asked, np.float64)
        panel.plot(asked, asked, color=plots.GREY, lw=0.8, ls=(0, (4, 3)), label="as asked")
        if curve.ceiling is not None:
            _band(panel, asked, curve.ceiling, _CEILING, "faces of known labels", 0.10, "s")
        _band(panel, asked, curve.measured, _MODEL, "generated faces", 0.20, "o")
        panel.set_title(label, fontsize=8)
        grades = bool(np.ptp(asked) >= 3)
        panel.xaxis.set_major_locator(MaxNLocator(6 if grades else 4, integer=grades))
    figure.supxlabel("asked", fontsize=8, color=plots.TEXT)
    figure.supylabel("measured (mean, 10-90 %)", fontsize=8, color=plots.TEXT)
    plots.legend(figure, panels)
    plots.save(figure, path)


def _band(panel: Axes, asked: np.ndarray, measured: np.ndarray, colour: str, label: str, alpha: float,
          marker: str) -> None:
    faces = np.asarray(measured, np.float64)
    seen = np.isfinite(faces).any(0)  # a level at which no face was measured has no point
    if not seen.any():
        return
    low, high = np.nanpercentile(faces[:, seen], [10, 90], axis=0)
    panel.fill_between(asked[seen], low, high, color=colour, alpha=alpha, lw=0)
    panel.plot(asked[seen], np.nanmean(faces[:, seen], axis=0), color=colour, lw=1.4, marker=marker, ms=2.6,
               label=label)


def cross_talk_map(path: str | Path, matrix: Matrix, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Plots `matrix` of `catgan.metrics.control.cross_talk`: measured changes of all labels per asked label, own cells
    framed.

    Args:
        path: of the PNG.
        matrix: `(len(rows), len(columns))`, in ranges of the labels; None or NaN = unknown, left grey.
        rows: the labels that were moved.
        columns: the labels that were measured.
    """
    cells = np.asarray(matrix, np.float64)
    figure = plots.figure(max(0.42 * len(columns) + 2.1, 3.8), max(0.34 * len(rows) + 1.4, 2.0))
    axes = figure.subplots()
    # Bent, so that small cross-talk can be seen beside the large changes that were asked for.
    norm = FuncNorm((lambda x: np.sign(x) * np.abs(x) ** (2 / 3), lambda x: np.sign(x) * np.abs(x) ** 1.5), -1, 1)
    image = axes.imshow(cells, cmap="RdBu_r", norm=norm, aspect="auto")
    axes.set_facecolor("#dddddd")
    for (row, column), value in np.ndenumerate(cells):
        if np.isfinite(value):
            axes.text(column, row, _short(value), ha="center", va="center", fontsize=6.5,
                      color="white" if abs(value) > 0.5 else "#222222")
        if rows[row] == columns[column]:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, lw=1.4, edgecolor="#111111",
                                     clip_on=False))
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=7.5)
    axes.set_yticks(range(len(rows)), rows, fontsize=7.5)
    axes.tick_params(length=0)
    axes.set_xlabel("measured", fontsize=8, color=plots.TEXT)
    axes.set_ylabel("moved", fontsize=8, color=plots.TEXT)
    axes.set_title("Change measured per change asked, in ranges", fontsize=9)
    bar = figure.colorbar(image, ax=axes, aspect=25, extend="both", ticks=(-1, -0.5, -0.2, 0, 0.2, 0.5, 1))
    bar.ax.set_yticklabels(("-1", "-.5", "-.2", "0", ".2", ".5", "1"), fontsize=7)
    bar.ax.minorticks_off()
    plots.save(figure, path)


def heat_maps(path: str | Path, face: np.ndarray, maps: Mapping[str, np.ndarray], columns: int = 6) -> None:
    """Plots the pixels that a change of each label touches, over a face.

    Args:
        path: of the PNG.
        face: `(side, side, 3)`, 0..255.
        maps: per label grey levels `(side, side)`.
        columns: panels side by side.
    """
    figure, panels = plots.grid(len(maps), columns, 1.35, 1.5)
    grey, largest = np.asarray(face, np.float64).mean(-1), max(float(part.max()) for part in maps.values())
    norm = Normalize(0.0, max(largest, 1e-6))
    colours = ScalarMappable(norm, "inferno")
    for panel, (label, part) in zip(panels, maps.items()):
        panel.imshow(grey, cmap="gray", vmin=0, vmax=255)
        panel.imshow(part, cmap=colours.cmap, norm=norm,
                     alpha=np.clip(3.0 * part / max(largest, 1e-6), 0.0, 0.85))
        panel.set_title(label, fontsize=8)
        panel.set(xticks=(), yticks=())
        panel.grid(False)
    bar = figure.colorbar(colours, ax=panels, aspect=30)
    bar.ax.set_title("grey levels", fontsize=6.5)
    bar.ax.tick_params(labelsize=6.5)
    plots.save(figure, path)


def _short(value: float) -> str:
    """Formats `.12`, `-.05`, `1.02`; `0` for numbers that round to it."""
    text = f"{value:.2f}".replace("0.", ".")
    return "0" if text in (".00", "-.00") else text


def calibration_plot(path: str | Path, tables: Mapping[str, Sequence[Figures]],
                     gaussian: Mapping[str, Sequence[Figures]] | None = None, columns: int = 4) -> None:
    """Plots predicted against observed shares, one panel a table; faint bars show the number of faces.

    Args:
        path: of the PNG.
        tables: per title the rows of `catgan.metrics.calibration.reliability`, or nominal and observed coverage of
            intervals.
        gaussian: per title the same of Gaussian intervals (`pit_table`), drawn thin.
        columns: panels side by side.
    """
    figure, panels = plots.grid(len(tables), columns, 2.05, 2.05)
    for panel, (title, rows) in zip(panels, tables.items()):
        regression = bool(rows) and "nominal" in rows[0]
        if not regression:
            _counts(panel, rows)
        panel.plot([0, 1], [0, 1], color=plots.GREY, lw=0.8, ls=(0, (4, 3)))
        _shares(panel, (gaussian or {}).get(title, ()), color=plots.GREY, lw=1.0, label="Gaussian of that deviation")
        _shares(panel, rows, color=_CEILING if regression else _MODEL, marker="o", ms=3.2, lw=1.4,
                label="intervals" if regression else None)
        panel.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        panel.set_title(title, fontsize=8)
        panel.set_xlabel("promised coverage" if regression else "predicted probability", fontsize=7, color=plots.TEXT)
        panel.set_ylabel("observed coverage" if regression else "share present", fontsize=7, color=plots.TEXT)
    explained = next((panel for panel in panels if panel.get_legend_handles_labels()[0]), None)
    if explained is not None:
        explained.legend(fontsize=5.5, frameon=False, handlelength=1.2)
    plots.save(figure, path)


def _shares(panel: Axes, rows: Sequence[Figures], **style: float | str | None) -> None:
    keys = ("nominal", "observed") if rows and "nominal" in rows[0] else ("predicted", "share")
    known = [tuple(row[key] for key in keys) for row in rows if row[keys[1]] is not None]
    if known:
        panel.plot(*zip(*known), clip_on=False, **style)  # type: ignore[arg-type]


def _counts(panel: Axes, rows: Sequence[Figures]) -> None:
    counts = np.array([row["count"] for row in rows], np.float64)
    panel.bar([row["centre"] for row in rows], 0.35 * counts / max(counts.max(initial=0), 1), width=0.92 / len(rows),
              color="#d9d9d9", zorder=0)
