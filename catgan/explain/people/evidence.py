"""Finds where the evidence for an answer lies: in the face, the body, the movement and the surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import keras
import numpy as np

from catgan.explain.people.answer import Evidence, PersonInputs
from catgan.explain.people.gradients import BodyGradients
from catgan.explain.people.joints import JointEvidence, joint_evidence
from catgan.explain.people.model import Available, Features, FusionModel, Inputs
from catgan.explain.people.regions import Hiding, RegionEvidence, region_evidence

FACE = "face"


class Calibration(Protocol):
    """Corrections of logits."""

    @property
    def temperatures(self) -> Mapping[str, float]:
        """By part of the network; the joined answer is "fused"."""


class DifferentiableModel(FusionModel, Protocol):
    """A network of several modalities in Keras; `FusionRecogniser` is one."""

    @property
    def network(self) -> keras.Model:
        """Takes a flat dictionary "MODALITY.INPUT", gives one with "fused.logits"."""

    @property
    def calibration(self) -> Calibration:
        """Of the answers."""

    def network_inputs(self, inputs: Inputs, available: Available) -> dict[str, np.ndarray]:
        """Flattens inputs to those of `network`."""

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
        temperature = float(model.calibration.temperatures.get("fused", 1.0))
        self.gradients = BodyGradients(model.network, lambda outputs: outputs["fused.logits"] / temperature)

    def __call__(self, person: PersonInputs, features: Features, place: int) -> dict[str, Evidence]:
        """Returns the evidence for a class by modality."""
        found: dict[str, Evidence] = {}
        for name, arrays in person.inputs.items():
            if person.available[name] and "image" in arrays:
                found[name] = self._regions(person, features, name, place)
            elif person.available[name] and {"joints", "known"} <= set(arrays):
                found[name] = self._joints(person, name, place)
        return found

    def _regions(self, person: PersonInputs, features: Features, name: str, place: int) -> RegionEvidence:
        hiding = Hiding(self.model, person.inputs[name], features, person.mask, name, place)
        heat = self.model.attention(person.inputs)[0] if name == FACE and self.has_attention else None
        return region_evidence(hiding, heat)

    def _joints(self, person: PersonInputs, name: str, place: int) -> JointEvidence:
        given = self.model.network_inputs(person.inputs, person.mask)
        joints, known = person.inputs[name]["joints"][0], person.inputs[name]["known"][0]
        if joints.ndim == 2:
            joints, known = joints[None], known[None]
        function = self.gradients.function(given, name, place, len(self.model.classes))
        return joint_evidence(function, joints, known, name, person.rate)
