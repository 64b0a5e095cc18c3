"""CatGAN: what users hold. Predicts, generates, edits, saves and loads."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

from catgan import config, facs, files, random_streams
from catgan.conditions import Condition
from catgan.errors import CatganError, unknown_name
from catgan.faces.warping import shifted
from catgan.labels import Labels, LabelSpec
from catgan.models.batching import in_batches, one_by_one
from catgan.models.calibration import Calibration
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.changes import Changes, encode_change, through_neutral
from catgan.models.gan.colours import add_luminance
from catgan.models.gan.deprecated import DeprecatedNames
from catgan.models.gan.discriminator import build_discriminator
from catgan.models.gan.editor import build_editor
from catgan.models.gan.generator import build_generator
from catgan.models.gan.density import ActionUnitDensity
from catgan.models.gan.preset_folders import find_preset
from catgan.models.pixels import from_network, to_network
from catgan.models.precision import fastest
from catgan.models.weights import halve

if TYPE_CHECKING:
    import pandas

FORMAT = 2


class EditResult(NamedTuple):
    """Edited faces.

    Args:
        images: uint8 `(n, side, side, 3)`.
        mask: float32 `(n, side, side)`, 0..1: where the editor may draw something new.
        moves: float32 `(n, side, side, 2)`: for every pixel, how many pixels to the right and below it was taken from.
        change: the editor's condition, `(n, 2 * spec.width)`.
        cut, beyond, asked: per named label, see `catgan.models.gan.changes.EncodedChange`; empty where the change was
            given as a condition.
    """

    images: np.ndarray
    mask: np.ndarray
    moves: np.ndarray
    change: np.ndarray
    cut: Mapping[str, np.ndarray] = {}
    beyond: Mapping[str, np.ndarray] = {}
    asked: Mapping[str, np.ndarray] = {}


class CatGAN(DeprecatedNames):
    """A generator and a discriminator that share one `LabelSpec`.

    Args:
        network: sizes of the networks.
        spec: labels, in the order the networks see them.
        precision: a Keras dtype policy, `"float32"` or `"mixed_bfloat16"`.
        thresholds: per AU number, the probability (presence) or intensity from which the AU counts as present;
            chosen on validation by training. 0.5 (presence) or 1.0 (intensity) where not given.
        critic_reference: mean critic score of generated faces, against which `realness` is measured.
        seed: of the initial weights.
        reader: builds the discriminator alone, which is faster: such a model reads, and neither draws nor saves.

    Attributes:
        calibration: corrections of what the heads say of their own uncertainty; learned on validation by training.
        density: which combinations of Action Units the training faces showed, see `catgan.models.gan.density`; None if
            unknown.
        editor: the network that changes a face, see `catgan.models.gan.editor`; None until `add_editor`.
    """

    def __init__(self, network: NetworkConfig, spec: LabelSpec, precision: str = "float32",
                 thresholds: Mapping[int, float] | None = None, critic_reference: float = 0.0, seed: int = 0,
                 reader: bool = False):
        self.network, self.spec, self.precision = network, spec, precision
        default = 0.5 if spec.scale == "presence" else 1.0
        self.thresholds = {number: float((thresholds or {}).get(number, default)) for number in spec.action_units}
        self.critic_reference = float(critic_reference)
        self.calibration = Calibration()
        self.density: ActionUnitDensity | None = None
        self.generator: Any = None if reader else build_generator(network, spec.width, precision, seed)
        self.discriminator = build_discriminator(network, spec, precision, seed)
        self.editor: Any = None

    def add_editor(self, seed: int = 0) -> None:
        """Builds a new editor, which changes nothing yet."""
        self.editor = build_editor(self.network, self.spec.width, self.precision, seed)

    # === Predict ===

    @overload
    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: Literal[False] = False) -> dict[str, np.ndarray]: ...

    @overload
    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: Literal[True]) -> pandas.DataFrame: ...

    def predict(self, images: np.ndarray, interval: float | None = None, *,
                as_frame: bool = False) -> dict[str, np.ndarray] | pandas.DataFrame:
        """Reads labels off aligned faces.

        Args:
            images: uint8 `(n, side, side, 3)` RGB, aligned as `catgan.faces.alignment.align` does, side =
                `network.image_size`.
            interval: a share of faces, one of `calibration.levels` (0.1, 0.2 .. 0.9, 0.95). Adds `..._low` and
                `..._high` of every intensity, of valence and of arousal. They hold the truth of that share of faces
                like those of the validation split.
            as_frame: return a pandas frame with the same columns.

        Returns:
            A dictionary of columns `(n,)`. Per AU `AU12` (0..5) or `AU12_present` (probability 0..1), `valence` and
            `arousal` (-1..1), each with its standard deviation `..._std`. `expression` (name) with
            `expression_probability`. `realness`: the probability that the critic finds the face more real than an
            average generated one.

        Raises:
            CatganError: images of another shape or type, another interval, or `as_frame` without pandas.
        """
        columns = self.read(images)
        if interval is not None:
            columns |= self.calibration.intervals(columns, interval, self.spec)
        return _to_frame(columns) if as_frame else columns

    def read(self, images: np.ndarray, classes: bool = False) -> dict[str, np.ndarray]:
        """`predict` as plain columns; `classes`: also the probability of each expression, `expression=NAME`."""
        outputs = self._judged(images)
        columns = self._columns(outputs)
        self.calibration.apply(columns)
        for place, name in enumerate(self.spec.expressions if classes else ()):
            columns[f"expression={name}"] = outputs["expression"][:, place]
        return columns

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the discriminator sees in aligned faces before its heads, float32 `(n, features)`."""
        return self._judged(images)["features"]

    def _judged(self, images: np.ndarray) -> dict[str, np.ndarray]:
        def one_batch(part):
            pixels = to_network(part, self.network.channels)
            unknown = Condition.unknown(len(part), self.spec).encode()
            return self.discriminator.predict_on_batch({"image": pixels, "condition": unknown})

        return in_batches(one_batch, self._checked(images))

    def _columns(self, outputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        spec, columns = self.spec, {}
        for head, names, scale in (("action_units", spec.action_unit_columns, spec.maximum),
                                   ("valence_arousal", ("valence", "arousal"), 1.0)):
            if head in outputs:
                spread = np.exp(0.5 * outputs[f"{head}_log_variance"])
                for index, name in enumerate(names):
                    columns[name] = outputs[head][:, index] * scale
                    columns[f"{name}_std"] = spread[:, index] * scale
        if spec.expressions:
            probability = outputs["expression"]
            columns["expression"] = np.array(spec.expressions, dtype=object)[probability.argmax(-1)]
            columns["expression_probability"] = probability.max(-1)
        columns["realness"] = _sigmoid(outputs["critic"] - self.critic_reference)
        return columns

    # === Generate ===

    def generate(self, n: int, action_units: Mapping[int, float] | None = None, valence: float | None = None,
                 arousal: float | None = None, expression: str | None = None, seed: int = 0) -> np.ndarray:
        """Draws `n` faces for given labels; a label that is not given is left free.

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
        random = random_streams.generator("latents", seed)
        latents = random.standard_normal((n, self.network.latent_size)).astype(np.float32)
        condition = self.condition(action_units, valence, arousal, expression)
        return self.draw(latents, np.repeat(condition, n, axis=0))

    def condition(self, action_units: Mapping[int, float] | None = None, valence: float | None = None,
                  arousal: float | None = None, expression: str | None = None) -> np.ndarray:
        """The condition `(1, 2 * spec.width)` of named labels; see `generate` for units and errors."""
        spec = self.spec
        columns: dict[str, list] = {}
        for number, intensity in (action_units or {}).items():
            if number not in spec.action_units:
                raise unknown_name("Action Unit for this model", facs.au_name(number),
                                   [facs.au_name(known) for known in spec.action_units])
            if not 0.0 <= intensity <= 5.0:
                raise CatganError(f"{facs.au_name(number)} must lie in 0..5. Received: {intensity:g}.")
            name = spec.action_unit_columns[spec.action_units.index(number)]
            columns[name] = [intensity * spec.maximum / 5.0]
        for name, value in (("valence", valence), ("arousal", arousal), ("expression", expression)):
            if value is None:
                continue
            if name not in spec.columns:
                raise CatganError(f"This model was trained without {name}. It has: {', '.join(spec.columns)}.")
            if value != value:  # NaN would read as unknown
                raise CatganError(f"'{name}' must lie in -1..1. Received: {value}.")
            columns[name] = [value]
        return Condition.of(Labels.from_columns(spec, columns, 1)).encode()

    def draw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """Faces uint8 `(n, side, side, 3)` of latents `(n, latent_size)` under conditions `(n, 2 * spec.width)`.

        A model with an editor draws the neutral face of a latent, and lets the editor bring it to its labels: the same
        latent under two labels is then the same person (docs/benchmarks/2026-11-22-editing.md). Faces that are asked
        for by expression, which editors do not know, come from the generator alone.
        """
        if self.editor is None:
            return self.generate_raw(latents, condition)
        neutral, change = through_neutral(condition, self.spec)
        return self.apply_change(self.generate_raw(latents, neutral), change).images

    def generate_raw(self, latents: np.ndarray, condition: np.ndarray) -> np.ndarray:
        """`draw` by the generator alone, which an editor, if there is one, does not touch."""
        self._check_complete()
        pixels = in_batches(
            lambda part, labels: self.generator.predict_on_batch({"latents": part, "condition": labels}),
            latents, condition)
        return from_network(pixels)

    # === Edit ===

    def edit(self, images: np.ndarray, to: Mapping[int | str, float] | None = None,
             by: Mapping[int | str, float] | None = None) -> np.ndarray:
        """Changes labels of faces.

        If only Action Units are named, the other Action Units are held; valence and arousal may follow. If valence or
        arousal is named, every label that is not named may follow. Each face is read and edited alone, so that other
        faces in the batch cannot change it. `apply_change` also reports what was cut at the end of its range.

        Args:
            images: as `predict` takes them.
            to: new values: AUs 0..5 by FACS number or name, `"valence"` and `"arousal"` -1..1. What there is now is
                read by the discriminator.
            by: differences, in the same units. An AU that is read as 0.5 or more may go down by up to one level more
                than was read, since the reading may be too low. So the answer of an explanation is drawn again.

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
        """Runs the editor. Returns images, masks and moves as in `EditResult`.

        Without a change a face comes back unchanged. What a model of one channel draws takes its colours from the
        photograph.
        """
        editor, pixels = self.editor, to_network(images, self.network.channels)
        drawn = in_batches(lambda part, asked: editor.predict_on_batch({"image": part, "change": asked}), pixels,
                           change)
        mask, moves = drawn["mask"][..., 0], drawn["moves"]
        if self.network.channels == 1 and (images[..., :1] == images[..., 1:]).all():
            return from_network(drawn["image"]), mask, moves
        added = 127.5 * (np.clip(drawn["image"], -1.0, 1.0) - shifted(pixels, moves))
        before = shifted(images.astype(np.float32), moves)
        after = add_luminance(before, added) if self.network.channels == 1 else before + added
        return np.clip(np.rint(after), 0, 255).astype(np.uint8), mask, moves

    def _check_editor(self) -> None:
        if self.editor is None:
            raise CatganError("This model has no editor. Train one beside it: catgan train experiments/editor_64.yaml "
                              "--set start=RUN. Or take a preset that has one, such as 'faces_64'.")

    def _checked(self, images: np.ndarray) -> np.ndarray:
        side = self.network.image_size
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise CatganError(f"Images must be aligned faces, uint8 (n, {side}, {side}, 3). "
                              f"Received: {images.dtype} {images.shape}.")
        return images

    # === Save and load ===

    def save(self, folder: str | Path, half: bool = False) -> None:
        """Writes `config.json` and the weights of the networks to `folder`; `config.json` last. `half`: weights of 16
        bits, half the size, for presets that are passed on."""
        self._check_complete()
        folder = Path(folder)
        for name in self._networks:
            with files.atomic_path(folder / f"{name}.weights.h5") as temporary:
                getattr(self, name).save_weights(temporary)
                if half:
                    halve(temporary)
        files.write_json(folder / "config.json", {
            "format": FORMAT, "network": config.to_mapping(self.network), "labels": self.spec.to_dict(),
            "precision": self.precision, "critic_reference": self.critic_reference,
            "thresholds": {facs.au_name(number): value for number, value in self.thresholds.items()},
            "calibration": self.calibration.to_dict(), "joint": self.density and self.density.to_dict(),
            "editor": self.editor is not None})

    @property
    def _networks(self) -> tuple[str, ...]:
        return tuple(name for name in ("generator", "discriminator", "editor") if getattr(self, name) is not None)

    def _check_complete(self) -> None:
        if self.generator is None:
            raise CatganError("This model was loaded as a reader, which has no generator. Load it without reader=True.")

    @classmethod
    def from_preset(cls, folder: str | Path, reader: bool = False) -> CatGAN:
        """Loads a preset folder, or the best (else the last) preset of a run folder. A model of `"mixed_bfloat16"` is
        one of `"float32"` on a machine that would have to emulate the former. `reader`: as in the constructor.

        Raises:
            CatganError: the folder is neither, or its files are damaged.
        """
        folder = find_preset(folder)
        try:
            content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise CatganError(f"{folder} has format {content['format']}; this version reads format {FORMAT}.")
            network = config.from_mapping(NetworkConfig, content["network"], "network")
            thresholds = {facs.parse_action_unit(name): value for name, value in content["thresholds"].items()}
            precision = fastest() if content["precision"] == "mixed_bfloat16" else content["precision"]
            model = cls(network, LabelSpec.from_dict(content["labels"]), precision, thresholds,
                        content["critic_reference"], reader=reader)
            model.calibration = Calibration.from_dict(content["calibration"])
            model.density = ActionUnitDensity.from_dict(content["joint"]) if content.get("joint") else None
            if content.get("editor") and not reader:
                model.add_editor()
            with warnings.catch_warnings():
                # Keras warns of layers that find no weights in the file, and leaves them untrained.
                warnings.simplefilter("error", UserWarning)
                for name in model._networks:
                    getattr(model, name).load_weights(folder / f"{name}.weights.h5")
        except CatganError:
            raise
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, UserWarning) as error:
            reason = " ".join(str(error).split())[:200]
            raise CatganError(f"{folder} holds a damaged model: {type(error).__name__}: {reason}") from None
        return model


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -60.0, 60.0)))


def _to_frame(columns: Mapping[str, np.ndarray]) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError:
        raise CatganError("as_frame=True needs pandas: pip install pandas. Without as_frame, predict returns a "
                          "dictionary of columns.") from None
    return pandas.DataFrame(dict(columns))
