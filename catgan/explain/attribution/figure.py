"""Figures of attributions: a heat map over the face, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from matplotlib.figure import Figure

from catgan import facs, plots
from catgan.explain.attribution.results import Attribution
from catgan.explain.attribution.shapley import UnitAttribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from catgan.explain.attribution.unit_results import ActionUnitAttributions

SHOWN_SIZE = 256
"""Side of a face in a figure, in pixels."""
SMOOTHING = 1 / 40
"""Standard deviation of the Gaussian that a heat map is smoothed by, as a share of the face's side."""
FULL_COLOUR_PERCENTILE = 99.5
"""Percentile of the smoothed sizes at which the colour is full, so that single pixels do not set the scale."""
MAX_OPACITY = 0.85
POSITIVE = (178, 24, 43)
"""RGB of pixels that raise the output."""
NEGATIVE = (33, 102, 172)
"""RGB of pixels that lower it."""
GREY_SHARE = 0.7
"""How far the face under a heat map is turned grey."""


def heat(pixels: np.ndarray) -> np.ndarray:
    """Smooths an attribution `(h, w)` for display and scales it to -1..1."""
    smooth = cv2.GaussianBlur(np.asarray(pixels, np.float64), (0, 0), len(pixels) * SMOOTHING)
    full = np.percentile(np.abs(smooth), FULL_COLOUR_PERCENTILE)
    return np.clip(smooth / full, -1.0, 1.0) if full > 0.0 else np.zeros_like(smooth)


def overlay(image: np.ndarray, strength: np.ndarray, muted: np.ndarray | float = 1.0) -> np.ndarray:
    """Lays a heat map over a picture: red raises the output, blue lowers it.

    Args:
        image: `(h, w, 3)` in 0..255.
        strength: `(h, w)` in -1..1.
        muted: how far the picture below loses its colours, 0..1, `(h, w)` or one number.

    Returns:
        uint8 `(h, w, 3)`; the picture itself where both are 0.
    """
    picture = np.asarray(image, np.float32)
    share = GREY_SHARE * np.asarray(muted, np.float32)[..., None]
    below = picture + share * (picture.mean(-1, keepdims=True) - picture)
    colour = np.where(strength[..., None] > 0.0, POSITIVE, NEGATIVE).astype(np.float32)
    opacity = MAX_OPACITY * np.abs(strength)[..., None].astype(np.float32)
    return np.clip(np.rint(below * (1.0 - opacity) + colour * opacity), 0, 255).astype(np.uint8)


def enlarged(image: np.ndarray, side: int = SHOWN_SIZE) -> np.ndarray:
    """Resizes a picture so that its longer side has `side` pixels."""
    scale = side / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if scale > 1.0 else cv2.INTER_AREA)


def heat_map(image: np.ndarray, pixels: np.ndarray, side: int = SHOWN_SIZE) -> np.ndarray:
    """Draws an attribution `(h, w)` over its face `(h, w, 3)`: uint8, the longer side of `side` pixels."""
    picture = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return overlay(enlarged(picture, side), np.clip(enlarged(heat(pixels), side), -1.0, 1.0))


def draw_attribution(result: Attribution, image: np.ndarray, target: str) -> Figure:
    """Draws a face, the heat map over it, and the attribution of each facial region where the face is square.

    Args:
        result: the attribution.
        image: the face, `(h, w, 3)` in 0..255.
        target: name of the output.
    """
    square = image.shape[0] == image.shape[1]
    figure = _figure(10.0 if square else 6.5, f"{target or 'output'}: {result.method}", _sum_line(result))
    panels = figure.add_gridspec(1, 3 if square else 2, width_ratios=(1.0, 1.0, 1.25) if square else (1.0, 1.0))
    _picture(figure.add_subplot(panels[0]), enlarged(np.clip(np.rint(image), 0, 255).astype(np.uint8)), "face")
    _picture(figure.add_subplot(panels[1]), heat_map(image, result.pixels),
             "attribution\n(red raises the output, blue lowers it)")
    if square:
        regions = result.by_region()
        _bars(figure.add_subplot(panels[2]), list(regions), list(regions.values()), "attribution of facial regions")
    return figure


def draw_unit_attribution(result: ActionUnitAttributions, row: int) -> Figure:
    """Draws face `row` and the attribution of each Action Unit that differs from the baseline."""
    figure = _figure(7.5, f"{result.target}: {result.method}", _sum_line(result[row]))
    panels = figure.add_gridspec(1, 2, width_ratios=(1.0, 1.4))
    _picture(figure.add_subplot(panels[0]), enlarged(result.images[row]), "face")
    levels, starts = result.levels[row], result.baseline_levels[row]
    places = [place for place in np.argsort(-np.abs(result.attributions[row])) if levels[place] != starts[place]]
    names = [_unit_name(result.units[place], starts[place], levels[place]) for place in places]
    _bars(figure.add_subplot(panels[1]), names, [result.attributions[row][place] for place in places],
          "attribution of Action Units" if places else "the face shows no Action Unit")
    return figure


def _unit_name(number: int, start: float, level: float) -> str:
    return f"{facs.au_name(number)} {facs.action_unit(number).name.lower()}, {start:.1f} to {level:.1f}"


def _sum_line(result: Attribution | UnitAttribution) -> str:
    line = f"output {result.baseline_value:.3f} for the baseline, {result.value:.3f} for the face"
    return line if result.convergence_delta is None else f"{line}; convergence delta {result.convergence_delta:+.4f}"


def _figure(width: float, title: str, line: str) -> Figure:
    figure = plots.figure(width, 3.6)
    figure.suptitle(title, fontsize=11, parse_math=False)
    figure.supxlabel(line, fontsize=9, parse_math=False)
    return figure


def _picture(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image)
    axes.set_title(title, fontsize=9)
    axes.axis("off")


def _bars(axes: Axes, names: Sequence[str], values: Sequence[float], title: str) -> None:
    """Draws horizontal bars, the first on top, red for positive values."""
    places = np.arange(len(names))[::-1]
    colours = ["#b2182b" if value > 0.0 else "#2166ac" for value in values]
    axes.barh(places, values, color=colours, height=0.7)
    axes.axvline(0.0, color="black", lw=0.6)
    axes.set_yticks(places, names)
    axes.set_title(title, fontsize=9)
    plots.hide_spines(axes)
    axes.tick_params(labelsize=8)
    axes.margins(x=0.1)
