import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError, ModelError
from catgan.explain.people.limits import (EDGES, Limits, choose_limits, contradicting, from_dict, mean_features,
                                          read_limits, save_limits, wilson)
from catgan.explain.people.sufficiency import NOTHING, UNDECIDED, UNRELIABLE, entropies, sufficiency
from tests.harness.fusion import AdditiveModel, everything, logits_of


def people(count=40):
    """People whose face says the second emotion; of every fourth nothing is known but equal chances."""
    strength = np.where(np.arange(count) % 4, 3.0, 0.0)
    face = strength[:, None] * np.eye(3)[1]
    zeros = np.zeros((count, 3))
    model = AdditiveModel()
    features = model.features(logits_of(face=face, posture=zeros, gait=zeros, context=zeros))
    return model, features, everything(count), np.ones(count, np.int64)


def test_entropies_are_shares_of_the_largest():
    found = entropies(np.array([[1 / 3] * 3, [1, 0, 0], [0.5, 0.5, 0]]))
    assert found == pytest.approx([1.0, 0.0, math.log(2) / math.log(3)])


@pytest.mark.parametrize("probabilities, there, reliable, reason", [
    ([0.9, 0.1], {"face": True, "gait": False}, {"face": 0.9}, ""),
    ([0.9, 0.1], {"face": True, "gait": False}, {"face": 0.9}, ""),
    ([0.9, 0.1], {"face": False}, {}, NOTHING),
    ([0.9, 0.1], {"face": True, "gait": False}, {"face": 0.1, "gait": 1.0}, UNRELIABLE),
    ([0.51, 0.49], {"face": True}, {}, UNDECIDED)])
def test_evidence_is_judged(probabilities, there, reliable, reason):
    found = sufficiency(np.array(probabilities), there, reliable, 0.9)
    assert (found.sufficient, found.reason) == (not reason, reason)


def test_entropy_limit_leaves_the_stated_share_an_answer():
    model, features, available, labels = people()
    limits = choose_limits(model, features, available, labels, coverage=0.7)
    assert limits.people == 40 and limits.coverage == 0.75  # those with evidence; the others have the same entropy
    assert limits.right == 1.0 and limits.right_without == 0.0  # equal chances are answered by the first emotion
    assert limits.entropy == pytest.approx(entropies(np.array([[1, math.exp(3), 1]]) / (2 + math.exp(3)))[0])
    assert sum(limits.answers) == 40 and sum(limits.right_answers) == 30
    assert limits.source == "chosen on 40 validation people"


def test_certainty_is_that_of_the_bin():
    limits = Limits(answers=(0, 0, 0, 0, 0, 10, 4), right_answers=(0, 0, 0, 0, 0, 8, 4))
    count, right, low, high = limits.certainty(0.85)
    assert (count, right) == (10, 8) and (low, high) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert limits.certainty(1.0)[:2] == (4, 4) and limits.certainty(0.3) is None and Limits().certainty(0.9) is None


@given(st.integers(1, 200).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_wilson_holds_the_share(pair):
    right, count = pair
    low, high = wilson(right, count)
    assert 0.0 <= low <= right / count + 1e-12 and right / count - 1e-12 <= high <= 1.0


def test_contradiction_threshold_is_chosen_on_people_without_one():
    model, _, available, labels = people()
    zeros = np.zeros((40, 3))
    face = 3.0 * np.repeat(np.eye(3)[1:2], 40, 0)
    conflict = np.arange(40) % 2 == 0
    gait = np.where(conflict[:, None], 3.0 * np.eye(3)[2], 0.5 * np.eye(3)[2])
    features = model.features(logits_of(face=face, posture=zeros, gait=gait, context=zeros))
    truth = {"shown_face": np.ones(40, int), "shown_gait": np.where(conflict, 2, 1), "place": np.zeros(40, int)}
    limits = choose_limits(model, features, available, labels, truth)
    assert limits.said == 1.0 and limits.false_alarms == 0.0 and 0.5 < limits.contradiction < 1.0


def test_contradicting_needs_two_modalities_that_are_there_and_show_different_emotions():
    truth = {"shown_face": np.array([1, 1, 1, -1]), "shown_gait": np.array([2, 2, -1, -1])}
    there = {"face": np.array([1, 1, 1, 1], bool), "gait": np.array([1, 0, 1, 1], bool)}
    assert contradicting(truth, there).tolist() == [True, False, False, False]
    assert contradicting({}, there).tolist() == [False] * 4


def test_limits_need_enough_people():
    model, features, available, labels = people()
    with pytest.raises(CatganError, match="20 people of known emotion or more.* Received: 3 people"):
        choose_limits(model, features, available, np.where(np.arange(40) < 3, labels, -1))


def test_limits_are_written_and_read(tmp_path):
    model, features, available, labels = people()
    limits = choose_limits(model, features, available, labels)
    assert from_dict(json.loads(json.dumps(limits.to_dict()))) == limits
    (tmp_path / "config.json").write_text("{}")
    save_limits(limits, tmp_path)
    assert read_limits(tmp_path) == limits
    replaced = mean_features(limits, features, "face")
    assert replaced["face"][0] == pytest.approx([0.0, 2.25, 0.0]) and replaced["gait"] is features["gait"]
    assert mean_features(Limits(), features, "face") is None


def test_limits_that_training_chose_are_read(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "metrics.json").write_text(json.dumps({"score": 0.5}))
    assert read_limits(tmp_path) == Limits()
    limits = choose_limits(*people())
    (tmp_path / "metrics.json").write_text(json.dumps({"score": 0.5, "explaining": limits.to_dict()}))
    assert read_limits(tmp_path) == limits
    save_limits(Limits(0.5), tmp_path)
    assert read_limits(tmp_path).entropy == 0.5


@pytest.mark.parametrize("content", ["{", "[1]", '{"entropy": "much"}', '{"answers": [1, 2], "right_answers": [1]}',
                                     '{"unknown": 1}'])
def test_damaged_limits_are_refused(tmp_path, content):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "explaining.json").write_text(content)
    with pytest.raises(ModelError, match="does not hold the limits of explanations"):
        read_limits(tmp_path)


def test_a_preset_without_limits_has_conventions(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert read_limits(tmp_path) == Limits() and Limits().source == "conventions, chosen on nobody"
    assert len(EDGES) == 8
