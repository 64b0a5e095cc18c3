"""Tests of `catgan.models.landmarks.cost`."""

import pytest

from catgan.errors import CatganError
from catgan.models.landmarks.cost import cost_of
from tests.harness.untrained_landmarks import untrained_landmarks


def weights(model):
    """Number of weights of the whole network, without the scale of the inputs."""
    return model.network.count_params() - 478 * model.shape.channels


@pytest.mark.parametrize("settings", [{}, {"joint": True}, {"kind": "randomised"}, {"kind": "linear"},
                                      {"kind": "randomised", "layers": 2, "velocities": True}], ids=str)
def test_parameters_are_those_of_the_network(settings):
    model = untrained_landmarks(**settings)
    assert cost_of(model).parameters == weights(model)


def test_multiply_adds_of_a_binary_by_hand():
    # 9 points of 2 coordinates in 8 frames, 64 dense units, 8 recurrent ones, 3 summaries, 32 hidden units
    expected = 8 * (18 * 64 + 3 * 8 * (64 + 8)) + 24 * 32 + 32
    model = untrained_landmarks(chosen=9)
    assert cost_of(model, "happiness").multiply_adds == expected
    assert cost_of(model).multiply_adds == 3 * expected - 8 * 2 * 64  # the last binary reads one point fewer


def test_shared_reservoir_counts_once():
    model = untrained_landmarks("randomised")
    steps, readout = 8 * (956 * 8 + 8 * 8), 4 * 8
    assert cost_of(model).multiply_adds == steps + 3 * readout
    assert cost_of(model, "surprise").multiply_adds == steps + readout


def test_binary_of_a_joint_network_is_refused():
    with pytest.raises(CatganError, match="has no binary of its own"):
        cost_of(untrained_landmarks(joint=True), "surprise")
    with pytest.raises(CatganError, match="Unknown expression 'bored'"):
        cost_of(untrained_landmarks(), "bored")
