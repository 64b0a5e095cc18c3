"""FusionRecogniser: answers, missing modalities, presets, Keras files."""

import json

import keras
import numpy as np
import pytest

from catgan.cli.main import main
from catgan.errors import CatganError, ModelError
from catgan.modalities.registry import Input, Modality, register, unregister
from catgan.models.gan.model import CatGAN
from catgan.models.loading import describe_preset, kind_of_preset, load_model
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.calibration import FusionCalibration
from catgan.models.multimodal.model import FusionRecogniser
from tests.harness.untrained_people import CLASSES, random_people, small_config, untrained_people

NAMES = ("probabilities", "logits", "affect", "affect_deviation", "categories")
PEOPLE, AVAILABLE = random_people(16)
KINDS = [{}, {"fusion": "gated", "gait": "stgcn", "attention": False}]


def same(one, other):
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_predict_answers_with_any_subset_of_modalities(settings):
    found = untrained_people(**settings).predict(PEOPLE, AVAILABLE)
    assert {name: getattr(found, name).shape for name in NAMES} == {
        "probabilities": (16, 3), "logits": (16, 3), "affect": (16, 2), "affect_deviation": (16, 2),
        "categories": (16, 2)}
    assert all(getattr(found, name).dtype == np.float32 and np.isfinite(getattr(found, name)).all() for name in NAMES)
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-6)
    assert (np.abs(found.affect) <= 1).all() and (found.affect_deviation > 0.03).all()
    assert len(np.unique(found.logits[:, 0])) == 16  # each subset has another answer


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize("changed", ["face", "posture", "gait", "context"])
def test_what_is_not_available_has_no_influence_at_all(changed, settings):
    model, other = untrained_people(**settings), random_people(16, seed=5)[0]
    mixed = {name: {key: np.where(AVAILABLE[name].reshape(-1, *[1] * (array.ndim - 1)) | (name != changed), array,
                                  other[name][key]).astype(array.dtype)
                    for key, array in arrays.items()} for name, arrays in PEOPLE.items()}
    assert any((mixed[changed][key] != PEOPLE[changed][key]).any() for key in PEOPLE[changed])
    same(model.predict(PEOPLE, AVAILABLE), model.predict(mixed, AVAILABLE))
    features = model.features(PEOPLE)
    features[changed][~AVAILABLE[changed]] = np.nan
    same(model.predict(PEOPLE, AVAILABLE), model.fused(features, AVAILABLE))


def test_nobody_seen_gets_one_answer_which_says_nothing_of_the_person():
    model = untrained_people()
    none = {name: np.zeros(3, bool) for name in PEOPLE}
    found = model.predict({name: {key: array[:3] for key, array in arrays.items()} for name, arrays in PEOPLE.items()},
                          none)
    assert (found.logits == found.logits[0]).all()
    same(found, model.fused({}, none))
    same(found, model.predict({}, none))


def test_parts_give_what_the_network_gives():
    model = untrained_people(fusion="gated")
    whole = model.network.predict_on_batch(model.network_inputs(PEOPLE, AVAILABLE))
    features = model.features(PEOPLE)
    np.testing.assert_allclose(model.fused(features, AVAILABLE).logits, whole["fused.logits"], atol=1e-5)
    np.testing.assert_allclose(model.gates(features, AVAILABLE), whole["fused.gates"], atol=1e-6)
    alone = model.alone(features)
    assert list(alone) == list(PEOPLE)
    for name, outputs in alone.items():
        np.testing.assert_allclose(outputs.logits, whole[f"{name}.logits"], atol=1e-5)
        np.testing.assert_allclose(outputs.affect_deviation, np.exp(whole[f"{name}.log_deviation"]), rtol=1e-4)
    assert model.features(PEOPLE, ["gait"]).keys() == {"gait"}


def test_gates_sum_to_one_over_what_is_available():
    model = untrained_people(fusion="gated")
    gates = model.gates(model.features(PEOPLE), AVAILABLE)
    mask = np.stack(list(AVAILABLE.values()), 1)
    assert (gates[~mask] == 0).all() and (gates[mask] > 0).all()
    np.testing.assert_allclose(gates.sum(1), mask.any(1), rtol=1e-6)
    with pytest.raises(ModelError, match="Only a gated fusion"):
        untrained_people().gates({}, AVAILABLE)


def test_calibration_divides_logits_and_scales_deviations():
    model = untrained_people()
    raw = model.predict(PEOPLE, AVAILABLE)
    try:
        model.calibration = FusionCalibration({"fused": 2.0, "face": 4.0}, {"fused": (3.0, 1.0)})
        found, face = model.predict(PEOPLE, AVAILABLE), model.alone(model.features(PEOPLE, ["face"]))["face"]
    finally:
        model.calibration = FusionCalibration()
    np.testing.assert_array_equal(found.logits, raw.logits)
    np.testing.assert_allclose(found.probabilities, keras.ops.softmax(raw.logits / 2), rtol=1e-5)
    np.testing.assert_allclose(face.probabilities, keras.ops.softmax(face.logits / 4), rtol=1e-5)
    np.testing.assert_allclose(found.affect_deviation, raw.affect_deviation * [3, 1], rtol=1e-6)


