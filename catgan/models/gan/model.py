"""CatGAN: a generator, a discriminator and an editor as one Keras model that predicts, generates and edits faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

import keras
import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.batching import in_batches, one_by_one
from catgan.models.gan import presets
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.changes import Changes, encode_change, through_neutral
from catgan.models.gan.columns import decode_columns, to_frame
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.deprecated import DeprecatedNames, warn_of
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editing import EditResult, run_editor
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.gan.preset_folders import find_preset, packaged_face_presets
from catgan.models.gan.recogniser import build_recogniser
from catgan.models.pixels import from_network, to_network
from catgan.models.reader import LabelReader

if TYPE_CHECKING:
    import pandas

NETWORKS = ("generator", "discriminator", "editor")
"""Attributes of a `CatGAN` that hold its networks."""
Value = TypeVar("Value")


class ClassProperty(Generic[Value]):
    """A property of a class."""

    def __init__(self, method: Callable[[], Value]):
        self.method, self.__doc__ = method, method.__doc__

    def __get__(self, instance: object, owner: type) -> Value:
        return self.method()


@keras.saving.register_keras_serializable("catgan", "catgan")
class CatGAN(DeprecatedNames, LabelReader):
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

    @property
    def network_names(self) -> tuple[str, ...]:
        """Names of the networks that the model has."""
        return tuple(name for name in NETWORKS if getattr(self, name) is not None)

    # === Predict ===

    @overload
    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: Literal[False] = False, batch_size: int | None = None) -> dict[str, np.ndarray]: ...

    @overload
    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: Literal[True], batch_size: int | None = None) -> pandas.DataFrame: ...

    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: bool = False, batch_size: int | None = None) -> dict[str, np.ndarray] | pandas.DataFrame:
        """Predicts the labels of aligned faces.

        Args:
            images: uint8 `(n, side, side, 3)` RGB, aligned as `catgan.faces.alignment.align` does, side =
                `network.image_size`.
            interval: a share of faces, one of `calibration.levels` (0.1, 0.2 .. 0.9, 0.95). Adds `..._low` and
                `..._high` of every intensity, of valence and of arousal. They hold the truth of that share of faces
                like those of the validation split.
            as_frame: return a pandas frame with the same columns.
            batch_size: faces at once; by default batches of up to 64, see `catgan.models.batching`.

        Returns:
            A dictionary of columns `(n,)`. Per AU `AU12` (0..5) or `AU12_present` (probability 0..1), `valence` and
            `arousal` (-1..1), each with its standard deviation `..._std`. `expression` (name) with
            `expression_probability`. `realness`: the probability that the critic finds the face more real than an
            average generated one.

        Raises:
            CatganError: images of another shape or type, another interval, a batch size below 1, or `as_frame`
                without pandas.
        """
        columns = self.read(images, batch_size=batch_size)
        if interval is not None:
            columns |= self.calibration.intervals(columns, interval, self.spec)
        return to_frame(columns) if as_frame else columns

    def read(self, images: np.ndarray, classes: bool = False, batch_size: int | None = None) -> dict[str, np.ndarray]:
        """Predicts labels as plain columns.

        Args:
            images, batch_size: as in `predict`.
            classes: add the probability of each expression, `expression=NAME`.
        """
        outputs = self._judged(images, batch_size)
        columns = decode_columns(outputs, self.spec, self.critic_reference)
        self.calibration.apply(columns)
        for place, name in enumerate(self.spec.expressions if classes else ()):
            columns[f"expression={name}"] = outputs["expression"][:, place]
        return columns

    def features(self, images: np.ndarray, batch_size: int | None = None) -> np.ndarray:
        """Computes the features of aligned faces before the label heads, float32 `(n, features)`; see `predict`."""
        return self._judged(images, batch_size)["features"]

    def _judged(self, images: np.ndarray, batch_size: int | None = None) -> dict[str, np.ndarray]:
        def one_batch(part):
            pixels = to_network(part, self.network.channels)
            unknown = Condition.unknown(len(part), self.spec).encode()
            return self.discriminator.predict_on_batch({"image": pixels, "condition": unknown})

        return in_batches(one_batch, self._checked(images), batch_size=batch_size)

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

    # === Generate ===

    def generate(self, n: int, action_units: Mapping[int, float] | None = None, valence: float | None = None,
                 arousal: float | None = None, expression: str | None = None,
                 seed: random_streams.Seed = 0) -> np.ndarray:
        """Draws faces with given labels; other labels are unconstrained.

        Args:
            n: number of faces.
            action_units: intensity 0..5 per FACS number. A run trained on presence draws intensity `v` as `v / 5` of
                the way from absent to present.
            valence, arousal: -1..1.
            expression: one of `spec.expressions`.
            seed: the same seed draws the same faces.

        Returns:
            uint8 `(n, side, side, 3)`.

        Raises:
            CatganError: a label that this model does not have, or a value outside its range.
        """
        random = random_streams.generator("latents", random_streams.seed_of(seed))
        latents = random.standard_normal((n, self.network.latent_size)).astype(np.float32)
        condition = self.condition(action_units, valence, arousal, expression)
        return self.draw(latents, np.repeat(condition, n, axis=0))

    def condition(self, action_units: Mapping[int, float] | None = None, valence: float | None = None,
                  arousal: float | None = None, expression: str | None = None) -> np.ndarray:
        """Encodes named labels as a condition `(1, 2 * spec.width)`; see `generate` for units and errors."""
        return Condition.named(self.spec, action_units, valence, arousal, expression).encode()

    def draw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Draws faces from latents and conditions.

        A model with an editor draws the neutral face of a latent and edits it to its labels, so that one latent under
        two labels is one person (docs/benchmarks/2026-11-22-editing.md). Editors do not know expressions: faces with
        a given expression come from the generator alone.

        Args:
            latents: `(n, latent_size)`.
            condition: encoded, `(n, 2 * spec.width)`.

        Returns:
            uint8 `(n, side, side, 3)`.
        """
        if self.editor is None:
            return self.generate_raw(latents, condition)
        neutral, change = through_neutral(condition, self.spec)
        return self.apply_change(self.generate_raw(latents, neutral), change).images

    def generate_raw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Draws faces with the generator alone, without an editor; arguments as in `draw`."""
        self._check_complete()
        pixels = in_batches(
            lambda part, labels: self.generator.predict_on_batch({"latents": part, "condition": labels}),
            latents, condition)
        return from_network(pixels)

    # === Edit ===

    def edit(self, images: np.ndarray, to: Mapping[int | str, float] | None = None,
             by: Mapping[int | str, float] | None = None) -> np.ndarray:
        """Edits labels of faces.

        If only Action Units are named, the other Action Units are held; valence and arousal may follow. If valence or
        arousal is named, every label that is not named may follow. Each face is read and edited alone, so that other
        faces in the batch cannot change it. `apply_change` also reports what was cut at the end of its range.

        Args:
            images: as `predict` takes them.
            to: new values: AUs 0..5 by FACS number or name, `"valence"` and `"arousal"` -1..1. The discriminator
                predicts the current values.
            by: differences, in the same units. An AU predicted at 0.5 or more may go down by up to one level more than
                its prediction, which may be too low.

        Returns:
            uint8 `(n, side, side, 3)`.

        Raises:
            CatganError: a model without an editor, a label that it does not have, or a value outside its range.
        """
        return self.apply_change(images, Changes(to or {}, by or {})).images

    def apply_change(self, images: np.ndarray, change: Changes | Condition | np.ndarray,
                     read: Mapping[str, np.ndarray] | None = None) -> EditResult:
        """Edits faces, and reports the masks, the moves, and which labels could not be reached.

        Args:
            images: as `predict` takes them.
            change: labels by name, the same for all faces; or the editor's condition of each face, as a
                `Condition` or encoded `(n, 2 * spec.width)`.
            read: with labels by name, what the faces show now, columns as `read` returns them. The faces then go
                through the editor in batches, which is faster. None: each face is read and edited alone, as in `edit`.

        Raises:
            CatganError: as `edit`.
        """
        self._check_editor()
        if not isinstance(change, Changes):
            encoded = change.encode() if isinstance(change, Condition) else change
            return EditResult(*self._edit(images, encoded), encoded)
        images, alone = self._checked(images), read is None and len(images) > 0
        if read is None:
            read = one_by_one(self.read, images) if alone else self.read(images)
        asked = encode_change(change, read, self.spec)
        drawn, mask, moves = (one_by_one(self._edit, images, asked.change) if alone else
                              self._edit(images, asked.change))
        return EditResult(drawn, mask, moves, *asked)

    def _edit(self, images: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return run_editor(self.editor, images, change, self.network.channels)

    def _check_editor(self) -> None:
        if self.editor is None:
            raise CatganError("This model has no editor. Train one beside it: catgan train experiments/editor_64.yaml "
                              "--set start=RUN. Or take a preset that has one, such as 'faces_64'.")

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

    def _check_complete(self) -> None:
        if self.generator is None:
            raise CatganError("This model was loaded as a reader, which has no generator. Load it without reader=True.")

    @ClassProperty
    def presets() -> dict[str, Path]:
        """Folders of the presets that come with catgan, by name; without those of clips."""
        return packaged_face_presets()

    @classmethod
    def from_preset(cls, preset: str | Path, reader: bool = False) -> CatGAN:
        """Loads a trained model. One of `"mixed_bfloat16"` becomes `"float32"` on a machine that would emulate the
        former.

        Args:
            preset: the name of a preset that comes with catgan (see `presets`), a preset folder, a run folder (its
                best, else its last preset), or `"hf://ORGANISATION/NAME[@REVISION]"` on the Hugging Face Hub.
            reader: load the discriminator alone.

        Raises:
            CatganError: there is no such preset, or its files are damaged.
        """
        return presets.read_preset(cls, find_preset(preset), reader)
