"""Draws the relevance of landmarks over time: frames above, curve and regions below."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import SubplotSpec

from catgan import plots
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.mesh import Scale, draw_mesh

SHOWN_FRAMES = 10
"""Frames in a strip."""
SHOWN_REGIONS = 8
"""Regions over time, those with the most relevance."""
SENTENCE_WIDTH = 150
"""Characters of a line below a strip."""
FOR, AGAINST = "#b2182b", "#2166ac"


def relevance_strip(clip: LandmarkClip, relevance: np.ndarray, target: str, moment: tuple[float, float] | None = None,
                    sentence: str = "") -> Figure:
    """Draws a clip and its relevance over time: faces, meshes, a curve, and region by region.

    Args:
        clip: the explained clip.
        relevance: signed, `(t, p)`; 0 where the face was not seen.
        target: the class that it is about.
        moment: from when to when, in seconds; is shaded.
        sentence: is written below.
    """
    pictures = clip.images is not None
    heights = ([1.0] if pictures else []) + [1.15, 1.0, 1.35]
    figure = plots.figure(10.0, 1.35 * sum(heights) + 0.9, dpi=110)
    grid = iter(figure.add_gridspec(len(heights), 1, height_ratios=heights))
    rows = shown_rows(clip)
    if pictures:
        _pictures(figure, next(grid), clip, rows)
    _meshes(figure, next(grid), clip, relevance, rows)
    curve, regions = figure.add_subplot(next(grid)), figure.add_subplot(next(grid))
    _curve(curve, clip, relevance, target)
    _regions(regions, clip, relevance)
    if moment is not None:
        for axes in (curve, regions):
            for edge in moment:
                axes.axvline(edge, color="black", lw=0.8, ls=":")
        curve.axvspan(*moment, color="#f0f0f0", lw=0, zorder=0)
    # A line that matplotlib wraps counts with its whole length in the layout, which then cuts labels off.
    figure.supxlabel(textwrap.fill(sentence, SENTENCE_WIDTH), fontsize=9, parse_math=False)
    return figure


def shown_rows(clip: LandmarkClip) -> list[int]:
    """Returns the numbers of some evenly spaced frames."""
    return np.unique(np.linspace(0, len(clip) - 1, min(SHOWN_FRAMES, len(clip))).round().astype(int)).tolist()


def _row_of_panels(figure: Figure | SubFigure, place: SubplotSpec, count: int) -> list[Axes]:
    inner = place.subgridspec(1, count, wspace=0.0)
    return [figure.add_subplot(inner[column]) for column in range(count)]


def _pictures(figure: Figure, place: SubplotSpec, clip: LandmarkClip, rows: list[int]) -> None:
    assert clip.images is not None
    for axes, row in zip(_row_of_panels(figure, place, len(rows)), rows):
        axes.imshow(clip.images[row] if clip.seen[row] else np.full_like(clip.images[row], 200),
                    interpolation="bicubic")
        axes.axis("off")


def _meshes(figure: Figure, place: SubplotSpec, clip: LandmarkClip, relevance: np.ndarray, rows: list[int]) -> None:
    scale = Scale.of(relevance, signed=True)
    low, high = clip.shape[clip.seen].min((0, 1)), clip.shape[clip.seen].max((0, 1))
    for axes, row in zip(_row_of_panels(figure, place, len(rows)), rows):
        if clip.seen[row]:
            draw_mesh(axes, clip.shape[row], clip.landmark_set, relevance[row], scale, size=0.3)
        else:
            axes.text(0.5, 0.5, "not seen", ha="center", va="center", fontsize=7, color=plots.GREY,
                      transform=axes.transAxes)
            axes.axis("off")
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(high[1], low[1])
        axes.set_title(f"{clip.times[row]:.2f} s", fontsize=7, pad=2)


def _curve(axes: Axes, clip: LandmarkClip, relevance: np.ndarray, target: str) -> None:
    net = relevance.sum(1)
    axes.bar(clip.times, net, 0.9 * clip.step, color=[FOR if value > 0 else AGAINST for value in net],
             label="net (red for, blue against)")
    axes.plot(clip.times, np.where(clip.seen, np.abs(relevance).sum(1), np.nan), color="black", lw=1.0,
              label="sum of absolute values")
    axes.axhline(0.0, color="black", lw=0.6)
    plots.hide_spines(axes)
    _time_axis(axes, clip)
    axes.set_ylabel(f"relevance\nfor {target}", fontsize=8, parse_math=False)
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 0.98))


def _regions(axes: Axes, clip: LandmarkClip, relevance: np.ndarray) -> None:
    table = {name: relevance[:, points].sum(1) for name, points in clip.landmark_set.regions.items()}
    names = sorted(table, key=lambda name: -float(np.abs(table[name]).sum()))[:SHOWN_REGIONS]
    values = np.stack([table[name] for name in names])
    largest, half = np.abs(values).max() or 1.0, 0.5 * clip.step
    axes.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest",
                extent=(clip.times[0] - half, clip.times[-1] + half, len(values) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=7)
    _time_axis(axes, clip)
    axes.set_xlabel("seconds; red: for the answer, blue: against it", fontsize=8)


def _time_axis(axes: Axes, clip: LandmarkClip) -> None:
    axes.set_xlim(clip.times[0] - 0.5 * clip.step, clip.times[-1] + 0.5 * clip.step)
    axes.tick_params(labelsize=7, color=plots.GREY)
