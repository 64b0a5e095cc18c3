"""Explains what a network of several modalities says about one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from catgan.errors import CatganError
from catgan.explain.people.contradiction import found_contradictions
from catgan.explain.people.effects import direct_effect
from catgan.explain.people.limits import Limits
from catgan.explain.people.model import Features, FusionModel, Inputs
from catgan.explain.people.result import Evidence, ModalityAnswer, PersonAnswer
from catgan.explain.people.shapley import Contributions, explained_contributions
from catgan.explain.people.situation import SituationAnswer
from catgan.explain.people.sufficiency import sufficiency

CONTEXT = "context"
Situation = Callable[[Mapping[str, float]], SituationAnswer]
"""Compares probabilities by emotion with what a situation leads one to expect."""


@dataclass(frozen=True)
class PersonInputs:
    """What was read of one person.

    Args:
        inputs: arrays `(1, ...)` by modality and input.
        available: bool by modality.
        titles: how a sentence says a modality; "the NAME" by default.
        reliability: 0..1 by modality; 1 by default.
        seen: in a few words by modality.
        number: of the person in the picture.
        rate: frames of a gait per second.
    """

    inputs: Inputs
    available: Mapping[str, bool]
    titles: Mapping[str, str] = field(default_factory=dict)
    reliability: Mapping[str, float] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    rate: float = 15.0

    @property
    def mask(self) -> dict[str, np.ndarray]:
        """Availability as a network takes it, bool `(1,)` by modality."""
        return {name: np.array([there], bool) for name, there in self.available.items()}


Finder = Callable[[PersonInputs, Features, int], Mapping[str, Evidence]]
"""Finds where the evidence for a class lies, by modality."""


def explain_person(model: FusionModel, person: PersonInputs, limits: Limits = Limits(),
                   finder: Finder | None = None, situation: Situation | None = None) -> PersonAnswer:
    """Explains what a network says about one person.

    Args:
        model: the network.
        person: what was read of the person; nothing at all gives "insufficient evidence".
        limits: when an answer is not given and a contradiction is said.
        finder: finds where the evidence lies, such as `FoundEvidence(model)`; None leaves that out.
        situation: compares the answer with what the situation leads one to expect; it cannot change the answer.

    Raises:
        CatganError: a model that tells no emotions.
    """
    if not model.classes:
        raise CatganError("This model tells no emotions, so that there is no answer to explain.")
    features, available = model.features(person.inputs), person.mask
    answers = model.fused(features, available)
    place = int(answers.probabilities[0].argmax())
    found = explained_contributions(model, features, available, np.array([place]))
    own = {name: answer.probabilities for name, answer in model.alone(features).items()}
    evidence = {} if finder is None or not any(person.available.values()) else finder(person, features, place)
    probabilities = dict(zip(model.classes, answers.probabilities[0].astype(float).tolist()))
    affect = {name: (float(value), float(deviation)) for name, value, deviation in
              zip(model.dimensions, answers.affect[0], answers.affect_deviation[0])}
    reliability = {name: np.array([value]) for name, value in person.reliability.items()}
    context = direct_effect(model, features, available, CONTEXT, limits) if CONTEXT in model.modalities else None
    return PersonAnswer(
        person.number, probabilities, affect, _modalities(model.classes, person, found, own, evidence),
        dict(zip(found.measures, found.nothing[0].tolist())), float(np.abs(found.gaps).max()),
        sufficiency(answers.probabilities[0], person.available, person.reliability, limits.entropy),
        tuple(found_contradictions(own, available, model.classes, limits.contradiction, reliability)[0]), context,
        limits, None if situation is None else situation(probabilities))


def _modalities(classes: Sequence[str], person: PersonInputs, found: Contributions, own: Mapping[str, np.ndarray],
                evidence: Mapping[str, Evidence]) -> tuple[ModalityAnswer, ...]:
    answers = []
    for place, name in enumerate(found.modalities):
        there = bool(person.available[name])
        alone = dict(zip(classes, own[name][0].astype(float).tolist())) if there and name in own else None
        values, drops = (dict(zip(found.measures, numbers[0, place].tolist()))
                         for numbers in (found.values, found.drops))
        answers.append(ModalityAnswer(name, person.titles.get(name, f"the {name}"), there,
                                      float(person.reliability.get(name, 1.0)) if there else 0.0,
                                      person.seen.get(name, "") if there else "", alone, values, drops,
                                      evidence.get(name) if there else None))
    return tuple(answers)
