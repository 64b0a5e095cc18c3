"""Draws the relevance of landmarks on the mesh of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from catgan.faces.frontal import mean_face
from catgan.faces.landmark_sets import LandmarkSet

MESH_COLOUR, OUTLINE_COLOUR, ON_PICTURE = "#d5d9df", "#8d95a3", "#ffffff"
EDGE, CHOSEN_EDGE = (0.25, 0.25, 0.25, 0.5), (0.0, 0.0, 0.0, 1.0)
"""Of a point, and of a chosen one."""
SMALLEST, LEAST_CHOSEN, LARGEST = 2.0, 9.0, 90.0
"""Areas of a point without relevance, of a chosen one at the least, and of the most relevant one, in square points.

They suit a panel of 2.6 inches.
"""
SHOWN_ON_PICTURE = 0.15
"""Share of the largest relevance from which points are drawn over a picture: others would hide it."""


@dataclass(frozen=True)
class Scale:
    """Maps relevance to colour and size.

    Args:
        limit: the relevance that is drawn in full colour and size; above 0.
        signed: whether relevance for the answer (red) differs from relevance against it (blue).
    """

    limit: float
    signed: bool = False

    @classmethod
    def of(cls, relevance: np.ndarray, signed: bool = False) -> Scale:
        """Makes the scale on which the largest finite value of an array is drawn in full."""
        largest = np.nanmax(np.abs(relevance), initial=0.0) if np.isfinite(relevance).any() else 0.0
        return cls(float(largest) or 1.0, signed)

    @property
    def mappable(self) -> ScalarMappable:
        """For a colour bar."""
        low = -self.limit if self.signed else 0.0
        return ScalarMappable(Normalize(low, self.limit), colormaps["RdBu_r"] if self.signed else _warm())

    def colours(self, relevance: np.ndarray) -> np.ndarray:
        """Returns colours, float `(..., 4)`; unknown relevance is grey."""
        values = relevance if self.signed else np.abs(relevance)
        colours = np.asarray(self.mappable.to_rgba(np.nan_to_num(values)))
        return np.where(np.isfinite(values)[..., None], colours, (0.6, 0.6, 0.6, 1.0))

    def shares(self, relevance: np.ndarray) -> np.ndarray:
        """Returns the absolute relevance as a share of the limit, 0..1; unknown is 0."""
        return np.clip(np.abs(np.nan_to_num(relevance)) / self.limit, 0.0, 1.0)


def _warm() -> LinearSegmentedColormap:
    """Returns grey, then yellow to dark red: points without relevance do not catch the eye."""
    return LinearSegmentedColormap.from_list("warm", ["#e3e3dc", *colormaps["YlOrRd"](np.linspace(0.2, 1.0, 9))])


def mean_shape(landmark_set: LandmarkSet) -> np.ndarray:
    """Returns the mean face at rest, float64 `(points, 2)` in eye distances, x to the right and y down."""
    return mean_face(landmark_set.name)[:, :2]


def draw_mesh(axes: Axes, shape: np.ndarray, landmark_set: LandmarkSet, relevance: np.ndarray, scale: Scale,
              chosen: np.ndarray | None = None, picture: np.ndarray | None = None, size: float = 1.0) -> None:
    """Draws a face as its mesh, with points in the colour and size of their relevance.

    Args:
        axes: an empty panel.
        shape: `(points, 2)`, x to the right and y down, in any unit; in pixels of `picture` if there is one.
        landmark_set: of the points.
        relevance: `(points,)`; NaN where unknown.
        scale: of colours and sizes.
        chosen: bool `(points,)`, points that get a black edge.
        picture: uint8 `(h, w, 3)` to draw behind the mesh.
        size: factor for the points; 1 suits a panel of 2.6 inches.
    """
    if picture is not None:
        axes.imshow(picture, interpolation="bicubic", extent=(0, picture.shape[1], picture.shape[0], 0))
    lines = ((landmark_set.edges, MESH_COLOUR, 0.4), (landmark_set.outline_edges, OUTLINE_COLOUR, 0.9))
    for pairs, colour, width in lines:
        axes.add_collection(LineCollection(list(shape[pairs]), zorder=1, linewidths=width * size ** 0.5,
                                           colors=colour if picture is None else ON_PICTURE,
                                           alpha=1.0 if picture is None else 0.4))
    share, marked = scale.shares(relevance), np.zeros(len(shape), bool) if chosen is None else chosen
    order = np.lexsort((share, marked))  # the chosen and the most relevant points lie on top
    if picture is not None:
        order = order[share[order] >= SHOWN_ON_PICTURE]
    area = size * np.maximum(SMALLEST + (LARGEST - SMALLEST) * share, np.where(marked, LEAST_CHOSEN, 0.0))
    edges = [CHOSEN_EDGE if is_chosen else EDGE for is_chosen in marked[order]]
    axes.scatter(shape[order, 0], shape[order, 1], s=area[order], c=scale.colours(relevance)[order], zorder=2,
                 edgecolors=edges, linewidths=np.where(marked, 1.0, 0.25)[order] * size ** 0.5)
    frame_mesh(axes, shape, picture)


def frame_mesh(axes: Axes, shape: np.ndarray, picture: np.ndarray | None = None) -> None:
    """Sets the limits of a panel to a face or to its picture, with equal units and without axes."""
    if picture is None:
        low, high = shape.min(0), shape.max(0)
        margin = 0.05 * float((high - low).max())
        low, high = low - margin, high + margin
    else:
        low, high = np.zeros(2), np.array(picture.shape[1::-1], np.float64)
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(high[1], low[1])
    axes.set_aspect("equal")
    axes.axis("off")
