"""FaceGAN: what a categorical GAN of faces does, whatever runs its networks. Nothing here loads Keras.

`catgan.models.gan.model.CatGAN` runs them by Keras, `catgan.models.gan.onnx_model.OnnxCatGAN` by onnxruntime.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.aligned import AlignedFaceReader, TrainedOn
from catgan.models.batching import in_batches, one_by_one
from catgan.models.calibration import Calibration
from catgan.models.gan.changes import Changes, encode_change, through_neutral
from catgan.models.gan.columns import decode_columns, to_frame
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.editing import EditResult, run_editor
from catgan.models.pixels import from_network, to_network

if TYPE_CHECKING:
    import keras
    import pandas

    from catgan.models.gan.architectures import NetworkConfig

NETWORKS = ("generator", "discriminator", "editor")
"""Attributes of a `FaceGAN` that hold its networks."""


class FaceGAN(AlignedFaceReader):
    """A generator and a discriminator that share one `LabelSpec`, and optionally an editor.

    Attributes:
        network: sizes of the networks.
        spec: labels, in the order the networks see them.
        thresholds, critic_reference, calibration, density, trained_on: see `catgan.models.gan.model.CatGAN`.
        generator, discriminator, editor: the networks, Keras models or ONNX files (`OnnxNetwork`); None where the
            model has none.
        differentiable: whether gradients pass through the networks.
        padded: whether batches have few sizes, because a network is compiled for each.
    """

    network: NetworkConfig
    spec: LabelSpec
    thresholds: dict[int, float]
    critic_reference: float
    calibration: Calibration
    density: ActionUnitDensity | None
    trained_on: TrainedOn | None
    generator: keras.Model
    discriminator: keras.Model
    editor: keras.Model
    differentiable, padded = True, True

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

        return in_batches(one_batch, self._checked(images), batch_size=batch_size, padded=self.padded)

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
        condition = self.condition(action_units, valence, arousal, expression)
        return self.draw(self.latents(n, seed), np.repeat(condition, n, axis=0))

    def latents(self, n: int, seed: random_streams.Seed = 0) -> np.ndarray:
        """Draws the latents that `generate` uses, float32 `(n, latent_size)`; more of them begin with the same ones."""
        random = random_streams.generator("latents", random_streams.seed_of(seed))
        return random.standard_normal((n, self.network.latent_size)).astype(np.float32)

    def condition(self, action_units: Mapping[int, float] | None = None, valence: float | None = None,
                  arousal: float | None = None, expression: str | None = None) -> np.ndarray:
        """Encodes named labels as a condition `(1, 2 * spec.width)`; see `generate` for units and errors."""
        return Condition.named(self.spec, action_units, valence, arousal, expression).encode()

    def draw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Draws faces from latents and conditions.

        A model with an editor draws the neutral face of a latent and edits it to its labels, so that one latent under
        two labels is one person (docs/journal/2026-11-22-editing.md). Editors do not know expressions: faces with
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
        return from_network(in_batches(self._drawn, latents, condition, padded=self.padded))

    def _drawn(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        return self.generator.predict_on_batch({"latents": latents, "condition": condition})

    def _check_complete(self) -> None:
        if self.generator is None:
            raise CatganError("This model was loaded as a reader, which has no generator. Load it without reader=True.")

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
        return run_editor(self.editor, images, change, self.network.channels, self.padded)

    def _check_editor(self) -> None:
        if self.editor is None:
            raise CatganError("This model has no editor. Train one beside it: catgan train experiments/editor_64.yaml "
                              "--set start=RUN. Or take a preset that has one, such as 'faces_64'.")
