"""Evidence of a real network of several modalities."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.people.answer import PersonInputs, explain_person
from catgan.explain.people.evidence import FoundEvidence
from catgan.explain.people.joints import JointEvidence
from catgan.explain.people.shapley import explained_contributions
from tests.harness.untrained_people import random_people, untrained_people

ALL = {"face": True, "posture": True, "gait": True, "context": True}


def person_of(row=0, **there):
    inputs, _ = random_people(row + 1)
    return PersonInputs({name: {key: array[row:row + 1] for key, array in arrays.items()}
                         for name, arrays in inputs.items()}, {**ALL, **there}, number=1)


@pytest.fixture(scope="module")
def finder():
    """Compiled once."""
    return FoundEvidence(untrained_people())


@pytest.mark.slow
def test_evidence_is_found_in_every_modality(finder):
    answer = explain_person(untrained_people(), person_of(), finder=finder)
    evidence = {one.name: one.evidence for one in answer.modalities}
    assert evidence["face"].method == "attention" and evidence["context"].method == "occlusion"
    assert evidence["face"].heat.shape == (64, 64)
    assert evidence["posture"].relevance.shape == (1, 16) and evidence["gait"].relevance.shape == (40, 16)
    assert answer.gap < 1e-6
    # Both are of the same answer, from other baselines.
    odds = np.log(answer.probabilities[answer.most_probable] / (1 - answer.probabilities[answer.most_probable]))
    for name in ("posture", "gait"):
        assert isinstance(evidence[name], JointEvidence)
        assert evidence[name].value == pytest.approx(odds, abs=1e-3)
        assert evidence[name].gap < 0.05
    assert not evidence["gait"].relevance[36:].any()  # frames that are not there


def test_missing_modalities_have_no_evidence_and_no_contribution(finder):
    answer = explain_person(untrained_people(), person_of(gait=False, face=False), finder=finder)
    by_name = {one.name: one for one in answer.modalities}
    assert by_name["gait"].evidence is None and by_name["face"].own is None
    assert by_name["gait"].contribution["log_odds"] == 0.0 and by_name["posture"].evidence is not None


def test_without_attention_parts_of_the_face_are_hidden():
    model = untrained_people(attention=False)
    found = FoundEvidence(model, attention=False)(person_of(posture=False, gait=False, context=False), model.features(
        person_of().inputs), 0)
    assert set(found) == {"face"} and found["face"].method == "occlusion"


def test_contributions_are_those_of_every_person_alone():
    model = untrained_people()
    inputs, available = random_people(6)
    found = explained_contributions(model, model.features(inputs), available)
    assert np.abs(found.gaps).max() < 1e-6
    alone = explained_contributions(model, model.features({name: {key: array[3:4] for key, array in arrays.items()}
                                                           for name, arrays in inputs.items()}),
                                    {name: mask[3:4] for name, mask in available.items()})
    np.testing.assert_allclose(alone.values[0], found.values[3], atol=1e-4)


def test_a_model_of_affect_alone_is_refused():
    with pytest.raises(CatganError, match="tells no emotions"):
        explain_person(untrained_people(classes=()), person_of())
