"""Figures of the relevance of landmarks: per class on the mesh, of one clip, and over time."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from catgan import plots
from catgan.errors import DataError
from catgan.explain.landmarks.mesh import Scale, draw_mesh, mean_shape
from catgan.faces.landmark_sets import LandmarkSet

COLUMNS = 4
"""Panels side by side."""
PANEL = 2.6
"""Width of a panel in inches."""
NOTE_LETTERS = 46
"""Letters of a note that fit below a panel."""
SIDES = "as a camera sees the face: the subject's right side is on the left"


def mesh_figure(relevance: np.ndarray, landmark_set: LandmarkSet, signed: bool = False,
                chosen: np.ndarray | Sequence[Sequence[int]] | None = None, titles: Sequence[str] = (),
                shape: np.ndarray | None = None, label: str = "relevance") -> Figure:
    """Draws the relevance of landmarks on the mesh of a face, a panel per class.

    Each panel has its own scale: its most relevant point has the full colour and size. Faces are drawn as a camera sees
    them, so that the subject's right side lies on the left.

    Args:
        relevance: `(classes, points)`; NaN where unknown.
        landmark_set: of the points.
        signed: whether relevance for the class (red) is told from relevance against it (blue); otherwise absolute
            values are drawn.
        chosen: points that get a black edge: bool `(points,)` for all classes, bool `(classes, points)`, or for each
            class the numbers of its points, where -1 stands for none.
        titles: of the panels, such as the names of the classes.
        shape: of the face, `(points, 2)`, x to the right and y down; the mean face if None.
        label: of the colour bar.

    Raises:
        DataError: another number of points, panels or titles than expected.
    """
    values = np.atleast_2d(np.asarray(relevance, np.float64))
    if values.ndim != 2 or values.shape[1] != landmark_set.count:
        raise DataError(f"Relevance of '{landmark_set.name}' must have the shape (classes, {landmark_set.count}). "
                        f"Received: {np.shape(relevance)}.")
    if len(titles) not in (0, len(values)):
        raise DataError(f"A figure of {len(values)} classes needs as many titles. Received: {len(titles)}.")
    marked = chosen_mask(chosen, len(values), landmark_set.count)
    drawn = mean_shape(landmark_set) if shape is None else np.asarray(shape, np.float64)
    figure, panels = plots.grid(len(values), COLUMNS, PANEL, PANEL)
    for number, (axes, row) in enumerate(zip(panels, values)):
        draw_mesh(axes, drawn, landmark_set, row / Scale.of(row).limit, Scale(1.0, signed), marked[number])
        if len(titles):
            axes.set_title(titles[number], fontsize=9, pad=3, parse_math=False)
    if panels:
        bar = figure.colorbar(Scale(1.0, signed).mappable, ax=panels, shrink=0.6, aspect=25, pad=0.02)
        bar.set_label(f"{label}, 1 = the largest of the panel", fontsize=7.5)
        bar.ax.tick_params(labelsize=6.5)
        bar.outline.set_visible(False)
    note = SIDES + ("; black edges: chosen points" if marked.any() else "")
    width = int(NOTE_LETTERS * min(len(values), COLUMNS))
    figure.supxlabel(textwrap.fill(note, width), fontsize=7.5, color=plots.TEXT)
    return figure


def chosen_mask(chosen: np.ndarray | Sequence[Sequence[int]] | None, classes: int, count: int) -> np.ndarray:
    """Converts the chosen points of `mesh_figure` to bool `(classes, points)`.

    Raises:
        DataError: another number of classes or points, or a point that the set lacks.
    """
    result = np.zeros((classes, count), bool)
    if chosen is None:
        return result
    if isinstance(chosen, np.ndarray) and chosen.dtype == bool:
        if chosen.shape not in ((count,), (classes, count)):
            raise DataError(f"Chosen points must have the shape ({count},) or ({classes}, {count}). "
                            f"Received: {chosen.shape}.")
        return result | chosen
    if len(chosen) not in (1, classes):
        raise DataError(f"Chosen points must be given once, or for each of {classes} classes. Received: {len(chosen)}.")
    for number in range(classes):
        row = np.asarray(chosen[number if len(chosen) == classes else 0], np.int64)
        if (row >= count).any() or (row < -1).any():
            raise DataError(f"A chosen point must be one of 0..{count - 1}, or -1 for none. Received: {row.tolist()}.")
        result[number, row[row >= 0]] = True
    return result
