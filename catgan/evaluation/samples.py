"""Sheets of generated faces from fixed latents, to watch a training."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from catgan import facs, random_streams
from catgan.faces.images import column_titles, grid
from catgan.models.gan.model import CatGAN


AU_LEVEL = 5.0
"""Intensity of each Action Unit in a sweep."""
DIMENSION_LEVELS = (-0.7, 0.7)
"""Values of valence and arousal in a sweep."""


class _Labels(TypedDict, total=False):
    """Arguments of `CatGAN.condition`."""

    action_units: dict[int, float]
    valence: float
    arousal: float


def fixed_latents(n: int, size: int, seed: int = 0) -> np.ndarray:
    """Draws latents float32 `(n, size)` that depend on the seed alone."""
    return random_streams.generator("sample_latents", seed).standard_normal((n, size)).astype(np.float32)


def free_samples(gan: CatGAN, n: int = 64, seed: int = 0) -> np.ndarray:
    """Generates `n` faces without asking for labels, as one sheet."""
    latents = fixed_latents(n, gan.network.latent_size, seed)
    return grid(gan.draw(latents, np.repeat(gan.condition(), n, axis=0)), columns=round(n ** 0.5))


def sweep(gan: CatGAN, people: int = 6, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Generates a sheet with one row a person (latent) and one column a label: neutral, each AU alone at 5, valence (V)
    and arousal (A) at -0.7 and 0.7.

    Returns:
        The sheet, and the titles of its columns.
    """
    settings = _settings(gan)
    latents = fixed_latents(people, gan.network.latent_size, seed)
    conditions = np.concatenate([gan.condition(**labels) for _, labels in settings])
    faces = gan.draw(np.repeat(latents, len(settings), axis=0), np.tile(conditions, (people, 1)))
    titles = [title for title, _ in settings]
    return np.concatenate([column_titles(titles, faces.shape[2] + 1), grid(faces, columns=len(settings))]), titles


def _settings(gan: CatGAN) -> list[tuple[str, _Labels]]:
    absent = {number: 0.0 for number in gan.spec.action_units}
    settings: list[tuple[str, _Labels]] = [("neutral", {"action_units": absent})] if absent else []
    settings += [(facs.au_name(number), {"action_units": {**absent, number: AU_LEVEL}}) for number in absent]
    if gan.spec.valence_arousal:
        settings += [(f"V {value:+}", {"valence": value}) for value in DIMENSION_LEVELS]
        settings += [(f"A {value:+}", {"arousal": value}) for value in DIMENSION_LEVELS]
    return settings
