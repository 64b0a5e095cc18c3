"""The searches against made-up models whose answers are known."""

import itertools

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.search.beam import search
from catgan.explain.search.certified import minimal
from catgan.explain.search.gradient import descend, gradient_search
from catgan.explain.search.options import SearchOptions

UNITS = (1, 4, 6, 12)
TOLERANCE = SearchOptions().level_tolerance
SETTINGS = np.array([[0.0, 2.0, 4.0, 5.0]])
FREE = np.ones((1, 4), bool)


class Model:
    """Reads one number off the intensities; the goal is a number of at most `goal`, for each face its own. Says how far
    from it, and with how much to spare."""

    def __init__(self, weights, *goals):
        self.weights, self.goals, self.asked = np.array(weights, float), np.array(goals), 0

    def __call__(self, rows, levels):
        self.asked += len(levels)
        return levels @ self.weights - self.goals[rows]

    def gradient(self, rows, levels):
        far = np.maximum(self(rows, levels), 0.0)
        return far, (far > 0)[:, None] * self.weights


def changed(levels, settings=SETTINGS[0]):
    return {unit: round(float(to), 3) for unit, to, now in zip(UNITS, levels, settings) if to != now}


def test_search_with_one_sufficient_unit_changes_one():
    """At AU12 = 5 and AU6 = 4 the number is 9; 4.5 is reached by AU12 alone, at 0.5."""
    model = Model((0, 0, 1, 1), 4.5)
    found = search(model, SETTINGS, FREE)
    assert found.reached[0] and list(changed(found.levels[0])) == [12]
    assert 0.4 <= found.levels[0, 3] <= 0.5
    assert found.renders[0] == model.asked


def test_search_with_slack_goes_below_zero():
    """AU4 was read as 2.0 and is 2.6: to .2 of it is 2.4 down. AU6, which is not there, cannot go further."""
    settings = np.array([[0.0, 2.0, 0.0, 5.0]])
    model = Model((0, 1, 1, 0), -0.4)
    assert not search(model, settings, FREE).reached[0]
    found = search(model, settings, FREE, intensity_slack=1.0)
    assert found.reached[0] and list(changed(found.levels[0], settings[0])) == [4]
    assert -0.4 - TOLERANCE <= found.levels[0, 1] <= -0.4
    up = search(Model((0, 0, 0, -1), -5.5), np.array([[0.0, 0.0, 0.0, 4.0]]), FREE, intensity_slack=1.0)
    assert not up.reached[0]  # 5 is the most that a face can show


def test_search_takes_the_smallest_change():
    model = Model((0, 10, 1, 1), 24.0)  # 29 now: AU12 by 5, or AU4 by 0.5
    found = search(model, SETTINGS, FREE)
    assert found.reached[0] and list(changed(found.levels[0])) == [4]
    assert found.levels[0, 1] == pytest.approx(1.5, abs=TOLERANCE)


def test_search_takes_two_units_where_one_fails():
    model = Model((0, 0, 1, 1), 1.0)
    found = search(model, SETTINGS, FREE)
    assert found.reached[0] and set(changed(found.levels[0])) == {6, 12} and model(np.array([0]), found.levels)[0] <= 0
    assert np.abs(found.levels - SETTINGS).sum() <= 8.0 + 0.3  # 8 is the least, of any pair of levels


def test_search_works_without_negative_distances():
    model = Model((0, 0, 1, 1), 4.5)
    found = search(lambda rows, levels: np.maximum(model(rows, levels), 0.0), SETTINGS, FREE)
    assert found.reached[0] and list(changed(found.levels[0])) == [12]
    assert 0.0 <= found.levels[0, 3] <= 0.5 and model(np.array([0]), found.levels)[0] <= 0.0


def test_search_shrinks_along_a_curved_answer():
    def answer(rows, levels):  # 0.5 / (1 + exp(8)) .. 0.9: steep, then flat; half of it lies at AU12 = 2
        return 0.5 - 1.0 / (1.0 + np.exp(-4.0 * (2.0 - levels[:, 3])))

    found = search(answer, SETTINGS, FREE)
    assert found.reached[0] and 1.5 <= found.levels[0, 3] <= 2.0


