"""Recreates the scenes of a rendered data set: scene number i depends on the settings and (seed, i) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import catgan
from catgan import random_streams
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.synthesis import shortcuts
from catgan.synthesis.face_model import check_size
from catgan.synthesis.moves import move_units
from catgan.synthesis.scene import Sampler, Scene

if TYPE_CHECKING:
    from catgan.data.store import DualDataset

MAX_MOVED_UNITS = 3
"""Maximum number of Action Units that are changed in a face of the share `moved`."""


@dataclass(frozen=True)
class RenderConfig:
    """Holds the settings of a rendered data set.

    Args:
        n: number of faces.
        size: side in pixels.
        seed: of scenes and labels.
        channels: 1 (grey) or 3 (colour).
        missing_au, missing_va: share of faces whose AUs, or whose valence and arousal, are unknown.
        subjects: number of people; every person is in one split.
        rater_noise: standard deviation of the known valence and arousal around the true ones.
        shortcut: name of one of `catgan.synthesis.shortcuts`, whose answer replaces the known valence; or None.
        moved: share of faces in which one to three Action Units get another intensity. Such combinations occur in
            counterfactual faces, but in no expression. The expression of these faces is unknown.
    """

    n: int
    size: int = 64
    seed: int = 0
    channels: int = 3
    missing_au: float = 0.0
    missing_va: float = 0.0
    subjects: int = 1000
    rater_noise: float = 0.0
    shortcut: str | None = None
    moved: float = 0.0

    def __post_init__(self):
        check_settings(self.n, "faces", subjects=self.subjects, size=self.size, channels=self.channels,
                       seed=self.seed)
        if not 0.0 <= self.rater_noise <= 1.0:
            raise DataError(f"'rater_noise' must lie in 0..1. Received: {self.rater_noise:g}.")
        if not 0.0 <= self.moved <= 1.0:
            raise DataError(f"'moved' must lie in 0..1. Received: {self.moved:g}.")
        if self.shortcut is not None:
            shortcuts.shortcut(self.shortcut)
        for name in ("missing_au", "missing_va"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise DataError(f"'{name}' must lie in 0..1 (exclusive). Received: {getattr(self, name):g}.")


def check_settings(count: int, unit: str, *, subjects: int, size: int, channels: int, seed: int) -> None:
    """Checks the settings that renderings of faces and of clips share.

    Args:
        count: number of faces or clips.
        unit: `faces` or `clips`, for the error.
        subjects, size, channels, seed: as in `RenderConfig`.

    Raises:
        CatganError: a value out of range.
    """
    if count < 10 or subjects < 10:
        raise DataError(f"At least 10 {unit} and 10 subjects are needed. Received: {count} and {subjects}.")
    check_size(size)
    if channels not in (1, 3):
        raise DataError(f"'channels' must be 1 or 3. Received: {channels}.")
    if seed < 0:
        raise DataError(f"'seed' must be 0 or more. Received: {seed}.")


def plan_of(config: RenderConfig) -> Info:
    """Returns the identity of a rendering: settings, version of the random streams, version of the package."""
    return {"render": asdict(config), "streams": random_streams.VERSION, "version": catgan.__version__}


def config_of(dataset: DualDataset) -> RenderConfig:
    """Returns the settings of a rendered data set, from which its scenes can be recreated.

    Raises:
        DataError: the faces were not rendered, are frames of rendered clips, or were rendered by a version with other
            random streams.
    """
    plan = dataset.info.get("plan", {})
    if dataset.has_rendered_clips:
        raise DataError(f"{dataset.folder} holds clips: labels of a frame follow from its emotion alone, not from what "
                        "the face shows, and a hand or blur may hide it. Give faces that 'catgan render --n' drew.")
    if "render" not in plan:
        raise DataError(f"{dataset.folder} was not rendered, so nobody knows its faces under other labels, or its "
                        "true counterfactuals. Give the folder that 'catgan render' wrote.")
    check_streams(dataset)
    return RenderConfig(**plan["render"])


def check_streams(dataset: DualDataset) -> None:
    """Raises `DataError` if a data set was rendered by a version with other random streams."""
    version = dataset.info["plan"].get("streams", 1)
    if version != random_streams.VERSION:
        raise DataError(f"{dataset.folder} was rendered by another version of catgan (random streams of version "
                        f"{version}, this one has {random_streams.VERSION}), so its pictures cannot be made again and "
                        "nobody knows its true counterfactuals: render it again.")


def scene_of(index: int, config: RenderConfig) -> Scene:
    """Creates scene number `index`, with the changed Action Units and the planted shortcut of the settings."""
    scene = sampler_of(config).scene(index)
    if is_moved(index, config):
        random = random_streams.generator("scene_moves", config.seed, index)
        scene = scene.with_action_units(move_units(random, scene, int(random.integers(1, 1 + MAX_MOVED_UNITS))))
    return shortcuts.planted(scene, config.shortcut)[0] if config.shortcut else scene


def is_moved(index: int, config: RenderConfig) -> bool:
    """Returns True if scene number `index` is one whose Action Units are changed."""
    return bool(random_streams.generator("scene_is_moved", config.seed, index).random() < config.moved)


@lru_cache(maxsize=2)
def sampler_of(config: RenderConfig) -> Sampler:
    """Returns the sampler of the scenes of a rendering."""
    return Sampler(seed=config.seed, subjects=config.subjects)


class RowScenes(Sequence[Scene]):
    """Recreates the scenes of the rows of a rendered split, in their order, each on access.

    Attributes:
        numbers: int64 `(n,)`, the number of the scene or clip of each row.
    """

    def __init__(self, dataset: DualDataset, split: str):
        first = pc.list_element(dataset.table(split, ["sources"])["sources"], 0)  # "render/123"
        names = pc.replace_substring_regex(first, pattern=".*/", replacement="")
        self.numbers: np.ndarray = names.cast(pa.int64()).to_numpy()

    def scene(self, row: int) -> Scene:
        """Recreates the scene of a row, from 0."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, row: int) -> Scene: ...

    @overload
    def __getitem__(self, row: slice) -> list[Scene]: ...

    def __getitem__(self, row: int | slice) -> Scene | list[Scene]:
        rows = range(len(self))[row]
        return self.scene(rows) if isinstance(rows, int) else [self.scene(place) for place in rows]


class Scenes(RowScenes):
    """Recreates the scenes of the faces of a rendered split, in the order of its rows, each on access.

    Pictures and labels of these faces follow from their scenes alone; that is not so for frames of clips
    (`clip_scenes.ClipScenes`).

    Args:
        dataset: a data set written by `catgan render --n`.
        split: `train`, `validation`, `test` or `all`.

    Raises:
        DataError: see `config_of`.

    Attributes:
        config: the settings of the rendering.
        numbers: int64 `(n,)`, the number of each scene.
    """

    def __init__(self, dataset: DualDataset, split: str):
        self.config = config_of(dataset)
        super().__init__(dataset, split)

    def scene(self, row: int) -> Scene:
        return scene_of(int(self.numbers[row]), self.config)
