"""Drawers of changed clips: a model's editor for any clip, and the exact renderer for rendered ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from catgan.errors import CatganError
from catgan.explain.clips.clip import Clip
from catgan.explain.drawers.common import settings_of
from catgan.explain.drawers.editor import EditorDrawer
from catgan.faces.tracks import smoothed
from catgan.models.gan.changes import INTENSITY_SLACK, lowest
from catgan.models.gan.model import CatGAN
from catgan.synthesis.clip_flaws import spoil
from catgan.synthesis.clip_truth import ClipTruth
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer

READING_SECONDS = 0.04
"""Standard deviation, in seconds, of the Gaussian that smooths what an editor reads, because a change that follows
noisy readings flickers. A longer one blurs speech and blinks, and lowers Action Units that a frame does not show."""


class ClipDrawer(Protocol):
    """Draws the frames of one clip with other intensities of their k Action Units."""

    @property
    def name(self) -> str:
        """`"editor"` or `"renderer"`."""

    @property
    def units(self) -> tuple[int, ...]:
        """FACS numbers, `(k,)`."""

    @property
    def levels(self) -> np.ndarray:
        """Intensities 0..5 that the frames show now, `(t, k)`."""

    @property
    def lowest(self) -> np.ndarray:
        """Least difference that can be drawn, 0 or less, `(t, k)`."""

    def draw(self, rows: np.ndarray, changes: np.ndarray) -> np.ndarray:
        """Draws frames `rows` `(m,)` with differences of intensities `(m, k)`, uint8 `(m, side, side, 3)`.

        A frame without a difference comes back as it is.
        """


def highest(drawer: ClipDrawer) -> np.ndarray:
    """Returns the largest difference that a drawer draws, 0 or more, `(t, k)`."""
    return np.maximum(5.0 - drawer.levels, 0.0)


class EditorClipDrawer:
    """Draws with a model's editor, frame by frame.

    The discriminator reads the intensities of every frame; they are smoothed over time, so that a smooth change is
    drawn smoothly.

    Args:
        gan: a model with an editor, of the size of the frames.
        clip: the frames.

    Raises:
        CatganError: a model without an editor or Action Units, or of another size.
    """

    name = "editor"

    def __init__(self, gan: CatGAN, clip: Clip):
        if gan.editor is None or not gan.spec.action_units:
            raise CatganError("Changed clips are drawn by a model with an editor of Action Units, such as "
                              "'rendered_64'.")
        if gan.network.image_size != clip.images.shape[1]:
            raise CatganError(f"The editor draws faces of {gan.network.image_size} px. Received: frames of "
                              f"{clip.images.shape[1]} px.")
        self.units = gan.spec.action_units
        read = np.full((len(clip), len(self.units)), np.nan)
        read[clip.rows] = settings_of(gan, clip.images[clip.rows])
        self.levels = np.nan_to_num(smoothed(read, clip.times, READING_SECONDS))
        self.lowest = lowest(self.levels, INTENSITY_SLACK) - self.levels
        self._images, self._drawer = clip.images, EditorDrawer(gan, clip.images, self.levels)

    def draw(self, rows: np.ndarray, changes: np.ndarray) -> np.ndarray:
        drawn = self._images[rows].copy()
        moved = np.flatnonzero((changes != 0.0).any(1))
        if len(moved):
            at = rows[moved]
            drawn[moved] = self._drawer.draw(at, self._drawer.settings[at] + changes[moved])
        return drawn


class SceneClipDrawer:
    """Draws the truth: renders the frames of a rendered clip with other Action Units, with the same flaws.

    Args:
        truth: all that is known of the clip.
        frames: numbers of its frames that the explained clip has, -1 where the face was not seen, int `(t,)`.
        clip: the explained clip.
        channels: 1 or 3, as it was rendered.
        units: FACS numbers that may change.
    """

    name = "renderer"

    def __init__(self, truth: ClipTruth, frames: np.ndarray, clip: Clip, channels: int,
                 units: Sequence[int] = ACTION_UNITS):
        self.units, self._truth, self._frames, self._channels = tuple(units), truth, frames, channels
        self._images, self._renderer, self._scenes = clip.images, Renderer(clip.images.shape[1]), truth.scenes()
        places = [ACTION_UNITS.index(number) for number in self.units]
        self.levels = np.where(frames[:, None] >= 0, truth.visible[frames][:, places], 0.0)
        self.lowest = -self.levels

    def draw(self, rows: np.ndarray, changes: np.ndarray) -> np.ndarray:
        drawn = self._images[rows].copy()
        moved = np.flatnonzero((changes != 0.0).any(1))
        if len(moved):
            frames = self._frames[rows[moved]]
            levels = np.clip(self.levels[rows[moved]] + changes[moved], 0.0, 5.0)
            scenes = [replace(self._scenes[frame], action_units={
                **self._scenes[frame].action_units, **dict(zip(self.units, row.tolist()))})
                for frame, row in zip(frames.tolist(), levels)]
            clean = self._renderer.render(scenes, self._channels)[0]
            drawn[moved] = [spoil(image, self._truth.flaws.hands[frame], self._truth.flaws.smears[frame])
                            for image, frame in zip(clean, frames.tolist())]
        return drawn
