"""FusionRecogniser: reads the emotion of people from several modalities, of which any may be missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from catgan.backend.engine import Tensor
from catgan.errors import ModelError
from catgan.models.batching import in_batches
from catgan.models.gan.preset_folders import find_preset
from catgan.models.multimodal import presets
from catgan.models.multimodal.architectures import AVAILABLE, FUSED, FusionConfig
from catgan.models.multimodal.calibration import FusionCalibration
from catgan.models.multimodal.cost import Cost, cost_of
from catgan.models.multimodal.encoders import ATTENTION
from catgan.models.multimodal.fusion import GATES, Labels
from catgan.models.multimodal.inputs import available_matrix, checked_inputs, resized
from catgan.models.multimodal.network import FEATURES, build_network, encoder_name, head_name
from catgan.models.multimodal.outputs import Outputs, decode
from catgan.models.reader import TrainedModel

Inputs = Mapping[str, Mapping[str, np.ndarray]]
"""Modality -> name of an input -> array `(n, ...)`, as the registry of modalities declares it."""
Features = Mapping[str, np.ndarray]
"""Modality -> float32 `(n, f)`."""
Available = Mapping[str, np.ndarray]
"""Modality -> bool `(n,)`."""


@keras.saving.register_keras_serializable("catgan", "people")
class FusionRecogniser(TrainedModel):
    """Reads emotions, affect and categories of people (after Palash & Bhargava 2023).

    Each modality has an encoder and a head of its own, which answers alone; a fusion answers from all that are
    available. What is not available has no influence. Called as a Keras model as `network` is.

    Args:
        config: modalities, kinds and sizes.
        classes: names of emotions that exclude each other: none, or two or more.
        dimensions: names of dimensions of affect, such as `valence` and `arousal`.
        categories: names of labels of which several may be true.
        seed: of the weights.
        name: of the Keras model.

    Attributes:
        network: see `catgan.models.multimodal.network.build_network`.
        calibration: of the answers; fitted on validation people by training.
        trained_on: the data it was trained on; None if unknown.
        replaced: whether `set_weights` or `load_weights` has been called.

    Raises:
        ModelError: nothing to tell, one class alone, or a name twice.
        CatganError: an unknown modality.
    """

    def __init__(self, config: FusionConfig, classes: Sequence[str], dimensions: Sequence[str] = (),
                 categories: Sequence[str] = (), seed: int = 0, name: str = "people"):
        super().__init__(name)
        self.config = config
        self.classes, self.dimensions, self.categories = tuple(classes), tuple(dimensions), tuple(categories)
        for names in (self.classes, self.dimensions, self.categories):
            if len(set(names)) < len(names):
                raise ModelError(f"The labels of a model must have different names. Received: {', '.join(names)}.")
        if len(self.classes) == 1 or not (self.classes or self.dimensions or self.categories):
            raise ModelError("A model of people tells two or more emotions, dimensions of affect, or categories. "
                             f"Received: emotions {', '.join(self.classes) or 'none'}, and nothing else.")
        labels = Labels(len(self.classes), len(self.dimensions), len(self.categories))
        self.network: keras.Model = build_network(config, labels, seed)
        self.calibration = FusionCalibration()
        self.built = True

    # === Keras ===

    def call(self, inputs: Mapping[str, Tensor], training: bool | None = None) -> dict[str, Tensor]:
        """Computes all outputs by name."""
        return self.network(inputs, training=training)

    def get_config(self) -> dict[str, object]:
        return {**presets.to_mapping(self), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: object = None) -> FusionRecogniser:
        return presets.from_mapping(cls, config, name=config["name"])

    def __repr__(self) -> str:
        return (f"<FusionRecogniser '{self.name}': {', '.join(self.modalities)}; {self.config.fusion} fusion; "
                f"{', '.join((*self.classes, *self.dimensions, *self.categories))}>")

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in the order of the masks."""
        return self.config.modalities

    @property
    def cost(self) -> dict[str, Cost]:
        """Parameters and multiply-adds for one person, of each modality with its head, and of the fusion."""
        return cost_of(self)

    # === Predict ===

    def network_inputs(self, inputs: Inputs, available: Available) -> dict[str, np.ndarray]:
        """Flattens inputs to those of `network`; zeros where a modality is missing.

        Raises:
            ModelError: inputs of other names, shapes, types or lengths.
        """
        mask = available_matrix(available, self.modalities)
        found = {AVAILABLE: mask}
        for name in self.modalities:
            arrays = checked_inputs(name, inputs.get(name), len(mask))
            found |= {f"{name}.{key}": array for key, array in arrays.items()}
        return found

    def features(self, inputs: Inputs, modalities: Iterable[str] | None = None) -> dict[str, np.ndarray]:
        """Encodes modalities.

        Args:
            inputs: of the modalities; others of the model may be missing.
            modalities: names; all that have inputs if None.

        Returns:
            float32 `(n, f)` by modality. Where a modality is not available they mean nothing.

        Raises:
            ModelError: inputs of other names, shapes or types, or of an unknown modality.
        """
        chosen = [name for name in self.modalities if name in inputs] if modalities is None else list(modalities)
        return {name: self._encoded(name, inputs, FEATURES) for name in chosen}

    def fused(self, features: Features, available: Available) -> Outputs:
        """Answers from all modalities that are available.

        Args:
            features: as `features` returns them; a modality may be missing where it is available to nobody.
            available: bool `(n,)` by modality; a missing name is available to nobody.

        Returns:
            The answers. If nothing is available, the answer says what training has seen, and nothing of the person.

        Raises:
            ModelError: features of other shapes, or missing ones.
        """
        inputs = self._fusion_inputs(features, available)
        raw = self._batches(self.network.get_layer(FUSED), inputs)
        return decode(raw, len(inputs[AVAILABLE]), FUSED, self.calibration)

    def gates(self, features: Features, available: Available) -> np.ndarray:
        """Returns the weights of the modalities in a gated fusion, float32 `(n, modalities)`; arguments as `fused`.

        Raises:
            ModelError: the fusion is not gated.
        """
        if self.config.fusion != "gated":
            raise ModelError(f"Only a gated fusion has weights. This one is '{self.config.fusion}'.")
        return self._batches(self.network.get_layer(FUSED), self._fusion_inputs(features, available))[GATES]

    def alone(self, features: Features) -> dict[str, Outputs]:
        """Answers from each modality alone, by its own head; where it is not available, the answer means nothing."""
        found = {}
        for name, values in features.items():
            self._check_modality(name)
            given = np.asarray(values, np.float32)
            raw = in_batches(self.network.get_layer(head_name(name)).predict_on_batch, given)
            found[name] = decode(raw, len(given), name, self.calibration)
        return found

    def predict(self, inputs: Inputs, available: Available) -> Outputs:
        """Answers for people from all that is available; arguments as `features` and `fused`."""
        return self.fused(self.features(inputs), available)

    def attention(self, inputs: Inputs) -> np.ndarray:
        """Returns the mask that weights the features of the face, resized to the face.

        Args:
            inputs: of the modality `face`; others are ignored.

        Returns:
            float32 `(n, h, w)`, 0..1.

        Raises:
            ModelError: the model has no attention or reads no faces, or other inputs.
        """
        if "face" not in self.modalities or not self.config.attention:
            raise ModelError("The model has no attention over the face. Train one with 'attention: true' that reads "
                             "the face.")
        mask = self._encoded("face", inputs, ATTENTION)
        return resized(mask, inputs["face"]["image"].shape[1:3])

    def _encoded(self, name: str, inputs: Inputs, output: str) -> np.ndarray:
        self._check_modality(name)
        arrays = checked_inputs(name, inputs.get(name))
        return self._batches(self.network.get_layer(encoder_name(name)), arrays)[output]

    def _batches(self, network: keras.Model, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = list(arrays)
        return in_batches(lambda *parts: network.predict_on_batch(dict(zip(names, parts))), *arrays.values())

    def _fusion_inputs(self, features: Features, available: Available) -> dict[str, np.ndarray]:
        mask = available_matrix(available, self.modalities)
        widths = self.network.get_layer(FUSED).input
        found = {}
        for place, name in enumerate(self.modalities):
            shape = (len(mask), widths[name].shape[1])
            if name not in features and mask[:, place].any():
                raise ModelError(f"'{name}' is available, but has no features.")
            found[name] = np.asarray(features.get(name, np.zeros(shape)), np.float32)
            if found[name].shape != shape:
                raise ModelError(f"The features of '{name}' must have the shape {shape}. "
                                 f"Received: {found[name].shape}.")
        return {**found, AVAILABLE: mask.astype(np.float32)}

    def _check_modality(self, name: str) -> None:
        if name not in self.modalities:
            raise ModelError(f"The model reads {', '.join(self.modalities)}. Received: '{name}'.")

    # === Save and load ===

    def save_to_preset(self, folder: str | Path, half: bool = False) -> None:
        """Writes a preset folder: `config.json` and the weights.

        Args:
            folder: is made if it does not exist.
            half: store weights in 16 bits.
        """
        presets.write_preset(self, Path(folder), half)

    @classmethod
    def from_preset(cls, preset: str | Path) -> FusionRecogniser:
        """Loads a trained model; `preset` as in `CatGAN.from_preset`.

        Raises:
            ModelError: there is no such preset, its files are damaged, or it holds another kind of model.
            CatganError: a modality that is not registered.
        """
        return presets.read_preset(cls, find_preset(preset))
