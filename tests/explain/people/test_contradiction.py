import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catgan.explain.people.contradiction import found_contradictions, pair_sureness, sureness

answers = hnp.arrays(float, 4, elements=st.floats(0.01, 1)).map(lambda row: row / row.sum())
HAPPY, SAD, OPEN = [0.05, 0.9, 0.05], [0.05, 0.05, 0.9], [1 / 3] * 3


def there(**names):
    return {name: np.array(values, bool) for name, values in names.items()}


def test_sureness_by_hand():
    certain = np.eye(3)
    assert sureness(certain[0], certain[1]) == 1.0 and sureness(certain[0], certain[0]) == 0.0
    assert sureness(np.array(HAPPY), np.array(OPEN)) == pytest.approx(0.5)
    # s = .9 * .05 * 2 + .05 * .05 = .0925; (1 - s) / (1 + s)
    assert sureness(np.array(HAPPY), np.array(SAD)) == pytest.approx(0.9075 / 1.0925)


def test_sureness_is_the_posterior_of_two_different_emotions():
    """By counting: even odds of one emotion or of two different ones, then independent readings."""
    p, q = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])
    same = sum(p[c] * q[c] / 4 for c in range(4))
    different = sum(p[c] * q[d] / 12 for c in range(4) for d in range(4) if c != d)
    assert sureness(p, q) == pytest.approx(different / (different + same))


@given(answers, answers)
def test_sureness_is_symmetric_and_between_0_and_1(one, other):
    assert 0.0 <= sureness(one, other) <= 1.0
    assert sureness(one, other) == pytest.approx(sureness(other, one))


@given(answers, answers, st.floats(0, 1))
def test_what_cannot_be_relied_on_is_less_sure(one, other, reliability):
    whole, part = sureness(one, other), sureness(one, other, reliability)
    assert abs(part - 0.5) <= abs(whole - 0.5) + 1e-12
    assert sureness(one, other, 0.0) == pytest.approx(0.5)


def test_pairs_that_are_not_both_read_or_say_the_same_have_no_sureness():
    own = {"face": np.array([HAPPY, HAPPY, HAPPY]), "gait": np.array([SAD, SAD, HAPPY])}
    found = pair_sureness(own, there(face=[1, 1, 1], gait=[1, 0, 1]))
    assert found["face", "gait"] == pytest.approx([0.9075 / 1.0925, 0.0, 0.0])


def test_contradictions_are_found_the_surest_first():
    own = {"face": np.array([HAPPY]), "posture": np.array([[0.05, 0.15, 0.8]]), "gait": np.array([SAD])}
    found, = found_contradictions(own, there(face=[1], posture=[1], gait=[1]), ("neutral", "happiness", "sadness"), 0.5)
    assert [(one.first, one.second, one.first_says, one.second_says) for one in found] == [
        ("face", "gait", "happiness", "sadness"), ("face", "posture", "happiness", "sadness")]
    none, = found_contradictions(own, there(face=[1], posture=[1], gait=[1]), ("a", "b", "c"), 0.9)
    assert none == []
    low = found_contradictions(own, there(face=[1], posture=[0], gait=[1]), ("a", "b", "c"), 0.8,
                               {"face": np.array([0.2])})
    assert low == [[]]
