"""Attribution to frames, on functions whose attributions are known by hand."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from catgan.errors import CatganError, DataError
from catgan.explain.attribution.sequence_results import SequenceAttribution
from catgan.explain.attribution.sequences import baseline_sequence, integrated_gradients, temporal_occlusion
from catgan.explain.clips.outputs import SequenceOutput, keras_output

WEIGHTS = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0], [-1.0, 1.0]], np.float32)
SEQUENCE = np.array([[1.0, 1.0], [2.0, 3.0], [4.0, 2.0], [1.0, 5.0]])
TIMES = np.arange(4) / 10.0
ALL = np.ones(4, bool)
LINEAR = SequenceOutput(lambda x: ops.sum(x * WEIGHTS, axis=(1, 2)))
SQUARE = SequenceOutput(lambda x: ops.sum(ops.square(x[:, :, 0]), axis=1))


def test_integrated_gradients_of_linear_function_are_weights_times_differences():
    found = integrated_gradients(LINEAR, SEQUENCE, ALL, TIMES, n_steps=1)
    # Against the first frame held still: (0, 0), (1, 2), (3, 1), (0, 4) times the weights.
    np.testing.assert_allclose(found.moments, [0.0, 0.0, 3.0, 4.0], atol=1e-6)
    assert found.value - found.baseline_value == pytest.approx(7.0)
    assert found.convergence_delta == pytest.approx(0.0, abs=1e-6) and found.passes == 2


def test_integrated_gradients_of_square_are_differences_of_squares():
    found = integrated_gradients(SQUARE, SEQUENCE, ALL, TIMES, baseline=np.zeros(2), n_steps=1)
    np.testing.assert_allclose(found.moments, [1.0, 4.0, 16.0, 1.0])  # the trapezoid is exact for x squared
    assert found.relative_gap == pytest.approx(0.0, abs=1e-6)


def test_frames_that_were_not_seen_keep_their_place_and_get_0():
    seen, given = np.array([False, True, True, False]), []

    def function(x):
        given.append(np.asarray(x))
        return ops.sum(x * WEIGHTS, axis=(1, 2))

    found = integrated_gradients(SequenceOutput(function), SEQUENCE, seen, TIMES, n_steps=2)
    assert found.moments[[0, 3]].tolist() == [0.0, 0.0]
    for batch in given:
        np.testing.assert_array_equal(batch[:, [0, 3]], np.repeat(SEQUENCE[None, [0, 3]], len(batch), 0))
    np.testing.assert_allclose(found.moments[1:3], [0.0, 2.0 * 0.0 + 3.0 * -1.0])  # held at frame 1, the first seen


def test_occlusion_of_single_frames_in_linear_function_is_weight_times_difference():
    found = temporal_occlusion(LINEAR, SEQUENCE, ALL, TIMES, seconds=0.1, stride=0.1)
    np.testing.assert_allclose(found.moments, [0.0, 0.0, 3.0, 4.0], atol=1e-6)
    assert found.convergence_delta is None and found.passes == 2 + len(found.windows)


def test_occlusion_shares_the_loss_of_a_window_by_its_seen_frames():
    found = temporal_occlusion(LINEAR, SEQUENCE, ALL, TIMES, seconds=0.2, stride=0.2)
    np.testing.assert_allclose(found.windows[:2], [[0.0, 0.2, 0.0], [0.2, 0.4, 7.0]], atol=1e-6)
    np.testing.assert_allclose(found.moments, [0.0, 0.0, 3.5, 3.5], atol=1e-6)


def test_occlusion_leaves_out_windows_without_a_seen_frame():
    found = temporal_occlusion(LINEAR, SEQUENCE, np.array([True, True, False, False]), TIMES, seconds=0.1, stride=0.1)
    assert len(found.windows) == 2 and found.moments[2:].tolist() == [0.0, 0.0]


def test_recurrent_keras_model_is_complete_within_two_percent():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 2))
    network = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GRU(5, return_sequences=True)(inputs)))
    frames = np.array([False, False, True, True])
    found = integrated_gradients(keras_output(network, 2, frames), SEQUENCE, ALL, TIMES)
    assert found.relative_gap < 0.02
    assert found.value == pytest.approx(np.asarray(network(SEQUENCE[None].astype(np.float32)))[0, 2:, 2].mean(),
                                        abs=1e-5)


def test_output_with_other_masks_is_not_compiled_again():
    runs = []

    def function(x, mask):
        runs.append(x.shape)
        return ops.sum(x * WEIGHTS * mask[:, None], axis=(1, 2))

    output = SequenceOutput(function, [], given=(ALL,))
    half = output.with_given(np.array([False, False, True, True]))
    whole, part = (one.gradient(SEQUENCE[None]) for one in (output, half))
    assert len(runs) == 1
    np.testing.assert_allclose(whole[1][0], WEIGHTS)
    np.testing.assert_allclose(part[1][0], WEIGHTS * [[0.0], [0.0], [1.0], [1.0]])
    assert part[0] == pytest.approx(10.0) and half.value(SEQUENCE[None]) == pytest.approx(10.0)


def test_pictures_are_attributed_to_facial_regions_in_every_frame():
    pictures = np.zeros((3, 32, 32, 3))
    pictures[1] = 10.0
    output = SequenceOutput(lambda x: ops.sum(x, axis=(1, 2, 3, 4)))
    found = integrated_gradients(output, pictures, np.ones(3, bool), TIMES[:3], n_steps=1)
    assert sum(values[1] for values in found.regions.values()) == pytest.approx(10.0 * 32 * 32 * 3)
    assert {"mouth", "brows", "eyes"} <= set(found.regions)
    assert all(values[0] == values[2] == 0.0 for values in found.regions.values())


def test_share_between_counts_absolute_weight():
    found = integrated_gradients(LINEAR, SEQUENCE, ALL, TIMES, n_steps=1)
    assert found.share_between(0.25, 0.35) == pytest.approx(4.0 / 7.0)
    still = integrated_gradients(LINEAR, SEQUENCE[:1].repeat(4, 0), ALL, TIMES, n_steps=1)
    assert still.share_between(0.0, 1.0) is None


def test_dictionary_round_trip_keeps_every_number():
    for found in (integrated_gradients(LINEAR, SEQUENCE, ALL, TIMES), temporal_occlusion(LINEAR, SEQUENCE, ALL, TIMES)):
        again = SequenceAttribution.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
        np.testing.assert_array_equal(again.moments, found.moments)
        assert again.to_dict() == found.to_dict()
    with pytest.raises(DataError, match="no attribution over time"):
        SequenceAttribution.from_dict({"method": "x"})


@pytest.mark.parametrize("baseline, message", [
    ("black", "Unknown baseline of a sequence 'black'"), ("blurred", "Unknown baseline of a sequence"),
    (4, "one of those that were seen, 0..3. Received: 4"), (np.zeros(3), r"shape \(4, 2\) or \(2,\)")])
def test_wrong_baseline_is_refused(baseline, message):
    with pytest.raises(CatganError, match=message):
        baseline_sequence(SEQUENCE, ALL, baseline)


def test_sequence_without_seen_frame_is_refused():
    with pytest.raises(CatganError, match="needs a frame that was seen"):
        baseline_sequence(SEQUENCE, ~ALL)


def test_windows_without_length_are_refused():
    with pytest.raises(CatganError, match="longer than 0 s"):
        temporal_occlusion(LINEAR, SEQUENCE, ALL, TIMES, seconds=0.0)
