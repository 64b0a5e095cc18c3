"""Describes clips with known truth: a person, episodes of emotion, and what else moves or hides the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan import random_streams
from catgan.errors import DataError, unknown_name
from catgan.synthesis import clip_layers
from catgan.synthesis.clip_flaws import Flaws, flaws_of, spoil
from catgan.synthesis.clip_layers import Episode, visible
from catgan.synthesis.clips import LARGEST_ANGLE_DEGREES, head_path
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, Scene, valence_arousal

LAYERS = ("rest", "speech", "blinks", "motion", "occlusion", "blur", "missing")
"""What a clip has beside its emotion, and can do without."""
TASKS: Mapping[str, tuple[str, str]] = {"order": ("surprise", "anger"), "rest": ("happiness", "sadness")}
"""Two classes that only time tells apart, see `clip_tasks`, and the names of expressions that stand for them."""


@dataclass(frozen=True)
class ClipSettings:
    """Describes how clips are planned.

    Args:
        frames: number of frames, 3 or more.
        rate: frames per second.
        seed: of everything.
        subjects: number of people.
        without: names of `LAYERS` that the clips do not have.
        task: None, or a name of `TASKS`: two classes that only time tells apart.
    """

    frames: int = 40
    rate: float = 12.5
    seed: int = 0
    subjects: int = 1000
    without: tuple[str, ...] = ()
    task: str | None = None

    def __post_init__(self) -> None:
        if self.frames < 3 or not 0.0 < self.rate <= 1000.0:
            raise DataError("A clip has 3 frames or more, at a rate above 0 and at most 1000 per second. "
                            f"Received: {self.frames} at {self.rate:g}.")
        for name in self.without:
            if name not in LAYERS:
                raise unknown_name("layer", name, LAYERS)
        if self.task is not None and self.task not in TASKS:
            raise unknown_name("task", self.task, TASKS)
        if self.task == "rest" and self.frames % 2:
            raise DataError(f"The task 'rest' needs an even number of frames. Received: {self.frames}.")

    @property
    def times(self) -> np.ndarray:
        """Returns the time of each frame in seconds, float64 `(frames,)`."""
        return np.arange(self.frames) / self.rate


@dataclass(frozen=True)
class ClipTruth:
    """Holds all that is known about a clip.

    Attributes:
        number: of the clip.
        base: person, light, background and average pose.
        times: float64 `(frames,)`, seconds.
        episodes: of emotion.
        emotion, speech: float64 `(frames, 17)`, Action Units of these layers. Emotion is below 0 only in the task
            `rest`, where a face shows less than at rest.
        rest: float64 `(17,)`, the person's face at rest.
        blink: float64 `(frames,)`, AU43 of blinks.
        poses: float64 `(frames, 3)`, yaw, pitch and roll in degrees.
        flaws: what hides the face.
        expressions: the name of the expression per frame; the task's class in tasks.
        words: per frame the expression that valence and arousal are computed with, or None.
        noise: int `(frames,)`, number of the camera noise of each frame.
    """

    number: int
    base: Scene
    times: np.ndarray
    episodes: tuple[Episode, ...]
    emotion: np.ndarray
    rest: np.ndarray
    speech: np.ndarray
    blink: np.ndarray
    poses: np.ndarray
    flaws: Flaws
    expressions: tuple[str, ...]
    words: tuple[str | None, ...]
    noise: np.ndarray

    @property
    def visible(self) -> np.ndarray:
        """Returns the Action Units that the face shows, float64 `(frames, 17)`, 0..5."""
        return visible(self.emotion, self.rest, self.speech, self.blink)

    @property
    def valence_arousal(self) -> np.ndarray:
        """Returns the true valence and arousal, which follow from the emotion alone, float64 `(frames, 2)`."""
        return np.array([valence_arousal(dict(zip(ACTION_UNITS, units)), word)
                         for units, word in zip(self.emotion.tolist(), self.words)])

    def with_emotion(self, emotion: np.ndarray) -> ClipTruth:
        """Returns the same clip with other Action Units of emotion: a true counterfactual. `expressions` and `episodes`
        stay as they were."""
        return replace(self, emotion=np.asarray(emotion, float))

    def scenes(self) -> list[Scene]:
        """Returns a scene per frame, without the flaws; its Action Units are those that are visible."""
        return [replace(self.base, action_units={number: value for number, value in zip(ACTION_UNITS, units) if value},
                        expression=word, pose=tuple(pose), frame=frame)
                for units, word, pose, frame in zip(self.visible.tolist(), self.words, self.poses.tolist(),
                                                    self.noise.tolist())]

    def spoiled(self, images: np.ndarray) -> np.ndarray:
        """Draws hands and motion blur over the frames, uint8 `(frames, side, side, 3)`; returns a new array."""
        return np.stack([spoil(*frame) for frame in zip(images, self.flaws.hands, self.flaws.smears)])

    def draw(self, renderer: Renderer, channels: int = 3) -> np.ndarray:
        """Draws all frames, those in which no face is found too, uint8 `(frames, side, side, 3)`."""
        return self.spoiled(renderer.render(self.scenes(), channels)[0])


def plan_around(settings: ClipSettings, number: int, episodes: Sequence[Episode], words: Sequence[str | None],
                expressions: Sequence[str]) -> ClipTruth:
    """Plans a clip of these episodes: person and light of scene `number`, layers and flaws of the settings.

    Arguments are those of `ClipTruth`.
    """
    seed, times, without = settings.seed, settings.times, settings.without
    sampler = Sampler(seed, settings.subjects)
    base, person = sampler.scene(number), sampler.subject_of(number)
    still = np.zeros((settings.frames, len(ACTION_UNITS)))
    flaws = flaws_of(seed, number, times, *(kind not in without for kind in ("occlusion", "blur", "missing")))
    return ClipTruth(
        number, base, times, tuple(episodes), clip_layers.emotion_of(episodes, times)[0],
        still[0] if "rest" in without else clip_layers.resting_face(seed, person),
        still if "speech" in without else clip_layers.speech(seed, number, times),
        still[:, 0] if "blinks" in without else clip_layers.blinks(seed, number, times),
        _poses(settings, number, base), flaws, tuple(expressions), tuple(words), np.arange(settings.frames))


def _poses(settings: ClipSettings, number: int, base: Scene) -> np.ndarray:
    """Returns yaw, pitch and roll of each frame in degrees, `(frames, 3)`."""
    average = np.tile(base.pose, (settings.frames, 1))
    if "motion" in settings.without:
        return average
    random = random_streams.generator("clip_motion", settings.seed, number)
    path = head_path(settings.frames, settings.rate, random)
    return np.clip(average + path, -LARGEST_ANGLE_DEGREES, LARGEST_ANGLE_DEGREES)
