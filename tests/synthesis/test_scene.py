import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXCLUSIVE, EXPRESSIONS, OPTIONAL, Sampler, Scene, possible, valence_arousal

units = st.dictionaries(st.sampled_from(ACTION_UNITS), st.floats(0, 5), max_size=6)


def test_scene_is_a_function_of_seed_and_index():
    first, second = Sampler(3), Sampler(3)
    second.scene(9)
    assert first.scene(7) == second.scene(7) and first.scene(7) != first.scene(8)
    assert Sampler(4).scene(7) != first.scene(7)


def test_scenes_of_one_subject_have_one_identity():
    sampler = Sampler(0, subjects=5)
    scenes = [sampler.scene(index) for index in range(60)]
    for scene in scenes:
        person = sampler.person(int(scene.subject.removeprefix("person")))
        assert (scene.shape, scene.texture, scene.skin) == (person.shape, person.texture, person.skin)
    assert len({scene.subject for scene in scenes}) == 5
    assert [sampler.subject_of(index) for index in range(60)] == [int(scene.subject[6:]) for scene in scenes]


def test_expressions_show_their_prototypes():
    scenes = [Sampler(0).scene(index) for index in range(600)]
    independent = [scene for scene in scenes if scene.expression is None]
    assert 180 < len(independent) < 300
    for name, prototype in EXPRESSIONS.items():
        shown = [scene for scene in scenes if scene.expression == name]
        assert len(shown) > 20
        for number in prototype:
            assert np.mean([scene.action_units.get(number, 0) > 0.5 for scene in shown]) > 0.7


def test_independent_units_are_uncorrelated_except_exclusive_pairs():
    sampler = Sampler(0, independent=1.0)
    table = np.array([[sampler.scene(index).action_units.get(number, 0.0) for number in ACTION_UNITS]
                      for index in range(1500)])
    correlation = np.corrcoef(table.T) - np.eye(len(ACTION_UNITS))
    for pair in EXCLUSIVE:
        a, b = (ACTION_UNITS.index(number) for number in pair)
        assert not ((table[:, a] > 0) & (table[:, b] > 0)).any()
        correlation[a, b] = correlation[b, a] = 0.0
    assert np.abs(correlation).max() < 0.12


def test_expressions_follow_the_table_of_prototypes():
    assert EXPRESSIONS["fear"] == (1, 2, 4, 5, 20) and OPTIONAL["fear"] == (25, 26)
    assert EXPRESSIONS["disgust"] == (10, 25, 26)  # AU9, its only sure one, is not drawn
    assert EXPRESSIONS["anger"] == (4, 5, 23, 24)  # AU22 is not drawn


@given(units, st.sampled_from(ACTION_UNITS))
def test_possible_keeps_the_stronger_unit_of_exclusive_pairs(action_units, kept):
    result = possible(action_units, (kept,))
    assert not any(a in result and b in result for a, b in EXCLUSIVE)
    assert result.items() <= action_units.items() and (kept in result) == (kept in action_units)


def test_signs_of_valence_and_arousal():
    assert valence_arousal({}) == (0.0, 0.0) == valence_arousal({}, "neutral")
    assert valence_arousal({12: 5.0, 6: 4.0})[0] > 0.8 and valence_arousal({4: 4.0, 15: 4.0})[0] < -0.7
    assert valence_arousal({5: 5.0, 26: 5.0})[1] > 0.7 and valence_arousal({43: 5.0})[1] < -0.7
    happy, plain = (valence_arousal({12: 3.0, 6: 3.0, 25: 3.0}, name) for name in ("happiness", None))
    assert happy[0] == pytest.approx(0.7 * plain[0] + 0.3 * 0.81)


@given(units, st.sampled_from([None, *EXPRESSIONS]))
def test_sampled_labels_stay_in_range(action_units, expression):
    values = Scene(action_units=action_units, expression=expression).valence_arousal
    assert all(-1.0 <= value <= 1.0 for value in values)


def test_with_action_units_changes_nothing_else():
    scene = Sampler(0).scene(5)
    changed = scene.with_action_units({12: 0.0, 4: 3.0})
    assert changed.action_units == {**scene.action_units, 12: 0.0, 4: 3.0}
    assert (changed.shape, changed.light, changed.seed) == (scene.shape, scene.light, scene.seed)


@pytest.mark.parametrize("arguments, message", [
    ({"action_units": {9: 1.0}}, "draws AUs 1, 2.*Received: 9"), ({"action_units": {12: 6.0}}, "0..5"),
    ({"pose": (45.0, 0.0, 0.0)}, "30 degrees")])
def test_scene_with_unknown_unit_intensity_or_pose_is_refused(arguments, message):
    with pytest.raises(CatganError, match=message):
        Scene(**arguments)
