"""ClipRecogniser: a CNN trunk, a temporal network and label heads as one Keras model that reads clips of a face."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from keras import ops

from catgan.backend.engine import Tensor
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.batching import in_batches
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.columns import decode_labels
from catgan.models.gan.heads import heads_of
from catgan.models.gan.preset_folders import find_preset
from catgan.models.pixels import to_network
from catgan.models.reader import LabelReader
from catgan.models.sequence import presets
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.overlap import from_means, gather_windows, join_windows, to_means, window_starts
from catgan.models.sequence.temporal import HIDDEN, build_temporal
from catgan.models.sequence.trunk import build_trunk

Columns = dict[str, np.ndarray]
"""Predictions by name of the column."""


@keras.saving.register_keras_serializable("catgan", "clips")
class ClipRecogniser(LabelReader):
    """Reads Action Units, valence, arousal and expressions in clips of one face.

    Called as a Keras model: `{"images": (n, t, side, side, channels) in [-1, 1], "seen": (n, t)}` to the inputs of the
    label heads, see `catgan.models.sequence.temporal`; `decode` turns them into labels.

    Args:
        sequence: kind and sizes of the temporal network.
        network: sizes of the trunk.
        spec: labels, in the order the network sees them.
        rate: frames per second of the clips.
        frames: length of a window in frames. Longer clips are read in overlapping windows.
        precision: a Keras dtype policy of the trunk; the temporal network is always float32.
        thresholds: per AU number, the probability or intensity from which the AU counts as present.
        seed: of the initial weights.
        name: of the Keras model.

    Attributes:
        trunk, temporal: the networks, Keras models.
        calibration: corrections of the predicted variances; learned on validation by training.
        trained_on: the faces it was trained on; None if unknown.
        replaced: whether `set_weights` or `load_weights` has been called.
    """

    def __init__(self, sequence: SequenceConfig, network: NetworkConfig, spec: LabelSpec, rate: float, frames: int,
                 precision: str = "float32", thresholds: Mapping[int, float] | None = None, seed: int = 0,
                 name: str = "clips"):
        super().__init__(network, spec, precision, thresholds, name)
        self.sequence, self.rate, self.frames = sequence, float(rate), int(frames)
        self.heads = tuple(heads_of(network, spec))
        self.trunk: keras.Model = build_trunk(network, precision, seed)
        self.temporal: keras.Model = build_temporal(sequence, self.heads, network.features, seed)
        self.built = True

    @property
    def causal(self) -> bool:
        """Tells whether the answer for a frame depends on no later frame."""
        return self.sequence.causal

    @property
    def look_ahead(self) -> int:
        """Returns the number of later frames that the answer for a frame needs."""
        return self.sequence.look_ahead(self.frames)

    # === Keras ===

    def call(self, inputs: Mapping[str, Tensor], training: bool | None = None) -> dict[str, Tensor]:
        """Runs trunk and temporal network; any number of frames."""
        images = inputs["images"]
        shape = ops.shape(images)
        features = self.trunk(ops.reshape(images, (-1, *images.shape[2:])), training=training)
        features = ops.reshape(features, (shape[0], shape[1], self.network.features))
        return self.temporal({"features": features, "seen": inputs["seen"]}, training=training)

    def get_config(self) -> dict[str, object]:
        return {**presets.to_mapping(self), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: object = None) -> ClipRecogniser:
        return presets.from_mapping(cls, config, name=config["name"])

    def __repr__(self) -> str:
        return (f"<ClipRecogniser '{self.name}': {self.sequence.kind}, {self.frames} frames of "
                f"{self.network.image_size} px at {self.rate:g} a second; {self._labels_read()}>")

    def decode(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Computes the predictions of the label heads from the outputs of the temporal network.

        Args:
            outputs: `(n, t, units)` by head.

        Returns:
            Tensors `(n, t, k)` by name, as `catgan.models.heads` describes them.
        """
        found: dict[str, Tensor] = {}
        for head in self.heads:
            raw = outputs[head.name]
            shape = ops.shape(raw)
            for name, value in head.outputs(ops.reshape(raw, (-1, head.units))).items():
                found[name] = ops.reshape(value, (shape[0], shape[1], *value.shape[1:]))
        return found

    # === Predict ===

    def features(self, images: np.ndarray, batch_size: int | None = None) -> np.ndarray:
        """Computes the trunk's features of aligned faces.

        Args:
            images: uint8 `(n, side, side, 3)` RGB.
            batch_size: faces at once; by default up to 64.

        Returns:
            float32 `(n, features)`.
        """
        return in_batches(lambda part: self.trunk.predict_on_batch(to_network(part, self.network.channels)),
                          self._checked(images), batch_size=batch_size)

    def outputs(self, features: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
        """Computes predictions by head, and `"hidden"`, of windows of equal length; arguments as `read_features`."""
        def one_batch(part: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
            raw = self.temporal.predict_on_batch({"features": part, "seen": mask})
            decoded = {name: np.asarray(value) for name, value in self.decode(raw).items()}
            return {**decoded, HIDDEN: raw[HIDDEN]}

        return in_batches(one_batch, np.asarray(features, np.float32), np.asarray(seen, np.float32))

    def read_features(self, features: np.ndarray, seen: np.ndarray) -> Columns:
        """Predicts the labels of windows from the features of their frames.

        Args:
            features: `(n, t, features)`.
            seen: bool `(n, t)`, False for frames without the face.

        Returns:
            Columns `(n, t)` as `CatGAN.read` returns them with `classes=True`, without `realness`. Frames that are not
            seen have predictions too, which come from their neighbours.
        """
        return self.columns(self.outputs(features, seen))

    def read_track(self, features: np.ndarray, seen: np.ndarray, stride: int | None = None) -> Columns:
        """Predicts the labels of one clip of any length, in overlapping windows.

        Windows are averaged where they overlap: means and variances, not columns. A causal network instead takes each
        frame from the window in which it has the longest past, so that no answer depends on a later frame.

        Args:
            features: `(t, features)`.
            seen: bool `(t,)`.
            stride: frames between the starts of two windows; half a window by default.

        Returns:
            Columns `(t,)`, see `read_features`.
        """
        starts = window_starts(len(features), self.frames, stride or max(self.frames // 2, 1))
        found = self.outputs(gather_windows(features, starts, self.frames), gather_windows(seen, starts, self.frames))
        joined = {name: join_windows(value, starts, len(features), self.causal)
                  for name, value in to_means(found).items()}
        return self.columns(from_means(joined))

    def predict(self, images: np.ndarray, seen: np.ndarray | None = None) -> Columns:
        """Predicts the labels of one clip.

        Args:
            images: aligned faces at `rate` frames per second, uint8 `(t, side, side, 3)` RGB.
            seen: bool `(t,)`, False for frames without the face; all are seen by default.

        Returns:
            Columns `(t,)`, see `read_features`. Frames that are not seen are NaN; their expression is None.

        Raises:
            ModelError: images of another shape or type, or none.
        """
        images = self._checked(images)
        if not len(images):
            raise ModelError("A clip needs at least one frame. Received: 0.")
        mask = np.ones(len(images), bool) if seen is None else np.asarray(seen, bool)
        features = np.zeros((len(images), self.network.features), np.float32)
        features[mask] = self.features(images[mask])
        columns = self.read_track(features, mask)
        for values in columns.values():
            values[~mask] = None if values.dtype == object else np.nan
        return columns

    def hidden(self, features: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """Computes the last layer before the label heads, float32 `(n, t, width)`; arguments as `read_features`."""
        return self.outputs(features, seen)[HIDDEN]

    def columns(self, outputs: Mapping[str, np.ndarray]) -> Columns:
        """Computes labels `(...)` from predictions `(..., k)` by head, as `outputs` returns them."""
        columns = decode_labels(outputs, self.spec)
        self.calibration.apply(columns)
        for place, name in enumerate(self.spec.expressions):
            columns[f"expression={name}"] = outputs["expression"][..., place]
        return columns

    # === Save and load ===

    def save_to_preset(self, folder: str | Path, half: bool = False) -> None:
        """Writes a preset folder: `config.json` and the weights of the networks.

        Args:
            folder: is made if it does not exist.
            half: store weights in 16 bits, for presets that are passed on.
        """
        presets.write_preset(self, Path(folder), half)

    @classmethod
    def from_preset(cls, preset: str | Path) -> ClipRecogniser:
        """Loads a trained model; `preset` as in `CatGAN.from_preset`.

        Raises:
            ModelError: there is no such preset, its files are damaged, or it holds another kind of model.
        """
        return presets.read_preset(cls, find_preset(preset))
