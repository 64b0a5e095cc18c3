"""Temporal networks: which frames an answer depends on, unseen frames, seeds, sizes."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.models import heads
from catgan.models.sequence.architectures import CAUSAL, KINDS, SequenceConfig
from catgan.models.sequence.temporal import build_temporal
from tests.harness.layers import run_model_test

HEADS = (heads.Regression("valence_arousal", slice(0, 2), 2), heads.Expression("expression", slice(2, 5), 3))
FRAMES, FEATURES = 12, 6


def network(kind, seed=0):
    return build_temporal(SequenceConfig(kind, units=8, dilations=(1, 2), kernel_size=3), HEADS, FEATURES, seed)


def clip(n=2):
    return np.random.default_rng(0).standard_normal((n, FRAMES, FEATURES)).astype(np.float32)


def read(model, features, seen=None):
    seen = np.ones(features.shape[:2], np.float32) if seen is None else seen.astype(np.float32)
    return {name: np.asarray(value) for name, value in model({"features": features, "seen": seen}).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_have_a_row_per_frame_for_clips_of_any_length(kind):
    model = network(kind)
    for frames in (1, FRAMES):
        found = read(model, clip()[:, :frames])
        assert found["valence_arousal"].shape == (2, frames, 4) and found["expression"].shape == (2, frames, 3)
        assert found["hidden"].shape[:2] == (2, frames)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_depends_on_the_frames_that_its_kind_names(kind):
    config, model, features = SequenceConfig(kind, units=8, dilations=(1, 2), kernel_size=3), network(kind), clip()
    changed, place = features.copy(), 6
    changed[:, place] *= np.arange(FEATURES)  # a shift would be undone by the normalisation
    moved = np.abs(read(model, changed)["hidden"] - read(model, features)["hidden"]).max(axis=(0, 2)) > 1e-6
    assert moved[place]
    assert moved[:place].any() == (kind not in CAUSAL)
    assert moved[place + 1:].any() == (kind != "frame")
    reach = config.look_ahead(FRAMES)
    assert not moved[:max(place - reach, 0)].any()
    assert kind != "tcn" or (reach == 3 and moved[place - reach])


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_of_a_frame_that_is_not_seen_changes_nothing(kind):
    model, features = network(kind), clip()
    seen = np.ones((2, FRAMES), bool)
    seen[:, 4] = False
    changed = features.copy()
    changed[:, 4] = 100.0
    one, other = (read(model, content, seen)["hidden"] for content in (features, changed))
    np.testing.assert_allclose(one, other, atol=1e-6)
    if kind != "frame":
        everything = read(model, features)["hidden"]
        assert np.abs(one - everything)[:, 5:].max() > 1e-4


def test_a_recurrent_network_skips_unseen_frames_as_if_they_were_not_there():
    model, features = network("gru"), clip()
    seen = np.ones((2, FRAMES), bool)
    seen[:, 3:6] = False
    without = read(model, np.delete(features, (3, 4, 5), axis=1))["hidden"]
    np.testing.assert_allclose(read(model, features, seen)["hidden"][:, 6:], without[:, 3:], atol=1e-6)


@pytest.mark.parametrize("kind", ["gru", "bigru", "lstm"])
def test_a_recurrent_network_does_not_use_cudnn_which_refuses_masks_with_gaps(kind):
    layers = [part for layer in network(kind).layers for part in
              (getattr(layer, "forward_layer", layer), getattr(layer, "backward_layer", layer))]
    used = [layer.use_cudnn for layer in layers if hasattr(layer, "use_cudnn")]
    assert used and not any(used)


def test_the_seed_decides_the_initial_weights():
    one, same, other = network("gru", 1), network("gru", 1), network("gru", 2)
    for first, second in zip(one.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert any(not np.array_equal(first, second) for first, second in zip(one.get_weights(), other.get_weights()))


@pytest.mark.parametrize("kind", ["gru", "causal_tcn"])
def test_a_saved_network_is_loaded_in_safe_mode(kind, tmp_path):
    inputs = {"features": clip(), "seen": np.ones((2, FRAMES), np.float32)}
    run_model_test(network(kind), inputs, tmp_path / "temporal.keras")


@pytest.mark.parametrize("changes, message", [
    ({"kind": "grru"}, "Did you mean 'gru'"), ({"units": 0}, "'temporal.units' must be greater than 0"),
    ({"dropout": 1.0}, "'temporal.dropout' must lie in 0..1"), ({"dilations": ()}, "needs numbers of 1 or more"),
    ({"kind": "tcn", "kernel_size": 4}, "must be odd")])
def test_sizes_out_of_range_are_refused(changes, message):
    with pytest.raises(CatganError, match=message):
        SequenceConfig(**changes)
