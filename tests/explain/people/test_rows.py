"""One row of a data set of people, as explanations take it."""

import numpy as np
import pytest

from catgan.data.people.samples import PeopleSamples
from catgan.explain.people.answer import explain_person
from catgan.explain.people.rows import person_of, pictures_of
from tests.harness.untrained_people import random_people, untrained_people


@pytest.fixture(scope="module")
def people():
    inputs, _ = random_people(3)
    available = {name: np.ones(3, bool) for name in inputs} | {"gait": np.array([True, False, True])}
    return PeopleSamples(inputs, available, np.zeros(3, np.int64), ("calm", "angry"), ("a", "b", "c"),
                         ("1", "2", "3"), np.zeros((3, 2), np.float32))


def test_person_of_a_row_is_explained_as_that_person(people):
    person = person_of(people, 1)
    assert person.available == {"face": True, "posture": True, "gait": False, "context": True}
    assert (person.inputs["posture"]["joints"] == people.inputs["posture"]["joints"][1:2]).all()
    answer = explain_person(untrained_people(), person)
    expected = untrained_people().predict(people.inputs, people.available).probabilities[1]
    assert list(answer.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-5)
    assert [one.title for one in answer.modalities if not one.available] == ["the gait"]


def test_pictures_of_a_row_leave_out_what_is_missing(people):
    shown = pictures_of(people, 1)
    assert shown.gait is None and shown.photograph is None
    assert (shown.face == people.inputs["face"]["image"][1]).all()
    assert (shown.joints == people.inputs["posture"]["joints"][1]).all() and shown.seen.shape == (64, 64)