def test_attention_has_the_size_of_the_face():
    found = untrained_people().attention(PEOPLE)
    assert found.shape == (16, 64, 64) and found.dtype == np.float32 and 0 <= found.min() < found.max() <= 1
    for model in (untrained_people(attention=False), untrained_people(("posture",))):
        with pytest.raises(ModelError, match="no attention"):
            model.attention(PEOPLE)


def test_weights_of_a_modality_do_not_depend_on_the_others_and_the_state_of_chance_is_kept():
    import random

    state = random.getstate()
    config = {name: small_config(names) for name, names in
              {"both": ("face", "gait"), "one": ("gait",), "again": ("gait",)}.items()}
    models = {name: FusionRecogniser(one, CLASSES) for name, one in config.items()}
    assert random.getstate() == state
    weights = {name: model.network.get_layer("gait_encoder").get_weights() for name, model in models.items()}
    for other in ("both", "again"):
        for one, same_one in zip(weights["one"], weights[other], strict=True):
            np.testing.assert_array_equal(one, same_one)
    other = FusionRecogniser(config["one"], CLASSES, seed=1).network.get_layer("gait_encoder").get_weights()
    assert any((one != two).any() for one, two in zip(weights["one"], other))


@pytest.mark.parametrize("classes, dimensions, categories", [
    ((), ("valence", "arousal", "dominance"), ()), ((), (), ("Peace", "Fear", "Pain")), (CLASSES, (), ())])
def test_a_model_tells_only_its_labels(classes, dimensions, categories):
    model = untrained_people(("posture",), classes, dimensions, categories)
    inputs, available = {"posture": PEOPLE["posture"]}, {"posture": AVAILABLE["posture"]}
    found = model.predict(inputs, available)
    assert found.probabilities.shape == (16, len(classes)) and found.affect.shape == (16, len(dimensions))
    assert found.affect_deviation.shape == (16, len(dimensions)) and found.categories.shape == (16, len(categories))
    assert len(found) == 16 and len(found.select(np.array([3, 1]))) == 2


@pytest.mark.parametrize("half, tolerance", [(False, 0), (True, 2e-2)])
@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_a_preset_folder_gives_the_same_model(settings, half, tolerance, tmp_path, capsys):
    model = untrained_people(**settings)
    try:
        model.calibration = FusionCalibration({"fused": 1.5}, {"fused": (1.2, 0.8)})
        model.trained_on = {"data": "abc", "split": "train"}
        model.save_to_preset(tmp_path / "people", half)
        expected = model.predict(PEOPLE, AVAILABLE)
    finally:
        model.calibration, model.trained_on = FusionCalibration(), None
    loaded = load_model(tmp_path / "people")
    assert isinstance(loaded, FusionRecogniser) and kind_of_preset(tmp_path / "people") == "people"
    assert (loaded.config, loaded.classes, loaded.dimensions, loaded.categories) == (
        model.config, model.classes, model.dimensions, model.categories)
    assert loaded.trained_on == {"data": "abc", "split": "train"} and loaded.calibration.temperatures == {"fused": 1.5}
    found = loaded.predict(PEOPLE, AVAILABLE)
    for name in NAMES:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=tolerance)
    assert describe_preset(tmp_path / "people") == {
        "name": "people", "kind": "people", "image_size": None, "labels": ["valence", "arousal"],
        "expressions": list(CLASSES), "categories": ["Peace", "Fear"],
        "modalities": ["face", "posture", "gait", "context"], "fusion": model.config.fusion}
    assert main(["info", str(tmp_path / "people")]) == 0
    text = capsys.readouterr().out
    assert "modalities: face, posture, gait, context" in text and "gait_multiply_adds: " in text
    with pytest.raises(ModelError, match="FusionRecogniser.from_preset"):
        CatGAN.from_preset(tmp_path / "people")


@pytest.mark.parametrize("change, words", [
    ({"kind": "clips"}, "holds no model of several modalities"), ({"format": 2}, "reads format 1"),
    ({"fusion": {"features": 99}}, "damaged"), ({"classes": ["neutral"]}, "two or more emotions"),
    ({"fusion": {"modalities": ["face", "voice"]}}, "voice"), ({"calibration": {}}, "damaged")])
