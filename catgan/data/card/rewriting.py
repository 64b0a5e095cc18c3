"""Rewrites the card of a finished data set."""

from __future__ import annotations

import os
from pathlib import Path

from catgan.data.card import report
from catgan.data.store import load_dataset
from catgan.errors import DataError


def write_card(folder: str | os.PathLike) -> Path:
    """Rewrites `card.md` and `figures/` of a data set from `dataset.json` and the shards alone.

    Pictures of merged pairs and of rejected files are not in the shards, so their figures stay as the build drew them.

    Args:
        folder: data set of `catgan build` or `catgan render`.

    Returns:
        The path of the card.

    Raises:
        DataError: the folder holds no data set, or one of another command, which has its own card.
    """
    dataset = load_dataset(folder)
    if dataset.has_rendered_clips:
        from catgan.data import clip_scenes, render_clips

        render_clips.write_card(dataset.folder, clip_scenes.config_of(dataset), dataset.info)
    elif dataset.is_rendered:
        from catgan.data import render, scenes

        render.write_card(dataset.folder, scenes.config_of(dataset), dataset.info)
    elif "build_people" in dataset.info.get("plan", {}):
        from catgan.data.people import card

        card.write(dataset.folder, dataset.info)
    elif "recipe" in dataset.info and "completed" not in dataset.info:
        report.write(dataset.folder, dataset.info)
    else:
        raise DataError(f"{folder} was written neither by 'catgan build' nor by 'catgan render', so its card cannot "
                        "be written again.")
    return dataset.folder / "card.md"
