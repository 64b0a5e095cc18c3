"""True answers of rendered faces, against what is worked out by hand."""

import numpy as np
import pytest

from catgan.benchmarks.explanations.truth import as_read, true_answer, true_labels, true_reading
from catgan.explain.targets import parse_target
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

UNITS = (4, 6, 12, 15)
LABELS = true_labels(UNITS)


def answer(scene, text, **more):
    return true_answer(scene, UNITS, parse_target(text, LABELS), **more)


def test_true_reading_of_scene_by_hand():
    reading = true_reading(Scene({12: 3.0}), UNITS, np.array([[0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 2.0]]))
    assert reading["valence"] == pytest.approx([np.tanh(0.34 * 3), np.tanh(-0.26 * 2)])
    assert reading["AU12"].tolist() == [3.0, 0.0] and reading["AU15"].tolist() == [0.0, 2.0]


def test_true_answer_for_action_unit_is_the_unit():
    found = answer(Scene({12: 4.0}), "AU12<=0.5")
    assert found.sets == (frozenset({2}),)
    np.testing.assert_allclose(found.levels, [0.0, 0.0, 0.5, 0.0], atol=2e-3)


def test_the_least_change_of_valence():
    """From tanh(.34 * 4) down to 0.5: AU12 has the steepest slope, .34 against .26 and .20; 2.3844 levels of it."""
    found = answer(Scene({12: 4.0}), "valence<=0.5")
    assert found.sets == (frozenset({2}),)
    assert found.levels[2] == pytest.approx(np.arctanh(0.5) / 0.34, abs=2e-3)


def test_true_answer_names_all_sets_that_are_as_good():
    def both(scene, units, levels):
        return {"AU04": levels[:, 0], "AU06": levels[:, 1], "valence": -0.1 * (levels[:, 0] + 1.02 * levels[:, 1])}

    found = answer(Scene({}), "valence<=-0.3", reading=both)
    assert set(found.sets) == {frozenset({0}), frozenset({1})}
    assert np.abs(found.levels).sum() == pytest.approx(3 / 1.02, abs=3e-3)
    assert found.sets == (frozenset({0}), frozenset({1}))
    np.testing.assert_allclose(found.as_good, [[3.0, 0.0, 0.0, 0.0], [0.0, 3 / 1.02, 0.0, 0.0]], atol=3e-3)


def test_true_answer_has_two_units_where_one_is_not_enough():
    def least(scene, units, levels):
        return {"valence": np.minimum(levels[:, 0], levels[:, 3]) / 5.0}

    found = answer(Scene({}), "valence>=0.4", reading=least)
    assert found.sets == (frozenset({0, 3}),)
    np.testing.assert_allclose(found.levels, [2.0, 0.0, 0.0, 2.0], atol=5e-3)


def test_true_answer_does_not_combine_wide_and_closed_eyes():
    """Closing eyes (AU43, -.24 a level) would do alone, but wide ones (AU5, .20) must go first, until below level 1."""
    target = parse_target("arousal<=-0.3", true_labels((5, 43)))
    found = true_answer(Scene({5: 3.0}), (5, 43), target)
    assert found.sets == (frozenset({0, 1}),)
    np.testing.assert_allclose(found.levels, [1.0, (0.2 + np.arctanh(0.3)) / 0.24], atol=5e-3)
    assert true_answer(Scene({5: 3.0, 43: 1.0}), (5, 43), target).sets == (frozenset({1}),)  # here they are already


def test_true_answer_out_of_reach_has_no_sets():
    assert answer(Scene({}), "valence>=0.999").sets == ()
    assert answer(Scene({}), "valence>=0.999").as_good.shape == (0, len(UNITS))
    held = answer(Scene({12: 4.0}), "valence<=0.5", free=np.array([True, True, False, True]))
    assert held.sets and all(2 not in one for one in held.sets)


def test_true_answer_for_met_target_has_no_sets():
    assert answer(Scene({12: 4.0}), "valence>=0.5").sets == ()


class Brightness:
    """Reads the mean grey of pictures as a valence."""

    def read(self, images):
        return {"valence": images.mean((1, 2, 3)) / 127.5 - 1.0}


def test_as_read_gives_readings_of_rendered_pictures():
    scene, levels = Scene({}), np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]])
    reading = as_read(Brightness(), 32, 3)(scene, UNITS, levels)
    pictures = Renderer(32).render([Scene({}), Scene({12: 5.0})], 3)[0]
    np.testing.assert_allclose(reading["valence"], Brightness().read(pictures)["valence"], atol=0.02)
    assert reading["valence"][0] != reading["valence"][1]
