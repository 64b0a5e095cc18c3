"""Tests of the layers that compute several networks at once."""

import keras
import numpy as np
import pytest

from catgan.models.landmarks.parallel import ParallelDense, ParallelGRU, PerMember, SelectPoints, Summary
from catgan.models.landmarks.reservoir import Reservoir


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("cls, arguments, shape, expected", [
    (SelectPoints, {"points": [[0, 2], [1, -1]]}, (2, 3, 4, 2), (2, 2, 3, 4)),
    (ParallelDense, {"members": 3, "units": 5, "activation": "tanh", "seed": 1}, (1, 2, 3, 4), (3, 2, 3, 5)),
    (ParallelGRU, {"members": 2, "units": 3, "seed": 1}, (2, 4, 5, 6), (2, 4, 5, 3)),
    (Summary, {"parts": ["apex", "last", "deviation"]}, (2, 4, 5, 6), (2, 4, 18)),
    (Reservoir, {"units": 7, "leak": 0.5, "radius": 0.9, "density": 0.5, "input_scale": 0.5, "seed": 1}, (2, 4, 5, 6),
     (2, 4, 5, 7))])
def test_layers_of_members_rebuilt_from_their_configuration_are_the_same(cls, arguments, shape, expected):
    over_frames = cls not in (SelectPoints, ParallelDense)
    layer = cls(**arguments)
    inputs = [random(*shape), np.ones(shape[1:3], np.float32)] if over_frames else random(*shape)
    outputs = np.asarray(layer(inputs))
    again = cls.from_config(layer.get_config())
    again(inputs)
    again.set_weights(layer.get_weights())
    assert outputs.shape == expected
    np.testing.assert_array_equal(again(inputs), outputs)


def test_select_points_gives_each_member_its_scaled_points_and_zeros_for_none():
    layer = SelectPoints([[2, 0], [1, -1]])
    inputs = random(1, 2, 3, 2)
    layer(inputs)
    layer.scale.assign(np.full((3, 2), 2.0))
    found = np.asarray(layer(inputs))
    np.testing.assert_array_equal(found[0, 0], 2 * inputs[0][:, [2, 0]].reshape(2, 4))
    np.testing.assert_array_equal(found[1, 0, :, :2], 2 * inputs[0][:, 1])
    assert (found[1, 0, :, 2:] == 0).all()


def test_select_points_of_equal_members_is_computed_once():
    assert SelectPoints([[1, 0], [1, 0]])(random(4, 2, 3, 2)).shape == (1, 4, 2, 4)


def test_per_member_weights_do_not_depend_on_the_number_of_members():
    few, many = (np.asarray(PerMember("orthogonal", 3)((count, 4, 4))) for count in (2, 3))
    np.testing.assert_array_equal(few, many[:2])
    assert not np.allclose(many[0], many[1])


def test_parallel_gru_of_each_member_equals_the_keras_layer_with_a_mask():
    layer, values = ParallelGRU(2, 3, seed=0), random(2, 4, 5, 6)
    seen = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 1], [0, 1, 1, 1, 0], [1, 1, 0, 0, 0]], np.float32)
    layer([values, seen])
    layer.set_weights([random(*weight.shape) for weight in layer.weights])
    found = np.asarray(layer([values, seen]))
    for member in range(2):
        single = keras.layers.GRU(3, return_sequences=True, use_cudnn=False)
        single(values[member], mask=seen > 0)
        single.set_weights([np.asarray(weight)[member] for weight in layer.weights])
        states = np.asarray(single(values[member], mask=seen > 0))
        np.testing.assert_allclose(found[member], states, atol=1e-5)


def test_summary_uses_seen_frames_only():
    values = np.array([[[[1.0], [9.0], [-5.0], [3.0]]]], np.float32)
    found = Summary(("last", "mean", "deviation", "max", "apex"))([values, np.array([[1, 0, 1, 1]], np.float32)])
    np.testing.assert_allclose(np.asarray(found)[0, 0], [3, -1 / 3, np.std([1, -5, 3]), 3, -5], rtol=1e-5)


def test_summary_without_a_seen_frame_is_zero():
    found = Summary(("last", "mean", "max", "apex"))([random(1, 1, 4, 2), np.zeros((1, 4), np.float32)])
    assert (np.asarray(found) == 0).all()


def test_reservoir_follows_its_equation_and_keeps_its_state_in_unseen_frames():
    layer, values = Reservoir(4, 0.3, 0.9, 1.0, 0.5, seed=2), random(1, 1, 3, 2)
    found = np.asarray(layer([values, np.array([[1, 0, 1]], np.float32)]))[0, 0]
    kernel, recurrent, bias = map(np.asarray, layer.get_weights())
    first = 0.3 * np.tanh(values[0, 0, 0] @ kernel + bias)
    third = 0.7 * first + 0.3 * np.tanh(values[0, 0, 2] @ kernel + first @ recurrent + bias)
    np.testing.assert_allclose(found, [first, first, third], atol=1e-6)


def test_reservoir_has_the_radius_and_density_and_trains_nothing():
    layer = Reservoir(50, 0.3, 0.9, 0.1, 0.5, seed=0)
    layer([random(1, 1, 2, 200), np.ones((1, 2), np.float32)])
    kernel, recurrent, _ = map(np.asarray, layer.get_weights())
    assert abs(np.abs(np.linalg.eigvals(recurrent)).max() - 0.9) < 1e-4
    assert 0.08 < (kernel != 0).mean() < 0.13 and (kernel != 0).any(0).all()
    assert layer.trainable_variables == []
