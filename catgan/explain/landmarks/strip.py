"""Draws the relevance of landmarks over time: frames above, curve and regions below."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from catgan import plots
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.mesh import Scale, draw_mesh

SHOWN_FRAMES = 10
"""Frames in a strip."""
SHOWN_REGIONS = 8
"""Regions over time, those with the most relevance."""
MARGIN = 0.06
"""Eye distances around a mesh."""
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
    mesh_row(figure, next(grid), clip, clip.shape, relevance, Scale.of(relevance, signed=True), rows)
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


def _row_of_panels(figure: Figure, place: SubplotSpec, count: int) -> list[Axes]:
    inner = place.subgridspec(1, count, wspace=0.0)
    return [figure.add_subplot(inner[column]) for column in range(count)]


def _pictures(figure: Figure, place: SubplotSpec, clip: LandmarkClip, rows: list[int]) -> None:
    assert clip.images is not None
    for axes, row in zip(_row_of_panels(figure, place, len(rows)), rows):
        axes.imshow(clip.images[row] if clip.seen[row] else np.full_like(clip.images[row], 200),
                    interpolation="bicubic")
        axes.axis("off")


def mesh_row(figure: Figure, place: SubplotSpec, clip: LandmarkClip, shape: np.ndarray, relevance: np.ndarray,
             scale: Scale, rows: list[int], name: str = "",
             together: tuple[np.ndarray, ...] = ()) -> None:
    """Draws some frames as meshes beside each other.

    Args:
        figure, place: where.
        clip: tells which frames were seen, and when.
        shape: `(t, p, 2)`, x to the right and y down.
        relevance: `(t, p)`, of the colours.
        scale: of the colours.
        rows: numbers of the frames.
        name: of the row, is written above it.
        together: shapes that must fit into the panels; `shape` alone by default.
    """
    known = np.concatenate([one[clip.seen] for one in together or (shape,)])
    low, high = known.min((0, 1)) - MARGIN, known.max((0, 1)) + MARGIN
    for axes, row in zip(_row_of_panels(figure, place, len(rows)), rows):
        if clip.seen[row]:
            draw_mesh(axes, shape[row], clip.landmark_set, relevance[row], scale, size=0.3)
        else:
            axes.text(0.5, 0.5, "not seen", ha="center", va="center", fontsize=7, color=plots.GREY,
                      transform=axes.transAxes)
            axes.axis("off")
            axes.set_aspect("equal")
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(high[1], low[1])
        above = name if row == rows[0] else ""
        axes.set_title(f"{above}\n{clip.times[row]:.2f} s" if name else f"{clip.times[row]:.2f} s", fontsize=7, pad=2,
                       parse_math=False)


def _curve(axes: Axes, clip: LandmarkClip, relevance: np.ndarray, target: str) -> None:
    for part, colour, label in ((np.maximum(relevance, 0.0), FOR, "for"), (np.minimum(relevance, 0.0), AGAINST,
                                                                           "against")):
        axes.bar(clip.times, part.sum(1), 0.9 * clip.step, color=colour, alpha=0.75, label=label)
    axes.plot(clip.times, np.where(clip.seen, relevance.sum(1), np.nan), color="black", lw=1.2, marker=".", ms=4,
              label="net")
    axes.axhline(0.0, color="black", lw=0.6)
    plots.hide_spines(axes)
    _time_axis(axes, clip)
    axes.set_ylabel(f"relevance\nfor {target}", fontsize=8, parse_math=False)
    axes.legend(fontsize=7, frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 0.98))


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