def test_search_takes_implausible_answers_last():
    model = Model((0, 0, 1, 1.05), 4.5)  # AU12 is a little the nearer one, AU6 reaches it from 6.7 or not at all
    assert list(changed(search(model, SETTINGS, FREE).levels[0])) == [12]
    odd = search(Model((0, 0, 2, 1), 7.0), SETTINGS, FREE, is_implausible=lambda levels: levels[:, 2] < 3.9)  # 13 now
    assert list(changed(odd.levels[0])) == [6] and odd.reached[0]  # AU12 alone does not reach it
    both = Model((0, 0, 1, 1), 5.0)
    for unit, test in ((6, lambda levels: levels[:, 3] < 4.0), (12, lambda levels: levels[:, 2] < 3.0)):
        assert list(changed(search(both, SETTINGS, FREE, is_implausible=test).levels[0])) == [unit]


def test_search_without_answer_gives_the_nearest_attempt():
    found = search(Model((0, 1, 1, 1), -1.0), SETTINGS, FREE)
    assert not found.reached[0] and changed(found.levels[0]) == {4: 0.0, 6: 0.0, 12: 0.0}


def test_search_leaves_disallowed_units():
    model = Model((0, 0, 1, 1), 4.5)
    found = search(model, SETTINGS, np.array([[True, True, True, False]]))
    assert not found.reached[0] and 12 not in changed(found.levels[0])
    nothing = search(model, SETTINGS, ~FREE)
    assert not nothing.reached[0] and changed(nothing.levels[0]) == {}


def test_search_of_a_batch_equals_searches_alone():
    random = np.random.default_rng(0)
    settings, goals = random.uniform(0, 5, (6, 4)), random.uniform(-2, 8, 6)
    together = search(Model((1, -1, 1, 2), *goals), settings, np.ones((6, 4), bool))
    for row in range(6):
        alone = search(Model((1, -1, 1, 2), goals[row]), settings[[row]], FREE)
        np.testing.assert_allclose(together.levels[row], alone.levels[0], atol=1e-9)
        assert together.renders[row] == alone.renders[0] and together.reached[row] == alone.reached[0]


def test_all_methods_use_the_intensity_slack():
    """As read AU4 is at 2.0, and 2.6 down are asked for: one level beyond 0 lies in what each of them tries."""
    settings, model = np.array([[0.0, 2.0, 0.3, 5.0]]), Model((0, 1, 0, 0), -0.6)
    led = gradient_search(model, model.gradient, settings, FREE, intensity_slack=1.0)
    levels, reached, proof = minimal(model, settings[0], UNITS, FREE[0], intensity_slack=1.0)
    assert led.reached[0] and -0.6 - TOLERANCE <= led.levels[0, 1] <= -0.6
    assert reached and changed(levels, settings[0]) == {4: -1.0} and proof.beyond == 1.0
    assert "on the grid 0, 2.5, 5 (and 1 beyond 0, of those read at 0.5 or more)" in proof.searched
    assert proof.renders == 2 + 4 + 2 + 3  # AU1 and AU6: 2.5, 5; AU4: 0, 2.5, 5, -1; AU12: 0, 2.5, -1
    assert not gradient_search(model, model.gradient, settings, FREE).reached[0]
    _, none, without = minimal(model, settings[0], UNITS, FREE[0], SearchOptions(grid=(2.5, 5.0), max_units=1),
                               intensity_slack=1.0)
    assert not none and without.beyond == 0.0 and without.to_dict()["beyond"] == 0.0


# === The gradient search ===


def test_gradient_search_takes_the_steepest_unit():
    model = Model((0, 0.2, 1, 3), 12.0)  # 19.4 now; AU12 by 2.5 is the least change
    found = gradient_search(model, model.gradient, SETTINGS, FREE)
    assert found.reached[0] and list(changed(found.levels[0])) == [12]
    assert found.levels[0, 3] == pytest.approx(2.53, abs=0.1)


def test_gradient_search_takes_several_units_where_needed():
    model = Model((0, 0, 1, 1), 1.0)
    found = gradient_search(model, model.gradient, SETTINGS, FREE)
    assert found.reached[0] and set(changed(found.levels[0])) == {6, 12}
    never = gradient_search(Model((0, 1, 1, 1), -1.0), Model((0, 1, 1, 1), -1.0).gradient, SETTINGS, FREE)
    assert not never.reached[0]


