"""Finds where the evidence for an answer lies: in the face, the body, the movement and the surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import keras
import numpy as np

from catgan.explain.people.answer import Evidence, PersonInputs
from catgan.explain.people.gradients import BodyGradients
from catgan.explain.people.joints import JointEvidence, joint_evidence
from catgan.explain.people.model import Features, FusionModel, Inputs, as_columns
from catgan.explain.people.regions import Hiding, RegionEvidence, region_evidence

FACE, FUSED, AVAILABLE = "face", "fused", "available"


class Calibration(Protocol):
    """Corrections of logits."""

    @property
    def temperatures(self) -> Mapping[str, float]:
        """By part of the network; the joined answer is "fused"."""


class DifferentiableModel(FusionModel, Protocol):
    """A network of several modalities in Keras; `FusionRecogniser` is one."""

    @property
    def network(self) -> keras.Model:
        """Has the layers "MODALITY_encoder", a model of inputs by name that gives "features", and "fused", a model of
        features by modality and "available" `(n, m)` that gives "logits"."""

    @property
    def calibration(self) -> Calibration:
        """Of the answers."""

    def attention(self, inputs: Inputs) -> np.ndarray:
        """Returns the attention over the face, `(n, side, side)`, 0..1."""


class FoundEvidence:
    """Finds the evidence of one person after the other, a `catgan.explain.people.answer.Finder`.

    Modalities with a picture are searched by regions (the face by the network's own attention where it has one), those
    with joints by gradients; others have none.

    Args:
        model: the network.
        attention: whether it has an attention over the face.
    """

    def __init__(self, model: DifferentiableModel, attention: bool = True):
        self.model, self.has_attention = model, attention
        self._gradients: dict[str, BodyGradients] = {}

    def __call__(self, person: PersonInputs, features: Features, place: int) -> dict[str, Evidence]:
        """Returns the evidence for a class by modality."""
        found: dict[str, Evidence] = {}
        for name, arrays in person.inputs.items():
            if person.available[name] and "image" in arrays:
                found[name] = self._regions(person, features, name, place)
            elif person.available[name] and {"joints", "known"} <= set(arrays):
                found[name] = self._joints(person, features, name, place)
        return found

    def _regions(self, person: PersonInputs, features: Features, name: str, place: int) -> RegionEvidence:
        hiding = Hiding(self.model, person.inputs[name], features, person.mask, name, place)
        heat = self.model.attention(person.inputs)[0] if name == FACE and self.has_attention else None
        return region_evidence(hiding, heat)

    def _joints(self, person: PersonInputs, features: Features, name: str, place: int) -> JointEvidence:
        if name not in self._gradients:  # compiled once
            temperature = float(self.model.calibration.temperatures.get(FUSED, 1.0))
            self._gradients[name] = BodyGradients(_with_encoder(self.model.network, name),
                                                  lambda outputs: outputs["logits"] / temperature)
        arrays = person.inputs[name]
        given = {f"{name}.{key}": array for key, array in arrays.items()}
        given |= {other: array for other, array in features.items() if other != name}
        given[AVAILABLE] = as_columns(person.mask, self.model.modalities).astype(np.float32)
        joints, known = arrays["joints"][0], arrays["known"][0]
        if joints.ndim == 2:
            joints, known = joints[None], known[None]
        function = self._gradients[name].function(given, name, place, len(self.model.classes))
        return joint_evidence(function, joints, known, name, person.rate)


def _with_encoder(network: keras.Model, modality: str) -> keras.Model:
    """Joins the encoder of one modality and the fusion, so that the others are not computed again.

    Returns:
        A model of `"MODALITY.INPUT"`, features of the other modalities by their names, and `"available"`.
    """
    encoder, fused = network.get_layer(f"{modality}_encoder"), network.get_layer(FUSED)
    own = {name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=f"{modality}.{name}")
           for name, tensor in encoder.input.items()}
    others = {name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
              for name, tensor in fused.input.items() if name != modality}
    joined = fused({**others, modality: encoder(own)["features"]})
    inputs = {f"{modality}.{name}": tensor for name, tensor in own.items()} | others
    return keras.Model(inputs, {"logits": joined["logits"]})
