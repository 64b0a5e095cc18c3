"""Changes of a scene's labels: within range, possible, and as small as they can be."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catgan.synthesis import moves
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.scene import EXCLUSIVE, Sampler, Scene, valence_arousal

SAMPLER = Sampler(seed=2, subjects=50)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_move_units_gives_no_exclusive_pairs(index, count):
    scene = SAMPLER.scene(index)
    changes = moves.move_units(np.random.default_rng(index), scene, count)
    assert len(changes) == count and all(0.0 <= value <= 5.0 for value in changes.values())
    after = scene.with_action_units(changes).action_units
    for pair in EXCLUSIVE:
        assert not all(after.get(number, 0.0) > 0.0 for number in pair)
    assert any(after.get(number, 0.0) != scene.action_units.get(number, 0.0) for number in changes)


def test_move_units_changes_allowed_units_only():
    random = np.random.default_rng(0)
    for index in range(30):
        assert set(moves.move_units(random, SAMPLER.scene(index), 3, (4, 12))) <= {4, 12}
        assert set(moves.another_face(random, (4, 12))) == {4, 12}
    assert set(moves.another_face(random)) == set(ACTION_UNITS)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_exchange_units_replaces_excluded_units(index):
    scene = SAMPLER.scene(index)
    changes = moves.exchange_units(np.random.default_rng(index), scene)
    shown = {number for number, value in scene.action_units.items() if value > 0.0}
    if changes is None:
        assert not any(shown & set(pair) for pair in EXCLUSIVE)
        return
    (coming, level), *others = changes.items()
    assert 1.0 <= level <= 5.0 and coming not in shown
    assert {number for number, _ in others} == shown & set(moves.excluded_by(coming)) != set()
    assert all(0.0 <= value < 1.0 for _, value in others)


def test_exchange_units_without_an_allowed_pair_returns_none():
    eyes = Scene(action_units={5: 3.0})
    assert moves.exchange_units(np.random.default_rng(0), eyes, (12, 43)) is None
    assert set(moves.exchange_units(np.random.default_rng(0), eyes, (5, 12, 43)) or ()) == {5, 43}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-2, 2), st.floats(-2, 2))
@example(109, 0.0, 1.0)  # led away
def test_move_valence_arousal_approaches_the_wanted_values(index, valence, arousal):
    scene = SAMPLER.scene(index)
    changes = moves.move_valence_arousal(scene, {"valence": valence, "arousal": arousal})
    after = scene.with_action_units(changes)
    assert all(0.0 <= value <= 5.0 for value in after.action_units.values())
    wanted = np.clip(np.add(scene.valence_arousal, (valence, arousal)), -1, 1)
    far = np.linalg.norm(wanted - scene.valence_arousal)
    assert np.linalg.norm(wanted - after.valence_arousal) <= far + 0.02


def test_move_valence_arousal_reaches_reachable_values_with_the_smallest_change():
    scene = Scene(action_units={12: 2.0, 25: 1.0})
    changes = moves.move_valence_arousal(scene, {"valence": -0.3})
    after = scene.with_action_units(changes)
    assert after.valence_arousal[0] == pytest.approx(scene.valence_arousal[0] - 0.3, abs=0.01)
    length = np.linalg.norm([value - scene.action_units.get(number, 0.0) for number, value in changes.items()])
    # AU12 alone, which weighs most, has to go further.
    alone = next(step for step in np.linspace(0, 2, 400) if valence_arousal(
        {12: 2.0 - step, 25: 1.0})[0] <= scene.valence_arousal[0] - 0.3)
    assert length < alone and changes[12] < 2.0


def test_move_valence_arousal_keeps_held_units():
    scene = Scene(action_units={12: 2.0, 5: 3.0})
    changes = moves.move_valence_arousal(scene, {"valence": -0.4, "arousal": -0.4}, held=(12,))
    assert 12 not in changes and 43 not in changes and changes[5] < 3.0
