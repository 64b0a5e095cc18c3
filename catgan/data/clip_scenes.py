"""Recreates the clips of a rendered data set with all that is true of them: emotion, rest, speech, blinks, flaws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

import catgan
from catgan import random_streams
from catgan.data.scenes import RowScenes, check_settings, check_streams
from catgan.data.schema import Info
from catgan.errors import DataError
from catgan.synthesis.clip_plans import plan_clip
from catgan.synthesis.clip_truth import LAYERS, ClipSettings, ClipTruth
from catgan.synthesis.raters import Raters
from catgan.synthesis.scene import Scene

if TYPE_CHECKING:
    from catgan.data.store import DualDataset


@dataclass(frozen=True)
class ClipConfig:
    """Holds the settings of a data set of rendered clips.

    Args:
        clips: number of clips.
        frames: frames of each clip.
        rate: frames per second.
        size: side in pixels.
        seed: of clips and ratings.
        channels: 1 (grey) or 3 (colour).
        subjects: number of people; every person is in one split.
        without: names of `clip_truth.LAYERS` that the clips do not have.
        task: None, or two classes that only time tells apart; see `clip_tasks`.
        raters: number of raters whose mean is the annotation.
        rater_delay: seconds from what is seen to what is annotated.
        rater_smoothing: standard deviation of the smoothing over time of valence and arousal, in seconds.
        rater_noise: standard deviation of the error of one rater.
    """

    clips: int
    frames: int = 40
    rate: float = 12.5
    size: int = 64
    seed: int = 0
    channels: int = 3
    subjects: int = 1000
    without: tuple[str, ...] = ()
    task: str | None = None
    raters: int = 1
    rater_delay: float = 0.0
    rater_smoothing: float = 0.2
    rater_noise: float = 0.0

    def __post_init__(self) -> None:
        check_settings(self.clips, "clips", subjects=self.subjects, size=self.size, channels=self.channels,
                       seed=self.seed)
        if self.task is not None and self.clips % 2:
            raise DataError(f"Tasks have pairs of clips, one of each class. Received: {self.clips} clips.")
        # One order of names, so that the same settings are the same rendering.
        settings = ClipSettings(self.frames, self.rate, self.seed, self.subjects, tuple(self.without), self.task)
        object.__setattr__(self, "without", tuple(name for name in LAYERS if name in settings.without))
        if self.rating.delay >= self.frames / self.rate:
            raise DataError(f"Raters who are {self.rater_delay:g} s late see nothing of clips of "
                            f"{self.frames / self.rate:g} s. Give a smaller delay, or more frames.")

    @property
    def settings(self) -> ClipSettings:
        """Returns how the clips are planned."""
        return ClipSettings(self.frames, self.rate, self.seed, self.subjects, self.without, self.task)

    @property
    def rating(self) -> Raters:
        """Returns the raters."""
        return Raters(self.raters, self.rater_delay, self.rater_smoothing, self.rater_noise)


def plan_of(config: ClipConfig) -> Info:
    """Returns the identity of a rendering: settings, version of the random streams, version of the package."""
    return {"render_clips": {**asdict(config), "without": list(config.without)}, "streams": random_streams.VERSION,
            "version": catgan.__version__}


def config_of(dataset: DualDataset) -> ClipConfig:
    """Returns the settings of a data set of rendered clips, from which they can be recreated.

    Raises:
        DataError: the faces are not rendered clips, or were rendered by a version with other random streams.
    """
    plan = dataset.info.get("plan", {})
    if "render_clips" not in plan:
        raise DataError(f"{dataset.folder} does not hold rendered clips, so nobody knows what in its faces is emotion, "
                        "rest or speech. Give the folder that 'catgan render --clips' wrote.")
    check_streams(dataset)
    return ClipConfig(**plan["render_clips"])


@lru_cache(maxsize=8)
def clip_number(number: int, config: ClipConfig) -> ClipTruth:
    """Recreates clip number `number` of a rendering."""
    return plan_clip(config.settings, number)


def video_name(number: int, config: ClipConfig) -> str:
    """Returns the name of a clip in the column `video`."""
    return f"clip{config.seed}-{number:06d}"


def clip_of(dataset: DualDataset, video: str) -> ClipTruth:
    """Recreates a clip of a rendered data set, with all that is true of it.

    Args:
        dataset: a data set written by `catgan render --clips`.
        video: its name in the column `video`. The column `frame` counts the frames of the result.

    Raises:
        DataError: see `config_of`; or there is no such clip.
    """
    config = config_of(dataset)
    number = video.rpartition("-")[2]
    if not number.isdecimal() or int(number) >= config.clips or video_name(int(number), config) != video:
        raise DataError(f"{dataset.folder} has no clip '{video}'. Its clips are {video_name(0, config)} to "
                        f"{video_name(config.clips - 1, config)}.")
    return clip_number(int(number), config)


@lru_cache(maxsize=8)
def _scenes(number: int, config: ClipConfig) -> list[Scene]:
    return clip_number(number, config).scenes()


class ClipScenes(RowScenes):
    """Recreates the scenes of the frames of rendered clips, in the order of the rows of a split, each on access.

    A scene shows what is visible: the Action Units of all layers. Hands and motion blur are not part of it; `clip`
    gives them, and the layers.

    Args:
        dataset: a data set written by `catgan render --clips`.
        split: `train`, `validation`, `test` or `all`.

    Raises:
        DataError: see `config_of`.

    Attributes:
        config: the settings of the rendering.
        numbers: int64 `(n,)`, the number of the clip of each row.
        frames: int64 `(n,)`, the number of the frame in its clip.
    """

    def __init__(self, dataset: DualDataset, split: str):
        self.config = config_of(dataset)
        super().__init__(dataset, split)
        self.frames: np.ndarray = dataset.table(split, ["frame"])["frame"].to_numpy()

    def scene(self, row: int) -> Scene:
        return _scenes(int(self.numbers[row]), self.config)[int(self.frames[row])]

    def clip(self, row: int) -> ClipTruth:
        """Returns the clip that row `row` is a frame of."""
        return clip_number(int(self.numbers[row]), self.config)
