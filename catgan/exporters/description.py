"""Describes the exported networks of a `CatGAN`: what goes in and comes out, in which units, and how faces are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from catgan import __version__, facs
from catgan.errors import ModelError, unknown_name
from catgan.models.gan.preset_facts import preset_facts
from catgan.faces.alignment import LEFT_EYE, MOUTH, RIGHT_EYE, TEMPLATE

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

FORMAT = 1
"""Version of the description."""
PARTS = {"predictor": "discriminator", "generator": "generator", "editor": "editor"}
"""Names of the parts that are exported, and of the networks of a `CatGAN` that they are made of."""

Description: TypeAlias = Mapping[str, object]
"""Names and values that JSON can hold."""
Range: TypeAlias = tuple[float | None, float | None]


@dataclass(frozen=True)
class Tensor:
    """Describes an input or an output.

    Args:
        name: in the file.
        shape: of one item; the first dimension of the tensor, which is left out, is the number of faces.
        unit: of its values.
        range: lowest and highest value; None where there is no bound.
        labels: names of the entries of its last axis; () where they have none.
        about: what it is, in one sentence.
    """

    name: str
    shape: tuple[int, ...]
    unit: str
    range: Range
    labels: tuple[str, ...] = ()
    about: str = ""

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "shape": ["n", *self.shape], "dtype": "float32", "range": list(self.range),
                "labels": list(self.labels)}


def part_names(gan: CatGAN) -> tuple[str, ...]:
    """Returns the parts that a model has, in the order of `PARTS`."""
    return tuple(part for part, network in PARTS.items() if getattr(gan, network) is not None)


def chosen_parts(gan: CatGAN, parts: Sequence[str] | None = None) -> tuple[str, ...]:
    """Checks names of parts; all of the model by default.

    Raises:
        CatganError: an unknown name.
        ModelError: a part that the model lacks.
    """
    for part in parts or ():
        if part not in PARTS:
            raise unknown_name("part", part, PARTS)
        if part not in part_names(gan):
            raise ModelError(f"This model has no {part}. It has: {', '.join(part_names(gan))}.")
    return tuple(parts or part_names(gan))


def describe_part(gan: CatGAN, part: str, preset: str | Path | None = None) -> dict[str, object]:
    """Describes an exported part of a model.

    Args:
        gan: the model.
        part: one of `PARTS`.
        preset: the folder it was loaded from, whose facts are added: licence, training data, figures, card.

    Returns:
        Values that JSON can hold: `format`, `catgan` (version), `part`, `inputs` and `outputs` (see `Tensor`),
        `labels`, `thresholds`, `calibration`, `image`, `alignment` and `preset`.

    Raises:
        CatganError: an unknown part.
        ModelError: a part that the model lacks.
    """
    chosen_parts(gan, [part])
    inputs, outputs = tensors(gan, part)
    return {"format": FORMAT, "catgan": __version__, "part": part,
            "inputs": [tensor.to_dict() for tensor in inputs], "outputs": [tensor.to_dict() for tensor in outputs],
            "labels": gan.spec.to_dict(), "condition": condition_entries(gan),
            "thresholds": {facs.au_name(number): value for number, value in gan.thresholds.items()},
            "calibration": gan.calibration.to_dict(), "image": image_facts(gan), "alignment": alignment_facts(gan),
            "preset": preset_facts(gan, preset)}


def tensors(gan: CatGAN, part: str) -> tuple[list[Tensor], list[Tensor]]:
    """Describes the inputs and the outputs of a part, in the order in which formats without names hold them."""
    return {"predictor": _predictor, "generator": _generator, "editor": _editor}[part](gan)


def _predictor(gan: CatGAN) -> tuple[list[Tensor], list[Tensor]]:
    spec, found = gan.spec, []
    if spec.action_units:
        unit = "FACS level, A-E = 1..5" if spec.scale == "intensity" else "probability that it is present"
        found += [Tensor("action_units", (len(spec.action_units),), unit, (0.0, spec.maximum), spec.action_unit_columns,
                         "Action Units, as CatGAN.predict returns them."),
                  Tensor("action_units_std", (len(spec.action_units),), unit, (0.0, None), spec.action_unit_columns,
                         "Their standard deviations, calibrated on validation faces.")]
    if spec.valence_arousal:
        found += [Tensor("valence_arousal", (2,), "-1..1", (-1.0, 1.0), ("valence", "arousal"),
                         "Valence: negative to positive. Arousal: calm to excited."),
                  Tensor("valence_arousal_std", (2,), "-1..1", (0.0, None), ("valence", "arousal"),
                         "Their standard deviations, calibrated on validation faces.")]
    if spec.expressions:
        found.append(Tensor("expression", (len(spec.expressions),), "probability", (0.0, 1.0), spec.expressions,
                            "Probabilities of the expressions; they sum to 1."))
    found += [Tensor("realness", (), "probability", (0.0, 1.0), (),
                     "Probability that the critic finds the face more real than an average generated one."),
              Tensor("features", _features_shape(gan), "none", (None, None), (),
                     "Features before the label heads, to compare faces by.")]
    return [_image(gan, "The aligned face.")], found


def _generator(gan: CatGAN) -> tuple[list[Tensor], list[Tensor]]:
    latents = Tensor("latents", (gan.network.latent_size,), "none", (None, None), (),
                     "Draw them from a standard normal distribution. Equal latents are one person.")
    return [latents, _condition(gan, "condition", "The wanted labels.")], [_image(gan, "The drawn face.")]


def _editor(gan: CatGAN) -> tuple[list[Tensor], list[Tensor]]:
    side = gan.network.image_size
    change = _condition(gan, "change", "The wanted differences of labels: value minus value. Held labels have the "
                                       "difference 0 and are given; labels that are not given may follow.")
    return [_image(gan, "The aligned face."), change], [
        replace(_image(gan, "The edited face."), name="edited"),
        Tensor("mask", (side, side, 1), "share", (0.0, 1.0), (), "Where pixels may be drawn."),
        Tensor("moves", (side, side, 2), "pixels of the aligned face", (None, None), ("right", "below"),
               "For every pixel, how far to the right and below it was taken from.")]


def _image(gan: CatGAN, about: str) -> Tensor:
    side, channels = gan.network.image_size, gan.network.channels
    return Tensor("image", (side, side, channels), "pixel / 127.5 - 1", (-1.0, 1.0),
                  ("luminance",) if channels == 1 else ("red", "green", "blue"), about)


def _condition(gan: CatGAN, name: str, about: str) -> Tensor:
    widest = 2.0 if name == "change" else 1.0
    names = [str(entry["label"]) for entry in condition_entries(gan)]
    return Tensor(name, (2 * gan.spec.width,), "see 'condition'", (-widest, widest),
                  (*names, *(f"{label} is given" for label in names)),
                  f"{about} Values times their mask, then the mask: 1 = given, 0 = not given.")


def condition_entries(gan: CatGAN) -> list[dict[str, object]]:
    """Describes the labels in conditions, in order: `label`, `range`, and `divide_by`: the number that its public value
    is divided by."""
    spec = gan.spec
    units: list[dict[str, object]] = [{"label": name, "range": [0.0, 1.0], "divide_by": spec.maximum}
                                      for name in spec.action_unit_columns]
    for name in ("valence", "arousal") if spec.valence_arousal else ():
        units.append({"label": name, "range": [-1.0, 1.0], "divide_by": 1.0})
    return units + [{"label": f"expression={name}", "range": [0.0, 1.0], "divide_by": 1.0} for name in spec.expressions]


def _features_shape(gan: CatGAN) -> tuple[int, ...]:
    return tuple(gan.discriminator.output["features"].shape[1:])


def image_facts(gan: CatGAN) -> dict[str, object]:
    """Describes how pixels become the input of the networks; see `catgan.models.pixels.to_network`."""
    facts: dict[str, object] = {"size": gan.network.image_size, "channels": gan.network.channels, "layout": "NHWC",
                                "colours": "sRGB", "pixels": "uint8 RGB 0..255", "scale": 1.0 / 127.5, "offset": -1.0}
    if gan.network.channels == 1:
        facts["luminance"] = {"red": 0.299, "green": 0.587, "blue": 0.114, "rounded": True}
    return facts


def alignment_facts(gan: CatGAN) -> dict[str, object]:
    """Describes how a face is cropped; see `catgan.faces.alignment.align`."""
    side = gan.network.image_size
    groups = {"left_eye": LEFT_EYE, "right_eye": RIGHT_EYE, "mouth": MOUTH}
    return {"landmarks": "MediaPipe face landmarker, 478 points; left and right as seen in the image",
            "anchors": {name: {"mean_of": list(points), "to": [round(float(part) * side, 6) for part in place]}
                        for (name, points), place in zip(groups.items(), TEMPLATE, strict=True)},
            "unit": "pixels of the crop; (0, 0) is the corner of the first pixel",
            "transform": "least-squares similarity (rotation, scale, shift; Umeyama 1991)",
            "border": "replicated", "sampling": "bilinear at a whole multiple of the crop, then averaged by area"}
