"""Clip recognisers: columns, masks, long clips, presets, Keras files."""

import json

import keras
import numpy as np
import pytest

from catgan.errors import ModelError
from catgan.models.gan.model import CatGAN
from catgan.models.loading import is_clip_preset, load_model
from catgan.models.sequence.model import ClipRecogniser
from catgan.models.sequence.trunk import copy_trunk
from tests.harness.untrained_clips import untrained_clips


@pytest.fixture
def faces():
    return np.random.default_rng(0).integers(0, 255, (25, 16, 16, 3), np.uint8)


def test_predict_gives_a_column_per_label_and_nothing_where_no_face_is_seen(faces):
    model, seen = untrained_clips(), np.arange(25) != 7
    read = model.predict(faces, seen)
    assert set(read) == {"AU12", "AU12_std", "valence", "valence_std", "arousal", "arousal_std", "expression",
                         "expression_probability", "expression=neutral", "expression=happiness", "expression=sadness"}
    for name, values in read.items():
        assert values.shape == (25,)
        assert (values[7] is None) if name == "expression" else np.isnan(values[7])
        assert name == "expression" or np.isfinite(values[seen]).all()
    total = sum(read[f"expression={name}"][seen] for name in model.spec.expressions)
    np.testing.assert_allclose(total, 1.0, atol=1e-5)
    assert ((0 <= read["AU12"][seen]) & (read["AU12"][seen] <= 5)).all()


def test_the_picture_of_a_frame_that_is_not_seen_changes_nothing(faces):
    model, seen, other = untrained_clips(), np.arange(25) != 7, faces.copy()
    other[7] = 0
    for name, values in model.predict(faces, seen).items():
        if name != "expression":
            np.testing.assert_array_equal(values, model.predict(other, seen)[name])


def test_a_long_clip_is_read_in_windows_averaged_by_mean_and_variance(faces):
    model = untrained_clips("bigru")
    features, seen = model.features(faces[:15]), np.ones(15, bool)
    first, last = (model.read_features(features[None, start:start + 10], seen[None, :10]) for start in (0, 5))
    joined = model.read_track(features, seen, stride=5)
    np.testing.assert_allclose(joined["valence"][:5], first["valence"][0, :5], atol=1e-6)
    np.testing.assert_allclose(joined["valence"][5:10], (first["valence"][0, 5:] + last["valence"][0, :5]) / 2,
                               atol=1e-6)
    variance = (first["valence_std"][0, 5:] ** 2 + last["valence_std"][0, :5] ** 2) / 2
    np.testing.assert_allclose(joined["valence_std"][5:10] ** 2, variance, rtol=1e-4)


def test_a_causal_answer_does_not_change_when_the_clip_goes_on(faces):
    model = untrained_clips("gru")
    features = model.features(faces)
    short, long = (model.read_track(features[:n], np.ones(n, bool)) for n in (15, 25))
    np.testing.assert_allclose(short["valence"], long["valence"][:15], atol=1e-6)


def test_decode_gives_the_predictions_of_the_heads_for_any_number_of_frames(faces):
    model = untrained_clips()
    raw = model({"images": np.zeros((2, 5, 16, 16, 1), np.float32), "seen": np.ones((2, 5), np.float32)})
    decoded = model.decode(raw)
    assert decoded["expression"].shape == (2, 5, 3) and decoded["valence_arousal"].shape == (2, 5, 2)
    np.testing.assert_allclose(keras.ops.sum(decoded["expression"], axis=-1), 1.0, atol=1e-5)
    np.testing.assert_allclose(decoded["valence_arousal"], np.tanh(raw["valence_arousal"][..., :2]), atol=1e-6)


def test_the_trunk_computes_the_features_of_the_discriminator(tiny_gan, faces):
    model = ClipRecogniser(untrained_clips().sequence, tiny_gan.network, untrained_clips().spec, 12.5, 10)
    copy_trunk(model.trunk, tiny_gan.discriminator)
    np.testing.assert_allclose(model.features(faces), tiny_gan.features(faces), atol=1e-5)


@pytest.mark.parametrize("half, tolerance", [(False, 0), (True, 5e-3)])
def test_a_preset_folder_gives_the_same_model(half, tolerance, faces, tmp_path):
    model = untrained_clips()
    model.save_to_preset(tmp_path / "preset", half=half)
    loaded = load_model(tmp_path / "preset")
    assert isinstance(loaded, ClipRecogniser) and is_clip_preset(tmp_path / "preset")
    assert (loaded.spec, loaded.sequence, loaded.rate, loaded.frames) == (model.spec, model.sequence, 12.5, 10)
    np.testing.assert_allclose(loaded.predict(faces)["valence"], model.predict(faces)["valence"], atol=tolerance)


def test_a_keras_file_gives_the_same_model(faces, tmp_path):
    model = untrained_clips("tcn")
    model.save(tmp_path / "clips.keras")
    loaded = keras.saving.load_model(tmp_path / "clips.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(faces)["arousal"], model.predict(faces)["arousal"])


def test_models_of_clips_and_of_faces_are_not_mistaken_for_one_another(tiny_run, tmp_path):
    untrained_clips().save_to_preset(tmp_path)
    assert isinstance(load_model(tiny_run, reader=True), CatGAN) and not is_clip_preset(tiny_run)
    with pytest.raises(ModelError, match="holds a model of clips"):
        CatGAN.from_preset(tmp_path)
    with pytest.raises(ModelError, match="holds no model of clips"):
        ClipRecogniser.from_preset(tiny_run)


@pytest.mark.parametrize("damage, message", [
    ({"format": 99}, "this version reads format 1"), ({"frames": "many"}, "damaged model"),
    ({"sequence": {"kind": "gru", "units": 16}}, "damaged model")])
def test_a_damaged_preset_is_refused(damage, message, tmp_path):
    untrained_clips().save_to_preset(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path)


def test_pictures_of_another_size_and_empty_clips_are_refused(faces):
    with pytest.raises(ModelError, match=r"uint8 \(n, 16, 16, 3\)"):
        untrained_clips().predict(faces[:, :8])
    with pytest.raises(ModelError, match="at least one frame"):
        untrained_clips().predict(faces[:0])
