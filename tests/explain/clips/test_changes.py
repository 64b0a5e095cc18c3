"""Changes of Action Units over time, worked out by hand."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.explain.clips.changes import UnitChange, differences, drawn_changes, sparsity

SMILE = UnitChange(12, -2.0, 0.0, 1.0, 0.4)
TIMES = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2])


def test_shares_rise_hold_and_fall():
    np.testing.assert_allclose(SMILE.shares(TIMES), [0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0], atol=1e-12)


def test_change_without_ramp_is_there_in_full_between_its_ends():
    np.testing.assert_allclose(UnitChange(12, 1.0, 0.1, 0.7, 0.0).shares(TIMES), [0, 1, 1, 1, 0, 0, 0])


def test_unit_is_lowered_no_further_than_the_face_shows_it():
    lowest, highest = np.full((7, 2), -1.5), np.full((7, 2), 5.0)
    lowest[3, 1] = 0.0
    drawn = differences([SMILE], TIMES, (4, 12), lowest, highest)
    np.testing.assert_allclose(drawn[:, 1], [0.0, -1.0, -1.5, 0.0, -1.0, 0.0, 0.0])
    assert not drawn[:, 0].any() and not np.signbit(drawn).all()


def test_unit_that_cannot_be_drawn_is_refused():
    with pytest.raises(DataError, match="AU12 cannot be drawn. Allowed: AU04"):
        differences([SMILE], TIMES, (4,), np.zeros((7, 1)), np.zeros((7, 1)))


def test_sparsity_counts_units_seconds_and_their_product():
    drawn = np.zeros((4, 3))
    drawn[1], drawn[2], drawn[3, 0] = (1.0, -2.0, 0.0), (0.0, -1.0, 0.0), 9.0
    found = sparsity(drawn, np.array([True, True, True, False]), 0.1)
    assert found == {"action_units": 2, "seconds": 0.1, "intensity_seconds": 0.4}
    assert sparsity(np.zeros((2, 1)), np.ones(2, bool), 0.1) == {
        "action_units": 0, "seconds": 0.0, "intensity_seconds": 0.0}


def test_words_name_what_was_drawn_of_each_unit_the_largest_first():
    drawn = np.zeros((7, 3))
    drawn[1:5, 2], drawn[2, 0] = (-1.0, -2.1, -1.1, -0.5), 0.4
    first, second = drawn_changes(drawn, (4, 6, 12), TIMES)
    assert first.describe() == "lip corner puller (AU12) is lower by 2.1 from 0.4 s to 0.6 s"
    assert second.describe() == "brow lowerer (AU04) is higher by 0.4 from 0.4 s to 0.4 s"
    assert second.to_dict() == {"unit": "AU04", "by": 0.4, "from": 0.4, "to": 0.4}


def test_dictionary_gives_the_stated_change_again():
    change = UnitChange(12, -2.123, 0.004, 1.556, 0.32).rounded()
    assert UnitChange.from_dict(change.to_dict()) == change == UnitChange(12, -2.12, 0.0, 1.56, 0.32)
    for content in ({}, {"unit": "AU12", "by": "x", "start": 0, "end": 1, "ramp": 0}, {"unit": 12}):
        with pytest.raises(DataError, match="no change of an Action Unit"):
            UnitChange.from_dict(content)