def test_damaged_presets_are_refused(change, words, tmp_path):
    untrained_people(("posture",)).save_to_preset(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(CatganError, match=words):
        FusionRecogniser.from_preset(tmp_path)


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_a_keras_file_gives_the_same_model(settings, tmp_path):
    model = untrained_people(**settings)
    model.save(tmp_path / "people.keras")
    loaded = keras.saving.load_model(tmp_path / "people.keras")
    same(model.predict(PEOPLE, AVAILABLE), loaded.predict(PEOPLE, AVAILABLE))
    assert loaded.name == model.name and "early" in repr(untrained_people())


def encode_voice(inputs, config):
    hidden = keras.layers.Dense(config.features, activation="relu")(inputs["levels"])
    return hidden, {"loudness": keras.ops.mean(inputs["levels"], axis=-1)}


@pytest.fixture
def voice():
    yield register(Modality("voice", "the voice", {"levels": Input((5,))}, lambda view: None, encode_voice))
    unregister("voice")


def test_a_modality_of_ones_own_is_encoded_fused_and_saved(voice, tmp_path):
    model = FusionRecogniser(small_config(("posture", "voice")), CLASSES)
    levels = np.random.default_rng(0).random((16, 5), np.float32)
    inputs = {"posture": PEOPLE["posture"], "voice": {"levels": levels}}
    available = {"posture": AVAILABLE["posture"], "voice": np.arange(16) % 2 == 0}
    found = model.predict(inputs, available)
    assert found.probabilities.shape == (16, 3)
    assert model.network(model.network_inputs(inputs, available))["voice.loudness"].shape == (16,)
    model.save_to_preset(tmp_path)
    same(found, FusionRecogniser.from_preset(tmp_path).predict(inputs, available))


@pytest.mark.parametrize("encoder, words", [
    (lambda inputs, config: inputs["levels"], "fails: "), (lambda inputs, config: 1 / 0, "ZeroDivisionError"),
    (lambda inputs, config: (inputs["levels"][:, :, None], {}), r"features of shape \(None, 5, 1\)"),
    (lambda inputs, config: (inputs["levels"], {"features": inputs["levels"]}), "none called 'features'"),
    ("catgan.models.multimodal.encoders:voice", "cannot be imported"), ("catgan.nothing:voice", "cannot be imported")])
def test_encoders_that_fail_are_named(encoder, words):
    register(Modality("voice", "the voice", {"levels": Input((5,))}, lambda view: None, encoder))
    try:
        with pytest.raises(CatganError, match=words):
            FusionRecogniser(small_config(("voice",)), CLASSES)
    finally:
        unregister("voice")


@pytest.mark.parametrize("make, words", [
    (lambda model: model.predict(PEOPLE, {"face": np.ones(3)}), r"bool \(n,\).*float64"),
    (lambda model: model.predict(PEOPLE, {}), "Received: none"),
    (lambda model: model.predict(PEOPLE, {"face": np.ones(3, bool), "gait": np.ones(4, bool)}), "gait: bool"),
    (lambda model: model.predict(PEOPLE, {"voice": np.ones(16, bool)}), "Received: 'voice'"),
    (lambda model: model.fused({}, {"face": np.ones(2, bool)}), "'face' is available, but has no features"),
    (lambda model: model.fused({"face": np.ones((2, 5))}, {"face": np.ones(2, bool)}), r"\(2, 12\)"),
    (lambda model: model.alone({"voice": np.ones((2, 5))}), "The model reads face"),
    (lambda model: model.features({"face": {"picture": np.zeros(3)}}), "The inputs of 'face' are image"),
    (lambda model: model.features({}, ["face"]), "Received: none"),
    (lambda model: model.features({"face": {"image": np.zeros((2, 32, 32, 3), np.uint8)}}), r"\(2, 64, 64, 3\)"),
    (lambda model: model.features({"face": {"image": np.zeros((2, 64, 64, 3))}}), "must be uint8.*float64"),
    (lambda model: FusionRecogniser(model.config, ("one",)), "two or more emotions"),
    (lambda model: FusionRecogniser(model.config, ()), "none, and nothing else"),
    (lambda model: FusionRecogniser(model.config, ("one", "one")), "different names"),
    (lambda model: FusionConfig(()), "one or more modalities"), (lambda model: FusionConfig(("face", "face")), "twice"),
    (lambda model: FusionConfig(("fused",)), "none 'fused'"),
    (lambda model: FusionConfig(fusion="late"), "Unknown fusion"),
    (lambda model: FusionConfig(gait="gru"), "Unknown encoder of the gait"),
    (lambda model: FusionConfig(face_widths=(8, 8)), "4 numbers"),
    (lambda model: FusionConfig(graph_widths=()), "one or"),
    (lambda model: FusionConfig(dropout=1.0), "dropout"), (lambda model: FusionConfig(features=0), "features")])
def test_errors_say_what_is_allowed(make, words):
    with pytest.raises(CatganError, match=words):
        make(untrained_people())
