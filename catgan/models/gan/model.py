"""CatGAN: a generator, a discriminator and an editor as one Keras model that predicts, generates and edits faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, Literal, TypeVar, overload

import keras

from catgan.errors import unknown_name
from catgan.labels import LabelSpec
from catgan.models.gan import presets
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.deprecated import DeprecatedNames, warn_of
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editing import EditResult
from catgan.models.gan.editor import build_editor
from catgan.models.gan.faces import NETWORKS, FaceGAN
from catgan.models.gan.generator import build_generator
from catgan.models.gan.onnx_model import OnnxCatGAN
from catgan.models.gan.preset_folders import find_preset, packaged_face_presets
from catgan.models.gan.recogniser import build_recogniser
from catgan.models.pixels import from_network, to_network
from catgan.models.reader import LabelReader

__all__ = ["NETWORKS", "CatGAN", "EditResult", "from_network", "to_network"]

RUNTIMES = ("keras", "onnx")
"""What runs the networks of a model."""
Value = TypeVar("Value")


class ClassProperty(Generic[Value]):
    """A property of a class."""

    def __init__(self, method: Callable[[], Value]):
        self.method, self.__doc__ = method, method.__doc__

    def __get__(self, instance: object, owner: type) -> Value:
        return self.method()


@keras.saving.register_keras_serializable("catgan", "catgan")
class CatGAN(DeprecatedNames, FaceGAN, LabelReader):
    """A generator and a discriminator that share one `LabelSpec`, and optionally an editor.

    Called as a Keras model it is the discriminator: `{"image": (n, side, side, channels) in [-1, 1], "condition":
    (n, 2 * spec.width)}` to the outputs by head. `summary()`, `weights`, `save("model.keras")` and
    `keras.saving.load_model` are those of Keras.

    Args:
        network: sizes of the networks.
        spec: labels, in the order the networks see them.
        precision: a Keras dtype policy, `"float32"` or `"mixed_bfloat16"`.
        thresholds: per AU number, the probability (presence) or intensity from which the AU counts as present;
            chosen on validation by training. 0.5 (presence) or 1.0 (intensity) where not given.
        critic_reference: mean critic score of generated faces, against which `realness` is measured.
        seed: of the initial weights.
        reader: build the discriminator alone, which is faster. Such a model predicts, and does not draw.
        name: of the Keras model.

    Attributes:
        generator, discriminator, editor: the networks, Keras models. `generator` is None in a reader, `editor` is None
            until `add_editor`.
        calibration: corrections of the predicted variances; learned on validation by training.
        density: which combinations of Action Units the training faces showed; None if unknown.
        trained_on: the faces it was trained on; None if unknown.
        replaced: whether `set_weights` or `load_weights` has been called.
        loaded_from: the preset folder that `from_preset` read; None for another model.
    """

    def __init__(self, network: NetworkConfig, spec: LabelSpec, precision: str = "float32",
                 thresholds: Mapping[int, float] | None = None, critic_reference: float = 0.0, seed: int = 0,
                 reader: bool = False, name: str = "catgan"):
        super().__init__(network, spec, precision, thresholds, name)
        self.critic_reference = float(critic_reference)
        self.density: ActionUnitDensity | None = None
        self.loaded_from: Path | None = None
        self.generator: keras.Model = None if reader else build_generator(network, spec.width, precision, seed)
        self.discriminator: keras.Model = build_discriminator(network, spec, precision, seed)
        self.editor: keras.Model = None
        self.built = True

    def add_editor(self, seed: int = 0) -> None:
        """Builds a new editor, which changes nothing yet."""
        self.editor = build_editor(self.network, self.spec.width, self.precision, seed)

    # === Keras ===

    def call(self, inputs: Mapping[str, object], training: bool | None = None) -> dict:
        """Runs the discriminator."""
        return self.discriminator(inputs, training=training)

    def get_config(self) -> dict[str, object]:
        return {**presets.to_mapping(self), "reader": self.generator is None, "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping, custom_objects: object = None) -> CatGAN:
        return presets.from_mapping(cls, config, config["reader"], name=config["name"])

    def __setattr__(self, name: str, value: object) -> None:
        if name in NETWORKS and getattr(self, name, None) is not None:
            self._tracker.untrack(getattr(self, name))  # Keras would count the weights of both
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return (f"<CatGAN '{self.name}': {self.network.image_size} px, {self.network.channels} channel(s); "
                f"{self._labels_read()}; {', '.join(self.network_names)}>")

    # === Fine-tune ===

    def recogniser(self, labels: LabelSpec | None = None, rescale: bool = False) -> keras.Model:
        """Builds a Keras model of the label heads and the trunk, for `compile` and `fit`.

        It has its own weights, which start as those of the discriminator. Losses and metrics that leave unknown labels
        out are in `catgan.models.fine_tuning`.

        Args:
            labels: labels to recognise; those of this model by default. Heads of other labels start untrained.
            rescale: take pixels 0..255 instead of [-1, 1].

        Returns:
            A model `(n, side, side, channels)` -> dict of `(n, k)` by head; see
            `catgan.models.gan.recogniser.build_recogniser`.
        """
        return build_recogniser(self, labels, rescale)

    # === Save and load ===

    def save(self, filepath: str | Path, half: bool = False, **arguments: object) -> None:
        """Saves the model as a `.keras` file, see `keras.Model.save`.

        Another path is taken as a preset folder. That is deprecated: call `save_to_preset`.
        """
        if Path(filepath).suffix == ".keras":
            super().save(filepath, **arguments)
            return
        warn_of("save of a folder", "save_to_preset")
        self.save_to_preset(filepath, half)

    def save_to_preset(self, folder: str | Path, half: bool = False) -> None:
        """Writes a preset folder: `config.json` and the weights of the networks.

        Args:
            folder: is made if it does not exist.
            half: store weights in 16 bits, for presets that are passed on.
        """
        self._check_complete()
        presets.write_preset(self, Path(folder), half)

    def push_to_hub(self, repository: str, private: bool = False, half: bool = False, licence: str | None = None,
                    token: str | None = None, revision: str | None = None) -> str:
        """Uploads the model to the Hugging Face Hub: safetensors weights, `config.json` and a model card.

        The card takes over figures and text of the preset that the model was loaded from, if it is still the same.

        Args:
            repository: `"ORGANISATION/NAME"`; made if it does not exist.
            private: whether a new repository is private.
            half: store weights in 16 bits.
            licence: SPDX name, such as `"apache-2.0"`; by default that of the preset, where it is known.
            token: of the hub; by default the one that `huggingface_hub` keeps (`hf auth login`, or `HF_TOKEN`).
            revision: an own branch; by default the main one.

        Returns:
            The address of what was uploaded, `"hf://ORGANISATION/NAME@COMMIT"`, as `from_preset` takes it.

        Raises:
            CatganError: another name, a package is missing, or the hub did not take it; nothing is half uploaded.
        """
        from catgan.models.hub.upload import upload

        self._check_complete()
        return upload(self, repository, private, half, licence, token, revision)

    @ClassProperty
    def presets() -> dict[str, Path]:
        """Folders of the presets that come with catgan, by name; without those of clips."""
        return packaged_face_presets()

    @overload
    @classmethod
    def from_preset(cls, preset: str | Path, reader: bool = False, runtime: Literal["keras"] = "keras") -> CatGAN: ...

    @overload
    @classmethod
    def from_preset(cls, preset: str | Path, reader: bool = False, *, runtime: Literal["onnx"]) -> OnnxCatGAN: ...

    @classmethod
    def from_preset(cls, preset: str | Path, reader: bool = False, runtime: str = "keras") -> CatGAN | OnnxCatGAN:
        """Loads a trained model. One of `"mixed_bfloat16"` becomes `"float32"` on a machine that would emulate the
        former.

        Args:
            preset: the name of a preset that comes with catgan (see `presets`), a preset folder, a run folder (its
                best, else its last preset), or `"hf://ORGANISATION/NAME[@REVISION]"` on the Hugging Face Hub.
            reader: load the discriminator alone.
            runtime: `"keras"`, or `"onnx"`: the networks run by onnxruntime. Such a model predicts, generates, edits
                and explains with the same numbers, starts in a second, and is not trained. `catgan.CatGAN` then loads
                neither Keras nor TensorFlow. See `catgan.models.gan.onnx_model.OnnxCatGAN`.

        Raises:
            CatganError: there is no such preset or runtime, its files are damaged, or a package is missing.
        """
        if runtime not in RUNTIMES:
            raise unknown_name("runtime", runtime, RUNTIMES)
        if runtime == "onnx":
            return OnnxCatGAN.from_preset(preset, reader)
        return presets.read_preset(cls, find_preset(preset), reader)
