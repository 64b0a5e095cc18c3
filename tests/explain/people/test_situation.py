from datetime import datetime, timezone

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.people.situation import situation_answer
from catgan.modalities.observations import observation
from catgan.modalities.situation_file import Settings, SituationFile, create
from tests.harness.explained_people import answer_of
from tests.harness.fusion import CLASSES

MONDAY = datetime(2026, 6, 1, 9, 30, tzinfo=timezone.utc)
NOW = MONDAY.timestamp()


@pytest.fixture
def store(tmp_path):
    """A street in which sadness was observed 95 times and happiness 5 times, and a park with the opposite."""
    create(tmp_path / "store.db", Settings(CLASSES, half_life=9e5, prior=2.0))
    with SituationFile(tmp_path / "store.db") as file:
        for place, sad in (("street", 95), ("park", 5)):
            file.add(observation(place, MONDAY, "sadness" if one < sad else "happiness", f"{place}{one}", CLASSES)
                     for one in range(100))
        yield file


def asked(file, place, prior):
    return lambda probabilities: situation_answer(probabilities, file, place, MONDAY, prior, NOW)


def test_conflict_and_agreement_are_said(store):
    against = answer_of(face=(0, 4, 0), situation=asked(store, "street", False))
    assert against.situation.agreement.verdict == "conflict"
    assert "happiness conflicts with that" in against.sentence()
    assert answer_of(face=(0, 4, 0), situation=asked(store, "park", False)).situation.agreement.verdict == "agreement"


@pytest.mark.parametrize("prior", [False, True])
def test_no_score_changes_by_one_bit(store, prior):
    plain = answer_of(face=(0, 1.2345, 0.3), gait=(0, 0, 1))
    asked_too = answer_of(face=(0, 1.2345, 0.3), gait=(0, 0, 1), situation=asked(store, "street", prior))
    for one, other in ((plain.probabilities, asked_too.probabilities), (plain.affect, asked_too.affect)):
        assert np.array(list(one.values())).tobytes() == np.array(list(other.values())).tobytes()
    assert plain.answer == asked_too.answer
    assert {**asked_too.to_dict(), "situation": None, "sentence": ""} == {**plain.to_dict(), "sentence": ""}


def test_correction_is_reported_with_and_without(store):
    found = answer_of(face=(0, 1, 0), situation=asked(store, "street", True))
    assert found.answer == "happiness"
    assert "Corrected for the situation, as asked: sadness (0." in found.sentence()
    assert "without the correction: happiness (0.58)." in found.sentence()
    content = found.to_dict()["situation"]["correction"]
    assert content["without"] == pytest.approx(found.probabilities)
    plain = answer_of(face=(0, 1, 0), situation=asked(store, "street", False))
    assert plain.to_dict()["situation"]["correction"] is None


def test_unknown_place_is_refused(store):
    with pytest.raises(CatganError, match="Unknown place 'moon'"):
        answer_of(situation=asked(store, "moon", False))
