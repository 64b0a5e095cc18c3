import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.explain.people.shapley import (contributions, explained_contributions, log_odds, shapley_values, subsets)
from tests.harness.fusion import AdditiveModel, everything, logits_of

numbers = st.floats(-5, 5, allow_nan=False, width=32)


def game(values):
    """A set function of all people alike from the value of each subset, in the order of `subsets`."""
    table = np.asarray(values, float)

    def function(used):
        return table[used @ (1 << np.arange(used.shape[1]))][:, None]

    return function


def test_subsets_are_all_and_bit_i_is_modality_i():
    assert subsets(2).tolist() == [[False, False], [True, False], [False, True], [True, True]]
    with pytest.raises(CatganError, match="1..8 modalities. Received: 9"):
        subsets(9)


def test_values_of_the_glove_game_worked_out_by_hand():
    # A left glove (0) and two right ones (1, 2): a pair is worth 1. Shapley: 2/3, 1/6, 1/6.
    worth = [0, 0, 0, 1, 0, 1, 0, 1]
    assert shapley_values(np.array(worth)) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_two_modalities_by_hand():
    # v = 1, 3, 4, 10: the first adds 2 alone and 6 to the second, so 4; the second 3 and 7, so 5.
    found = contributions(game([1, 3, 4, 10]), np.ones((1, 2), bool), ("a", "b"), ("log_odds",))
    assert found.values[0, :, 0].tolist() == [4.0, 5.0]
    assert found.drops[0, :, 0].tolist() == [6.0, 7.0]
    assert (found.everything[0, 0], found.nothing[0, 0], found.gaps[0, 0]) == (10.0, 1.0, 0.0)
    assert found.first.tolist() == [1]


def test_a_missing_modality_is_in_no_set():
    asked = []

    def function(used):
        asked.append(used.copy())
        return used.sum(1, keepdims=True).astype(float)

    available = np.array([[True, False, True], [False, False, False]])
    found = contributions(function, available, ("a", "b", "c"), ("log_odds",))
    assert not np.concatenate(asked)[:, 1].any()
    assert found.values[:, :, 0].tolist() == [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert found.first.tolist() == [0, -1]


@given(st.lists(numbers, min_size=16, max_size=16))
def test_values_sum_to_all_minus_nothing(worth):
    assert shapley_values(np.array(worth)).sum() == pytest.approx(worth[15] - worth[0], abs=1e-9)


@given(st.lists(numbers, min_size=8, max_size=8), numbers)
def test_a_dummy_gets_what_it_always_adds(worth, always):
    whole = np.concatenate([worth, np.array(worth) + always])  # modality 3 adds the same to every set
    assert shapley_values(whole)[3] == pytest.approx(always, abs=1e-9)


@given(st.lists(numbers, min_size=4, max_size=4), numbers, numbers)
def test_symmetric_modalities_get_the_same(by_size, bonus, other):
    members = subsets(3)
    worth = np.array(by_size)[members[:, :2].sum(1)] + members[:, 2] * other + bonus
    first, second, _ = shapley_values(worth)
    assert first == pytest.approx(second, abs=1e-9)


@given(st.lists(numbers, min_size=16, max_size=16), st.lists(numbers, min_size=16, max_size=16))
def test_values_are_linear_in_the_game(one, other):
    both = shapley_values(np.array(one) + 2 * np.array(other))
    assert both == pytest.approx(shapley_values(np.array(one)) + 2 * shapley_values(np.array(other)), abs=1e-8)


def test_contributions_of_a_network_are_those_of_each_person():
    model = AdditiveModel()
    inputs = logits_of(face=[[0, 3, 0], [0, 0, 0]], posture=[[0, 0, 0]] * 2, gait=[[0, 0, 1], [0, 0, 4]],
                       context=[[0, 0, 0]] * 2)
    found = explained_contributions(model, model.features(inputs), everything(2))
    assert found.measures == ("log_odds", "probability", "valence")
    assert [found.modalities[place] for place in found.first] == ["face", "gait"]
    assert found.of("log_odds")[:, 1].tolist() == [0.0, 0.0]
    # The face of the first person alone: log odds of e^3 against 1 + e against log odds of 1 against 1 + e, and so on.
    alone = (3 - math.log(2)) - math.log(0.5)
    with_gait = (3 - math.log(1 + math.e)) + math.log(1 + math.e)
    assert found.of("log_odds")[0, 0] == pytest.approx((alone + with_gait) / 2, abs=1e-5)
    assert np.abs(found.gaps).max() < 1e-12
    with pytest.raises(CatganError, match="Unknown measure of a contribution 'arousal'"):
        found.of("arousal")


def test_answers_of_another_shape_are_refused():
    with pytest.raises(CatganError, match="finite answers of shape"):
        contributions(lambda used: np.full((len(used), 1), np.nan), np.ones((2, 2), bool), ("a", "b"), ("log_odds",))


def test_log_odds_stay_finite():
    assert log_odds(np.array([0.5, 0.8])) == pytest.approx([0.0, math.log(4)])
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
