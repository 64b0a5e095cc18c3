"""Figures of one explained clip: its relevance on the mesh, and the movement that changes the answer."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from catgan import plots
from catgan.explain.landmarks.answer import LandmarkAnswer
from catgan.explain.landmarks.clip import LandmarkClip, apex
from catgan.explain.landmarks.counterfactual_result import MOVED, LandmarkCounterfactual
from catgan.explain.landmarks.figure import PANEL, SIDES
from catgan.explain.landmarks.mesh import Scale, draw_mesh, mean_shape
from catgan.explain.landmarks.strip import SENTENCE_WIDTH, mesh_row, shown_rows
from catgan.explain.panel import STATUS_COLOURS

WIDTH = 110
"""Characters of a line below the meshes."""


def answer_figure(answer: LandmarkAnswer) -> Figure:
    """Draws the relevance of landmarks for an answer: of the frame that speaks most for it, signed, and absolute.

    The first panel has the relevance of that frame, on its picture where there is one. The others have the relevance
    of all frames together: its sum, and the sum of its absolute values, on the mean face.
    """
    clip, row = answer.clip, apex(answer.clip, answer.relevance)
    net, absolute = answer.relevance.sum(0), np.abs(answer.relevance).sum(0)
    figure, panels = plots.grid(3, 3, PANEL + 0.4, PANEL + 0.1)
    chosen = None if answer.points.all() else answer.points
    moment, whole = Scale.of(answer.relevance[row], signed=True), Scale.of(net, signed=True)
    picture = None if clip.images is None else clip.images[row]
    draw_mesh(panels[0], clip.shape[row] if picture is None else clip.points[row], clip.landmark_set,
              answer.relevance[row], moment, chosen, picture)
    face = mean_shape(clip.landmark_set)
    draw_mesh(panels[1], face, clip.landmark_set, net, whole, chosen)
    draw_mesh(panels[2], face, clip.landmark_set, absolute, Scale.of(absolute), chosen)
    titles = (f"the frame at {clip.times[row]:.2f} s", "all frames, net", "all frames, absolute")
    labels = ("red: for the answer, blue: against", "red: for the answer, blue: against", "relevance")
    for axes, title, scale, label in zip(panels, titles, (moment, whole, Scale.of(absolute)), labels):
        axes.set_title(title, fontsize=9, pad=3)
        bar = figure.colorbar(scale.mappable, ax=axes, orientation="horizontal", shrink=0.75, aspect=30, pad=0.02)
        bar.set_label(label, fontsize=7)
        bar.ax.tick_params(labelsize=6)
        bar.outline.set_visible(False)
    note = f"{SIDES}{'' if chosen is None else '; black edges: points that the network reads'}"
    figure.supxlabel(f"{textwrap.fill(answer.sentence(), WIDTH)}\n{note}", fontsize=8.5, parse_math=False)
    return figure


def counterfactual_figure(found: LandmarkCounterfactual) -> Figure:
    """Draws a movement and the changed movement, what is read of both, and where the change lies in time."""
    clip, rows = found.clip, shown_rows(found.clip)
    figure = plots.figure(10.0, 6.2, dpi=110)
    grid = figure.add_gridspec(3, 2, height_ratios=(1.0, 1.0, 1.1), width_ratios=(1.0, 1.5))
    moved = found.moved
    scale = Scale.of(np.maximum(moved, MOVED))
    mesh_row(figure, grid[0, :], clip, clip.shape, np.zeros_like(moved), scale, rows, "original",
             (clip.shape, found.changed))
    mesh_row(figure, grid[1, :], clip, found.changed, moved, scale, rows, "changed", (clip.shape, found.changed))
    _bars(figure.add_subplot(grid[2, 0]), found)
    _movement(figure.add_subplot(grid[2, 1]), found)
    figure.suptitle(f"{found.target}: {found.status}", color=STATUS_COLOURS[found.status], fontweight="bold",
                    parse_math=False)
    figure.supxlabel(textwrap.fill(found.sentence(), SENTENCE_WIDTH), fontsize=9, parse_math=False)
    return figure


def _bars(axes: Axes, found: LandmarkCounterfactual) -> None:
    """Draws the probabilities before and after."""
    names = list(found.before)
    at = np.arange(len(names))
    for shift, values, colour, label in ((-0.2, found.before, plots.GREY, "original"),
                                         (0.2, found.after, plots.COLOURS[0], "changed")):
        axes.barh(at + shift, [values[name] for name in names], 0.38, color=colour, label=label)
    axes.set_yticks(at, names, fontsize=7)
    axes.set_xlim(0.0, 1.0)
    axes.invert_yaxis()
    axes.tick_params(labelsize=7, color=plots.GREY)
    axes.set_xlabel("probability", fontsize=8)
    axes.legend(fontsize=7, frameon=False, loc="lower right")
    plots.hide_spines(axes)


def _movement(axes: Axes, found: LandmarkCounterfactual) -> None:
    """Draws how far the landmarks that were changed move from the rest, before and after."""
    clip, points = found.clip, found.points
    points = np.arange(clip.landmark_set.count) if not len(points) else points
    for front, colour, label in ((clip.front, plots.GREY, "original"),
                                 (found.changed_front, plots.COLOURS[0], "changed")):
        axes.plot(clip.times, _mean_size(clip, front, points), color=colour, lw=1.6, label=label)
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("seconds", fontsize=8)
    axes.set_ylabel("mean displacement of the\nchanged points, eye distances", fontsize=8)
    axes.tick_params(labelsize=7, color=plots.GREY)
    axes.legend(fontsize=7, frameon=False)
    plots.hide_spines(axes)


def _mean_size(clip: LandmarkClip, front: np.ndarray, points: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(front[:, points] - clip.rest[points], axis=-1).mean(1)
    return np.where(clip.seen, size, np.nan)
