import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.people.faithfulness import (agreement_of_drops, mass_in_region, named_first, said_contradictions)
from catgan.explain.people.shapley import contributions

NAMES = ("face", "gait")


def additive(values, available=None):
    """Contributions of a game that adds numbers `(n, 2)`."""
    values = np.asarray(values, float)
    there = np.ones(values.shape, bool) if available is None else np.asarray(available, bool)
    return contributions(lambda used: (used * values).sum(1, keepdims=True), there, NAMES, ("log_odds",))


def subjects(count):
    return [f"p{number // 2}" for number in range(count)]


def test_contributions_that_add_are_the_drops():
    found = agreement_of_drops(additive(np.random.default_rng(0).normal(size=(20, 2))), subjects(20), draws=50)
    assert found["correlation"] == pytest.approx(1.0) and found["correlation_first"] == pytest.approx(1.0)
    assert found["within"] == 1.0 and found["n"] == 20 and found["correlation_interval"] == pytest.approx([1.0, 1.0])


def test_redundant_modalities_share_what_neither_drops():
    # The larger of both counts: without one of two equal ones nothing is lost, but each has half of the value.
    scale = np.arange(1.0, 9.0)[:, None]
    found = contributions(lambda used: used.any(1, keepdims=True) * scale, np.ones((8, 2), bool), NAMES, ("log_odds",))
    assert agreement_of_drops(found, subjects(8), draws=20)["correlation"] is None  # no drop at all


def test_missing_modalities_are_left_out():
    found = additive([[1, 5], [2, 5], [3, 5]], [[1, 0], [1, 0], [1, 0]])
    figures = agreement_of_drops(found, subjects(3), draws=20)
    assert figures["correlation"] == pytest.approx(1.0) and figures["within"] is None


def test_named_first_counts_causes_among_right_answers():
    found = additive([[3, 1], [3, 1], [1, 3], [3, 1]])
    figures = named_first(found, ["face", "gait", "gait", "face"], subjects(4), np.array([True, True, True, False]), 20)
    assert figures["named_first"] == pytest.approx(2 / 3) and figures["named_first_all"] == 0.75
    assert figures["right"] == 0.75
    assert figures["by_cause"] == {"face": {"named_first": 1.0, "n": 1}, "gait": {"named_first": 0.5, "n": 2}}
    with pytest.raises(CatganError, match="Causes must be modalities: face, gait. Received: mouth"):
        named_first(found, ["mouth"] * 4, subjects(4))


def test_contradictions_are_counted_against_what_is_shown():
    eye = np.eye(3)
    own = {"face": eye[[1, 1, 1, 1]], "gait": eye[[2, 1, 0, 2]]}
    truth = {"shown_face": np.array([1, 1, 1, 1]), "shown_gait": np.array([2, 2, 2, 1])}
    there = {name: np.ones(4, bool) for name in NAMES}
    figures = said_contradictions(own, there, truth, 0.9, subjects(4), 20)
    assert figures["said"] == pytest.approx(2 / 3) and figures["right_pair"] == pytest.approx(2 / 3)
    assert figures["right_words"] == pytest.approx(1 / 3) and figures["false_alarms"] == 1.0
    assert (figures["n_contradicting"], figures["n_consistent"]) == (3, 1)


def test_mass_of_an_attention():
    attention, region = np.ones((2, 4, 4)), np.zeros((4, 4), bool)
    region[0] = True
    attention[0, 0] = 3.0
    found = mass_in_region(attention, region, subjects(2), 20)
    assert found["mass"] == pytest.approx((0.5 + 0.25) / 2) and found["area"] == 0.25
