"""LandmarkRecogniser: tells expressions from the movement of facial landmarks in a short clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from catgan.backend.engine import Tensor
from catgan.errors import ModelError
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions, shapes
from catgan.models.batching import in_batches
from catgan.models.gan.preset_folders import find_preset
from catgan.models.landmarks import presets
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.combination import Combination
from catgan.models.landmarks.network import build_network
from catgan.models.reader import TrainedModel

BATCH_SIZE = 256


@keras.saving.register_keras_serializable("catgan", "landmarks")
class LandmarkRecogniser(TrainedModel):
    """Reads the expression of a clip from landmarks (Di Luzio, Rosato & Panella 2024).

    Each expression has a binary network of its own with its own landmarks, or one network tells all apart
    (`landmarks.joint`). Called as a Keras model as `network` is.

    Args:
        landmarks: kind and sizes of the networks.
        shape: how landmarks become the input.
        classes: names of the expressions, two or more.
        landmarks_of: name of the set of landmarks.
        rate: frames per second.
        frames: of a clip.
        points: int `(members, k)`, the landmarks that each network reads; -1 = none. All by default.
        size: side in pixels of the aligned faces whose landmarks it was trained on; None if unknown. Shapes do not
            depend on it.
        seed: of the weights.
        name: of the Keras model.

    Attributes:
        network: `{"shapes": (n, t, p, c), "seen": (n, t)} -> logits (n, classes)`; p counts all landmarks of the set.
        combination: turns logits into probabilities; fitted on validation clips by training.
        trained_on: the data it was trained on; None if unknown.
        replaced: whether `set_weights` or `load_weights` has been called.
    """

    def __init__(self, landmarks: LandmarkConfig, shape: ShapeOptions, classes: Sequence[str], landmarks_of: str,
                 rate: float, frames: int, points: np.ndarray | None = None, size: int | None = None, seed: int = 0,
                 name: str = "landmarks"):
        super().__init__(name)
        count = landmark_set(landmarks_of).count
        self.landmarks, self.shape, self.classes, self.landmark_set = landmarks, shape, tuple(classes), landmarks_of
        self.rate, self.frames, self.size = float(rate), int(frames), size
        members = 1 if landmarks.joint else len(self.classes)
        self.points = checked_points(np.tile(np.arange(count), (members, 1)) if points is None else points, members,
                                     count)
        outputs = len(self.classes) if landmarks.joint else 1
        self.network: keras.Model = build_network(landmarks, self.points, (self.frames, count, shape.channels), outputs,
                                                  seed)
        self.combination = Combination.identity(len(self.classes), landmarks.joint)
        self.built = True

    # === Keras ===

    def call(self, inputs: Mapping[str, Tensor], training: bool | None = None) -> Tensor:
        """Computes logits, `(n, classes)`."""
        return self.network(inputs, training=training)

    def get_config(self) -> dict[str, object]:
        return {**presets.to_mapping(self), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: object = None) -> LandmarkRecogniser:
        return presets.from_mapping(cls, config, name=config["name"])

    def __repr__(self) -> str:
        return (f"<LandmarkRecogniser '{self.name}': {self.landmarks.kind}, {self.frames} frames at {self.rate:g} a "
                f"second, {self.points_read} of {self.landmark_set}; {', '.join(self.classes)}>")

    @property
    def points_read(self) -> int:
        """Number of different landmarks that at least one network reads."""
        return len(set(self.points.ravel().tolist()) - {-1})

    # === Predict ===

    def shapes(self, points: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes the input of the network.

        Args:
            points: landmarks in pixels, `(n, t, p, 2)`.
            seen: bool `(n, t)`.

        Returns:
            float32 `(n, t, p, c)`, see `catgan.faces.landmark_shapes`.

        Raises:
            ModelError: other numbers of frames or landmarks.
        """
        points, seen = np.asarray(points), np.asarray(seen, bool)
        count = landmark_set(self.landmark_set).count
        if points.ndim != 4 or points.shape[1:3] != (self.frames, count) or points.shape[3] not in (2, 3):
            raise ModelError(f"Clips of landmarks must have the shape (n, {self.frames}, {count}, 2), with the points "
                             f"of {self.landmark_set}. Received: {points.shape}.")
        if seen.shape != points.shape[:2]:
            raise ModelError(f"'seen' must have the shape {points.shape[:2]}. Received: {seen.shape}.")
        found = [shapes(one, mask, self.shape, self.landmark_set) for one, mask in zip(points, seen)]
        return np.stack(found) if found else np.zeros((0, *points.shape[1:3], self.shape.channels), np.float32)

    def logits(self, shapes: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes logits, float32 `(n, classes)`, from `shapes` and bool `(n, t)`."""
        return in_batches(lambda part, mask: self.network.predict_on_batch({"shapes": part, "seen": mask}),
                          np.asarray(shapes, np.float32), np.asarray(seen, np.float32), batch_size=BATCH_SIZE)

    def probabilities(self, shapes: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes calibrated probabilities, float32 `(n, classes)`; rows sum to 1. Arguments as `logits`."""
        return self.combination(self.logits(shapes, seen))

    def predict(self, points: np.ndarray, seen: np.ndarray | None = None) -> np.ndarray:
        """Predicts the expression of clips.

        Args:
            points: landmarks in pixels, `(n, t, p, 2)`.
            seen: bool `(n, t)`; all frames by default.

        Returns:
            Probabilities, float32 `(n, classes)`; rows sum to 1. NaN where no frame was seen.
        """
        points = np.asarray(points)
        mask = np.ones(points.shape[:2], bool) if seen is None else np.asarray(seen, bool)
        found = self.probabilities(self.shapes(points, mask), mask)
        found[~mask.any(1)] = np.nan
        return found

    # === Save and load ===

    def save_to_preset(self, folder: str | Path, half: bool = False) -> None:
        """Writes a preset folder: `config.json` and the weights.

        Args:
            folder: is made if it does not exist.
            half: store weights in 16 bits.
        """
        presets.write_preset(self, Path(folder), half)

    @classmethod
    def from_preset(cls, preset: str | Path) -> LandmarkRecogniser:
        """Loads a trained model; `preset` as in `CatGAN.from_preset`.

        Raises:
            ModelError: there is no such preset, its files are damaged, or it holds another kind of model.
        """
        return presets.read_preset(cls, find_preset(preset))


def checked_points(points: np.ndarray, members: int, count: int) -> np.ndarray:
    """Returns the landmarks of each network as int64 `(members, k)`.

    Raises:
        ModelError: another shape, numbers out of range, a network without a landmark, or one that has one twice.
    """
    given = np.asarray(points)
    if given.ndim != 2 or len(given) != members or given.dtype.kind not in "iu" or not given.size:
        raise ModelError(f"The landmarks to read must be whole numbers of shape ({members}, k). "
                         f"Received: {given.dtype} {given.shape}.")
    if given.min() < -1 or given.max() >= count:
        raise ModelError(f"Landmarks are numbered from 0 to {count - 1}. Received: {given.min()}..{given.max()}.")
    for row in given.tolist():
        kept = [point for point in row if point >= 0]
        if not kept or len(set(kept)) < len(kept):
            raise ModelError(f"Each network must read at least one landmark, and none twice. Received: {row}.")
    return given.astype(np.int64)
