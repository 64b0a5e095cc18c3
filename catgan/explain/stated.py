"""Changes of Action Units as answers state them: rounded before they are drawn, so that they can be drawn again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.drawers import DrawerFactory, drawer_of
from catgan.models.gan.changes import DIGITS, exact, lowest
from catgan.models.gan.faces import FaceGAN

STEP = 10.0 ** -DIGITS
"""Levels by which stated intensities differ at the least."""

Changes = Mapping[str, tuple[float, float]]
"""Per AU name the level as read, 0..5, and the level as drawn, which may lie below 0."""


def round_outward(settings: np.ndarray, levels: np.ndarray, intensity_slack: float, nudge: float = 0.0) -> np.ndarray:
    """Rounds changes to the stated decimals, away from no change: what reached a target still reaches it.

    Args:
        settings: intensities 0..5 that the faces have now, of `DIGITS` decimals, `(n, k)`.
        levels: intensities to draw, `(n, k)`.
        intensity_slack: levels below 0 that may be drawn, see `catgan.explain.drawers.Drawer`.
        nudge: levels to add to the size of every change.

    Returns:
        Levels up to 5, `(n, k)`. The lowest is `-intensity_slack`, nearer to 0 for units that were hardly read.
    """
    change = levels - settings
    size = np.ceil(np.abs(change) / STEP - 1e-4) * STEP + nudge * (np.abs(change) > 1e-6)
    return exact(np.clip(settings + np.sign(change) * size, lowest(settings, intensity_slack), 5.0))


def round_inward(settings: np.ndarray, levels: np.ndarray, nudge: float = 0.0) -> np.ndarray:
    """Rounds changes to the stated decimals, towards no change; `nudge` levels are taken off the size of each."""
    size = np.maximum(np.floor(np.abs(levels - settings) / STEP + 1e-4) * STEP - nudge, 0.0)
    return exact(settings + np.sign(levels - settings) * size)


def changes_of(units: tuple[int, ...], settings: np.ndarray, levels: np.ndarray) -> dict[str, tuple[float, float]]:
    """Returns the changes from `settings` to `levels` `(k,)` by AU name, without units that stay.

    Args:
        units: FACS numbers, `(k,)`.
        settings, levels: intensities, `(k,)`.
    """
    return {facs.au_name(number): (float(now), float(to)) for number, now, to in zip(units, settings, levels)
            if abs(to - now) > 1e-6}


def differences(changes: Changes) -> dict[str, float]:
    """Returns the change of each Action Unit in levels, as the editor takes it."""
    return {name: round(to - now, DIGITS) for name, (now, to) in changes.items()}


def beyond(changes: Changes) -> dict[str, float]:
    """Returns by how many levels Action Units are drawn below 0."""
    return {name: round(-to, DIGITS) for name, (_, to) in changes.items() if to < 0.0}


def redraw(gan: FaceGAN, image: np.ndarray, answer: Mapping[str, object],
           drawer: DrawerFactory | None = None) -> np.ndarray:
    """Draws the changed face of an answer again from the content of `counterfactual.json`.

    Args:
        gan: the model that drew the answer.
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
    seed = answer.get("seed", 0)
    made = (drawer or drawer_of(gan))(gan, image[None], None, seed if isinstance(seed, int) else 0)
    levels = made.settings + [[float(asked.get(facs.au_name(number), 0.0)) for number in made.units]]
    return np.asarray(made.drawn(np.array([0]), levels)[0][0])
