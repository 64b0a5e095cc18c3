"""The search against a made-up model whose answer is known."""

import numpy as np
import pytest

from catgan.explain.search import MAX_CHANGES, search

SETTINGS = {1: 0.0, 4: 2.0, 6: 4.0, 12: 5.0}


class Model:
    """Reads one number off a set of changes; the goal is a number of at most `goal`."""

    def __init__(self, weights, goal):
        self.weights, self.goal, self.asked = weights, goal, 0

    def __call__(self, changes):
        self.asked += len(changes)
        faces = [{**SETTINGS, **change} for change in changes]
        totals = [sum(self.weights[number] * face[number] for number in SETTINGS) for face in faces]
        return np.maximum(np.array(totals) - self.goal, 0.0)


def test_one_unit_that_suffices_is_enough():
    """At 12 = 5 and 6 = 4 the number is 9; 4.5 is reached by AU12 alone, at 0.5."""
    model = Model({1: 0, 4: 0, 6: 1, 12: 1}, 4.5)
    found = search(model, SETTINGS)
    assert found.reached and list(found.changes) == [12]
    assert 0.35 <= found.changes[12] <= 0.5  # as small a change as bisection finds
    assert found.renders == model.asked


def test_the_least_change_of_those_that_reach_it():
    model = Model({1: 0, 4: 10, 6: 1, 12: 1}, 24)  # 29 now: AU12 by 5, or AU4 by 0.5
    found = search(model, SETTINGS)
    assert found.reached and list(found.changes) == [4] and found.changes[4] == pytest.approx(1.5, abs=0.05)


def test_two_units_where_one_is_not_enough():
    model = Model({1: 0, 4: 0, 6: 1, 12: 1}, 1.0)
    found = search(model, SETTINGS)
    assert found.reached and set(found.changes) == {6, 12} and model([found.changes])[0] == 0.0
    brute = min((9 - a - b) for a in np.arange(0, 4.01, 0.05) for b in np.arange(0, 5.01, 0.05) if a + b <= 1.0)
    moved = sum(abs(value - SETTINGS[number]) for number, value in found.changes.items())
    assert moved <= brute + 0.6


def test_not_found_gives_the_nearest_attempt():
    model = Model({1: 0, 4: 1, 6: 1, 12: 1}, -1.0)
    found = search(model, SETTINGS)
    assert not found.reached and len(found.changes) == MAX_CHANGES
    assert found.changes == {4: 0.0, 6: 0.0, 12: 0.0}


def test_held_units_stay():
    model = Model({1: 0, 4: 0, 6: 1, 12: 1}, 4.5)
    found = search(model, SETTINGS, held=[12])
    assert not found.reached and 12 not in found.changes
    assert not search(model, SETTINGS, held=list(SETTINGS)).reached


def test_the_same_search_gives_the_same_answer():
    first, second = (search(Model({1: 1, 4: -1, 6: 1, 12: 1}, 2.0), SETTINGS) for _ in range(2))
    assert first == second
