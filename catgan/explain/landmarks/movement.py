"""Draws the movement of landmarks as pictures of a video, exaggerated, with the relevant points coloured."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import cv2
import numpy as np

from catgan import plots
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.mesh import Scale
from catgan.faces.landmark_sets import LandmarkSet

RATE = 25.0
"""Pictures per second; frames between those of the clip are interpolated."""
SIDE, TOP, BOTTOM = 384, 60, 92
"""Height and width of a face, height of the title and of the curve, in pixels."""
TITLE_LETTERS = 100
"""Letters of a line of the title, which has two at most."""
EXAGGERATION = 2.0
"""Factor of movement from the rest."""
OUTLINE, MESH, POINT, EDGE = (130, 138, 150), (214, 218, 224), (170, 174, 180), (90, 90, 90)
LEAST_SHOWN = 0.2
"""Share of the largest relevance from which a point is coloured."""
_SHIFT = 4
"""Binary digits of fractions of a pixel that OpenCV draws with."""


def movement_pictures(clip: LandmarkClip, relevance: np.ndarray, title: str, factor: float = EXAGGERATION,
                      chosen: np.ndarray | None = None) -> np.ndarray:
    """Draws the moving mesh as it is, beside the exaggerated one, above the curve of relevance over time.

    What the head does is not exaggerated: the head on the right looks to the front.

    Points have the colour and size of their relevance summed over time: its absolute value as size, its sign as colour.

    Args:
        clip: the explained clip.
        relevance: signed, `(t, p)`.
        title: is written above.
        factor: of the movement on the right.
        chosen: bool `(p,)`, points that the network reads; the others are not drawn as points. All by default.

    Returns:
        uint8 `(pictures, height, width, 3)`, `RATE` a second, of even sizes.
    """
    net, weight = relevance.sum(0), np.abs(relevance).sum(0)
    scale = Scale.of(weight)
    colours = Scale(scale.limit, signed=True).colours(np.where(net < 0, -weight, weight))[:, :3]
    points = np.ones(clip.landmark_set.count, bool) if chosen is None else chosen
    dots = [(scale.shares(weight)[point], tuple((255 * colours[point]).tolist()), point)
            for point in np.argsort(weight) if points[point]]
    shapes = [clip.shape, clip.rest + factor * (clip.front - clip.rest)]
    return _pictures(clip, shapes, [dots, dots], ["as it is", f"movement x {factor:g}, head to the front"], title,
                     np.abs(relevance).sum(1))


def changed_pictures(clip: LandmarkClip, changed: np.ndarray, title: str, factor: float = 1.0) -> np.ndarray:
    """Draws a movement beside the changed one, heads to the front, above the curve of how much was changed.

    Args:
        clip: the explained clip.
        changed: its changed `front`, `(t, p, 2)` in eye distances.
        title: is written above.
        factor: of both movements.

    Returns:
        As `movement_pictures`. Points are coloured by how far they were moved.
    """
    size = np.where(clip.seen[:, None], np.linalg.norm(changed - clip.front, axis=-1), 0.0)
    scale = Scale.of(size.max(0))
    colours = scale.colours(size.max(0))[:, :3]
    dots = [(scale.shares(size.max(0))[point], tuple((255 * colours[point]).tolist()), point)
            for point in np.argsort(size.max(0))]
    shapes = [clip.rest + factor * (front - clip.rest) for front in (clip.front, changed)]
    by = "" if factor == 1.0 else f", movement x {factor:g}"
    return _pictures(clip, shapes, [[], dots], [f"original{by}", f"changed{by}"], title, size.mean(1))


Dot = tuple[float, tuple[float, ...], int]
"""Share of the largest size, colour and number of a point."""


def _pictures(clip: LandmarkClip, shapes: Sequence[np.ndarray], dots: Sequence[Sequence[Dot]], names: Sequence[str],
              title: str, curve: np.ndarray) -> np.ndarray:
    """Draws two moving meshes beside each other, and a line that runs along a curve."""
    background, place = _background(clip, names, title, np.where(clip.seen, curve, np.nan))
    known = np.concatenate([shape[clip.seen] for shape in shapes])
    low, high = known.min((0, 1)), known.max((0, 1))
    zoom = 0.9 * SIDE / float((high - low).max())
    offset = 0.5 * SIDE - zoom * 0.5 * (low + high)
    result = []
    for moment in np.arange(clip.times[0], clip.times[-1] + 0.5 / RATE, 1.0 / RATE):
        picture = background.copy()
        nearest = int(np.abs(clip.times - moment).argmin())
        for column, (shape, drawn) in enumerate(zip(shapes, dots)):
            panel = picture[TOP:TOP + SIDE, column * SIDE:(column + 1) * SIDE]
            if clip.seen[nearest]:
                _draw(panel, zoom * _between(clip, shape, moment) + offset, clip.landmark_set, drawn)
            else:
                cv2.putText(panel, "not seen", (SIDE // 2 - 40, SIDE // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.6, POINT, 1,
                            cv2.LINE_AA)
        x = int(round(float(np.interp(moment, (clip.times[0], clip.times[-1]), place))))
        cv2.line(picture, (x, TOP + SIDE + 4), (x, TOP + SIDE + BOTTOM - 28), (0, 0, 0), 1, cv2.LINE_AA)
        result.append(picture)
    return np.stack(result)


def _between(clip: LandmarkClip, shape: np.ndarray, moment: float) -> np.ndarray:
    """Returns the shape at a moment, between the two nearest seen frames."""
    known = np.flatnonzero(clip.seen)
    after = int(np.clip(np.searchsorted(clip.times[known], moment), 1, len(known) - 1)) if len(known) > 1 else 0
    first, last = known[max(after - 1, 0)], known[after]
    gap = clip.times[last] - clip.times[first]
    share = float(np.clip((moment - clip.times[first]) / gap, 0.0, 1.0)) if gap > 0 else 0.0
    return (1.0 - share) * shape[first] + share * shape[last]


def _draw(panel: np.ndarray, places: np.ndarray, landmark_set: LandmarkSet, dots: Sequence[Dot]) -> None:
    fixed = np.rint(places * 2 ** _SHIFT).astype(np.int32)
    canvas = np.ascontiguousarray(panel)
    for edges, grey, width in ((landmark_set.edges, MESH, 1), (landmark_set.outline_edges, OUTLINE, 2)):
        cv2.polylines(canvas, list(fixed[edges]), False, grey, width, cv2.LINE_AA, _SHIFT)
    for share, colour, point in dots:
        shown = share > LEAST_SHOWN
        radius = int(round((1.0 + 5.0 * share ** 0.7 if shown else 1.0) * 2 ** _SHIFT))
        cv2.circle(canvas, fixed[point].tolist(), radius, colour if shown else POINT, -1, cv2.LINE_AA, _SHIFT)
        if shown:
            cv2.circle(canvas, fixed[point].tolist(), radius, EDGE, 1, cv2.LINE_AA, _SHIFT)
    panel[:] = canvas


def _background(clip: LandmarkClip, names: Sequence[str], title: str,
                curve: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Draws what does not move; returns it with the places of the first and the last moment, in pixels."""
    width, height = 2 * SIDE, TOP + SIDE + BOTTOM
    figure = plots.figure(width / 100, height / 100, dpi=100)
    figure.set_layout_engine("none")
    lines = textwrap.fill(textwrap.shorten(title, 2 * TITLE_LETTERS), TITLE_LETTERS)
    figure.text(0.5, 1.0 - 6 / height, lines, ha="center", va="top", fontsize=9, parse_math=False)
    for column, name in enumerate(names):
        figure.text(0.25 + 0.5 * column, 1.0 - 42 / height, name, ha="center", va="top", fontsize=8, color=plots.TEXT)
    axes = figure.add_axes((0.06, 30 / height, 0.88, (BOTTOM - 36) / height))
    axes.fill_between(clip.times, 0.0, curve, color="#d9d9d9", lw=0)
    axes.plot(clip.times, curve, color="#555555", lw=1.0)
    axes.set_xlim(clip.times[0], clip.times[-1] if len(clip) > 1 else clip.times[0] + 1.0)
    axes.set_ylim(0.0, 1.05 * float(np.nanmax(curve)) or 1.0)
    axes.set_yticks([])
    axes.set_xlabel("seconds", fontsize=7, labelpad=1)
    axes.tick_params(labelsize=7, color=plots.GREY, pad=1)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]
    return picture, (0.06 * width, 0.94 * width)
