"""Checks of attributions, on functions whose answers are known by hand."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from catgan.errors import DataError
from catgan.explain.attribution.sequence_gradients import KerasOutput, output_of
from catgan.explain.landmarks.checks import (cumulative_prediction_difference, held_curve, motion_variance,
                                             normalised_area, randomisation, shuffled, shuffled_layers,
                                             smoothed_over_mesh)
from catgan.faces.landmark_sets import landmark_set

SET = landmark_set("ibug_68")
WEIGHTS = np.array([5.0, -2.0, 1.0], np.float32)
SEQUENCES, SEEN = np.ones((2, 1, 3, 1), np.float32), np.ones((2, 1), bool)
ORDERS = np.array([[0, 2, 1], [1, 2, 0]])
inputs = keras.Input((1, 3, 1))
LINEAR = KerasOutput(keras.Model(inputs, inputs * 1.0), lambda x, seen: ops.sum(x[..., 0] * WEIGHTS, axis=(1, 2)))


def curve(**options):
    return held_curve(LINEAR, SEQUENCES, SEEN, np.zeros_like(SEQUENCES), ORDERS, range(4), **options)


def test_deletion_holds_points_in_their_order():
    np.testing.assert_allclose(curve(), [[4.0, -1.0, -2.0, 0.0], [4.0, 6.0, 5.0, 0.0]])


def test_insertion_releases_points_in_their_order():
    np.testing.assert_allclose(curve(insertion=True), [[0.0, 5.0, 6.0, 4.0], [0.0, -2.0, -1.0, 4.0]])


def test_area_is_1_at_the_clip_and_0_at_the_baseline():
    flat = np.array([[4.0, 4.0, 4.0], [0.0, 0.0, 0.0], [4.0, 2.0, 0.0]])
    np.testing.assert_allclose(normalised_area(flat, np.full(3, 4.0), np.zeros(3)), [1.0, 0.0, 0.5])
    assert np.isnan(normalised_area(flat[:1], np.zeros(1), np.zeros(1))).all()


def test_prediction_differences_of_opposite_sign_do_not_cancel():
    np.testing.assert_allclose(cumulative_prediction_difference(curve()), [8.0, 8.0])


@pytest.mark.parametrize("counts", [[], [0, 4], [-1]])
def test_counts_out_of_range_are_said(counts):
    with pytest.raises(DataError, match="Numbers of held points"):
        held_curve(LINEAR, SEQUENCES, SEEN, np.zeros_like(SEQUENCES), ORDERS, counts)


def network():
    keras.utils.set_random_seed(0)
    given = keras.Input((4, 30))
    return keras.Model(given, layers.Dense(1, name="last")(layers.GRU(9, unroll=True, name="first")(given)))


def test_shuffling_goes_from_the_last_layer_on_and_keeps_the_numbers():
    output = output_of(network())
    assert [layer.name for layer in shuffled_layers(output)] == ["last", "first"]
    assert [layer.name for layer in shuffled_layers(output, ("last",))] == ["first"]
    last, both = shuffled(output, 1, 1), shuffled(output, 1)
    names = [variable.path for variable in output.variables]
    changed = [name for name, old, new in zip(names, output.weights, last.weights) if (old != new).any()]
    assert changed == ["last/kernel"]
    for old, new in zip(output.weights, both.weights):
        np.testing.assert_array_equal(np.sort(old.ravel()), np.sort(new.ravel()))
    np.testing.assert_array_equal(shuffled(output, 1).weights[0], both.weights[0])
    assert (shuffled(output, 2).weights[0] != both.weights[0]).any()


def test_attribution_of_a_shuffled_network_loses_its_rank_correlation():
    given, seen = np.random.default_rng(0).normal(size=(20, 4, 30)), np.ones((20, 4))
    steps = randomisation(output_of(network()), lambda output: np.abs(output.gradients(given, seen)[1]).sum((0, 1)))
    assert [step["layer"] for step in steps] == ["last", "first"]
    assert abs(steps[-1]["rank_correlation"]) < 0.4  # 30 random numbers: a deviation of 0.19
    same = randomisation(output_of(network()), lambda output: np.arange(30.0))
    assert [step["rank_correlation"] for step in same] == pytest.approx([1.0, 1.0])


def test_smoothing_averages_a_point_with_its_neighbours():
    relevance = np.zeros(68)
    relevance[0] = 6.0  # the end of the contour has one neighbour
    found = smoothed_over_mesh(relevance, SET, 1)
    assert found[0] == 3.0 and found[1] == pytest.approx(2.0) and found[2:].sum() == 0.0
    np.testing.assert_allclose(smoothed_over_mesh(np.ones((2, 68)), SET), 1.0)


def test_motion_variance_counts_seen_frames_of_all_clips():
    shapes = np.zeros((1, 3, 2, 2))
    shapes[0, :, 0, 0], shapes[0, :, 0, 1] = [1.0, 3.0, 99.0], [0.0, 4.0, 0.0]
    np.testing.assert_allclose(motion_variance(shapes, np.array([[True, True, False]])), [1.0 + 4.0, 0.0])