def test_descend_agrees_with_a_step_by_hand():
    """The steepest unit goes farthest; one with a tenth of its slope is drawn back to where it was."""
    levels = descend(Model((0, 0, 0.1, 1), -99.0).gradient, SETTINGS, np.array([[True, True, True, False]]))
    assert levels[0, 3] == 5.0 and levels[0, 2] < 4.0  # held; now the steepest
    model = Model((0.1, 0, 0, 1), -99.0)
    levels = descend(model.gradient, SETTINGS, FREE)
    assert levels[0, 0] == 0.0 and levels[0, 3] < 1.0


# === Certified answers ===


def test_minimal_agrees_with_brute_force():
    random, grid = np.random.default_rng(3), (0.0, 2.5, 5.0)
    for _ in range(8):
        settings, weights, goal = random.uniform(0, 5, 4), random.normal(0, 1, 4), random.uniform(-3, 1)
        model = Model(weights, goal)
        levels, reached, proof = minimal(model, settings, UNITS, np.ones(4, bool), SearchOptions(grid=grid))
        options = [[now, *(level for level in grid if abs(level - now) >= 0.5)] for now in settings]
        every = np.array([option for option in itertools.product(*options)])
        sizes = (every != settings).sum(1)
        every, sizes = every[(sizes > 0) & (sizes <= 3)], sizes[(sizes > 0) & (sizes <= 3)]
        good = every @ weights <= goal
        assert reached == good.any()
        if reached:
            least = sizes[good].min()
            assert (levels != settings).sum() == least and proof.complete == tuple(range(1, least + 1))
            smallest = np.abs(every[good & (sizes == least)] - settings).sum(1).min()
            assert np.abs(levels - settings).sum() == pytest.approx(smallest)
        else:
            assert proof.complete == (1, 2, 3) and proof.renders == len(every)


def test_certificate_lists_held_units_and_renders():
    model = Model((0, 0, 1, 1), 4.5)
    _, reached, proof = minimal(model, SETTINGS[0], UNITS, np.array([True, True, True, False]),
                                SearchOptions(grid=(0.0, 5.0)))
    assert not reached and proof.held == (12,) and proof.units == (1, 4, 6) and proof.reaching == 0
    # 0 -> 5; 2 -> 0, 5; 4 -> 0, 5: one, two and three at a time
    assert proof.renders == model.asked == (1 + 2 + 2) + (2 + 2 + 4) + 4
    with pytest.raises(CatganError, match="0..5"):
        SearchOptions(grid=(0.0, 6.0))


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0, 30.0])
def test_refinement_finds_the_start_of_a_plateau(sharpness):
    """A reading that is 0 long before the end of the range says nothing of where it began to be."""
    def distance(rows, levels):
        return np.maximum(1.0 - sharpness * levels[:, 0], -0.01)

    found = search(distance, np.zeros((1, 2)), np.ones((1, 2), bool))
    assert found.reached[0] and 0.0 <= found.levels[0, 0] - 1.0 / sharpness < 0.2


def test_refinement_gives_up_larger_candidates():
    """Ten units reach the target, one of them at a tenth of the change: the others are not closed in on."""
    slopes = np.r_[1.0, np.full(9, 0.1)]

    def distance(rows, levels):
        return 0.5 - (levels * slopes).max(1)

    found = search(distance, np.zeros((1, 10)), np.ones((1, 10), bool))
    assert list(np.flatnonzero(found.levels[0])) == [0] and found.levels[0, 0] == pytest.approx(0.5, abs=TOLERANCE)
    assert found.renders[0] <= 1 + 10 + 8 + 3  # as they are, each at its end, the first step, and the least alone


@pytest.mark.parametrize("pair", [(3, 11), (8, 9)])
def test_search_finds_pairs_that_do_nothing_alone(pair):
    """A model that asks for both: no single unit comes nearer to the target."""
    def distance(rows, levels):
        return 2.5 - levels[:, list(pair)].min(1)

    found = search(distance, np.zeros((2, 12)), np.ones((2, 12), bool))
    assert found.reached.all() and [list(np.flatnonzero(levels)) for levels in found.levels] == [list(pair)] * 2
    np.testing.assert_allclose(found.levels[:, list(pair)], 2.5, atol=0.2)
