"""What an answer states of its change is what was drawn: rounding before drawing, words, and drawing it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.drawers.common import drawer_of
from catgan.models.gan.changes import DIGITS, exact, lowest
from catgan.models.gan.model import CatGAN

STEP = 10.0 ** -DIGITS

Changes = Mapping[str, tuple[float, float]]
"""Per AU name the level as read, 0..5, and the level drawn, which may lie below 0."""


def outward(settings: np.ndarray, levels: np.ndarray, past: float, by: float = 0.0) -> np.ndarray:
    """Rounds changes to the decimals that are stated, away from no change, so that what was reached stays reached.

    Args:
        settings: intensities 0..5 that the faces have now, of `DIGITS` decimals, `(n, k)`.
        levels: those asked for, `(n, k)`.
        past: levels below 0 that may be drawn, see `catgan.explain.drawers.common`.
        by: levels to add to the size of every change.

    Returns:
        Levels from `-past`, less for what was hardly read, to 5, `(n, k)`.
    """
    change = levels - settings
    size = np.ceil(np.abs(change) / STEP - 1e-4) * STEP + by * (np.abs(change) > 1e-6)
    return exact(np.clip(settings + np.sign(change) * size, lowest(settings, past), 5.0))


def inward(settings: np.ndarray, levels: np.ndarray, by: float = 0.0) -> np.ndarray:
    """Rounds changes as `outward`, but towards no change, which each comes nearer to by `by` levels."""
    size = np.maximum(np.floor(np.abs(levels - settings) / STEP + 1e-4) * STEP - by, 0.0)
    return exact(settings + np.sign(levels - settings) * size)


def changes_of(units: tuple[int, ...], settings: np.ndarray, levels: np.ndarray) -> dict[str, tuple[float, float]]:
    """Names the changes from `settings` to `levels` `(k,)` of Action Units with these FACS numbers."""
    return {facs.au_name(number): (float(now), float(to)) for number, now, to in zip(units, settings, levels)
            if abs(to - now) > 1e-6}


def differences(changes: Changes) -> dict[str, float]:
    """Says by how many levels each Action Unit changes: what the editor was told."""
    return {name: round(to - now, DIGITS) for name, (now, to) in changes.items()}


def beyond(changes: Changes) -> dict[str, float]:
    """Says by how many levels Action Units go further down than to 0 from what was read."""
    return {name: round(-to, DIGITS) for name, (_, to) in changes.items() if to < 0.0}


def said(changes: Changes) -> str:
    """Says changes in words: `AU04 brow lowerer goes from 0.00 to 2.50, ... and ...`."""
    parts = [_said(name, now, to) for name, (now, to) in changes.items()]
    return " and ".join([", ".join(parts[:-1])] * (len(parts) > 1) + parts[-1:])


def _said(name: str, now: float, to: float) -> str:
    title = f"{name} {facs.action_unit(facs.parse_action_unit(name)).name.lower()}"
    if to >= 0.0:
        return f"{title} goes from {now:.2f} to {to:.2f}"
    return f"{title} goes down by {now - to:.2f} (from {now:.2f}, as read, to 0 and {-to:.2f} beyond what was read)"


def redraw(gan: CatGAN, image: np.ndarray, answer: Mapping[str, Any],
           drawer: Callable[..., Any] | None = None) -> np.ndarray:
    """Draws the changed face of an answer again, from what `counterfactual.json` says alone.

    Args:
        gan: what drew the answer.
        image: the aligned face that was explained, uint8 `(side, side, 3)`.
        answer: the content of `counterfactual.json`, or `Counterfactual.to_dict()`.
        drawer: the one that the answer was made with, where one was given.

    Returns:
        uint8 `(side, side, 3)`: the same pixels as the answer's.

    Raises:
        CatganError: an answer that lacks `differences`, or names Action Units that the model does not have.
    """
    asked, image = answer.get("differences"), np.asarray(image)
    known = [facs.au_name(number) for number in gan.spec.action_units]
    if not isinstance(asked, Mapping) or not set(asked) <= set(known):
        raise CatganError(f"An answer to redraw holds 'differences' of Action Units among {', '.join(known)}. "
                          f"Received: {asked!r}.")
    if not asked:
        return image.copy()
    pen = (drawer or drawer_of(gan))(gan, image[None], None, int(answer.get("seed", 0)))
    levels = pen.settings + [[float(asked.get(facs.au_name(number), 0.0)) for number in pen.units]]
    return np.asarray(pen.drawn(np.array([0]), levels)[0][0])
