import json
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest

from catgan import config
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan import preset_folders, presets
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN, from_network, to_network
from catgan.models.gan.preset_folders import find_preset
from tests.harness.experiments import TINY

SPEC = LabelSpec((4, 12), "presence", True, ("anger", "neutral"))


def gan(spec=SPEC, channels=1):
    network = config.from_mapping(NetworkConfig, {**TINY, "channels": channels})
    return CatGAN(network, spec, thresholds={12: 0.3}, seed=1)


def faces(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 16, 16, 3)).astype(np.uint8)


# === Predict ===


def test_read_has_the_documented_columns_and_ranges():
    reading = gan().read(faces(70))
    assert list(reading) == ["AU04_present", "AU04_present_std", "AU12_present", "AU12_present_std", "valence",
                             "valence_std", "arousal", "arousal_std", "expression", "expression_probability",
                             "realness"]
    assert all(len(values) == 70 for values in reading.values())
    assert set(reading["expression"]) <= {"anger", "neutral"} and (reading["valence_std"] > 0).all()
    for name in ("AU04_present", "realness", "expression_probability"):
        assert reading[name].min() >= 0 and reading[name].max() <= 1


def test_read_of_one_face_equals_that_in_a_batch():
    model, images = gan(), faces(70)
    together, alone = model.read(images), model.read(images[66:67])
    for name, values in alone.items():
        if name != "expression":
            np.testing.assert_allclose(together[name][66:67], values, atol=1e-5)


def test_read_of_an_intensity_is_in_levels():
    reading = gan(LabelSpec((12,), "intensity")).read(faces(4))
    assert list(reading) == ["AU12", "AU12_std", "realness"]
    assert 0 <= reading["AU12"].min() <= reading["AU12"].max() <= 5
    assert (0 < reading["AU12_std"]).all() and (reading["AU12_std"] < 5).all()


@pytest.mark.parametrize("images", [faces(1)[0], faces(1).astype(np.float32), faces(1)[..., :1],
                                    np.zeros((1, 32, 32, 3), np.uint8)])
def test_read_of_other_images_is_refused(images):
    with pytest.raises(CatganError, match=r"uint8 \(n, 16, 16, 3\). Received"):
        gan().read(images)


def test_read_of_no_faces_has_no_rows():
    assert all(len(values) == 0 for values in gan().read(faces(0)).values())


@pytest.mark.parametrize("installed", [True, False])
def test_predict_returns_columns_with_and_without_pandas(installed, monkeypatch):
    if not installed:
        monkeypatch.setitem(sys.modules, "pandas", None)
    columns = gan().predict(faces(2))
    assert type(columns) is dict and all(values.shape == (2,) for values in columns.values())
    np.testing.assert_array_equal(columns["valence"], gan().read(faces(2))["valence"])


def test_predict_returns_a_frame_where_asked():
    pandas = pytest.importorskip("pandas")
    frame = gan().predict(faces(2), as_frame=True)
    assert isinstance(frame, pandas.DataFrame) and list(frame) == list(gan().read(faces(2))) and len(frame) == 2


def test_a_frame_without_pandas_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(CatganError, match="pip install pandas. Without as_frame, predict returns a dictionary"):
        gan().predict(faces(2), as_frame=True)


# === Generate ===


def test_generate_with_one_seed_repeats_the_faces():
    model = gan()
    first = model.generate(5, {12: 3.0}, valence=0.2, seed=7)
    assert first.shape == (5, 16, 16, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, model.generate(5, {12: 3.0}, valence=0.2, seed=7))
    np.testing.assert_array_equal(first[:2], model.generate(2, {12: 3.0}, valence=0.2, seed=7))
    assert not np.array_equal(first, model.generate(5, {12: 3.0}, valence=0.2, seed=8))


def test_condition_has_values_and_masks():
    condition = gan().condition({12: 2.5}, arousal=-0.5, expression="neutral")
    assert condition.tolist() == [[0, 0.5, 0, -0.5, 0, 1, 0, 1, 0, 1, 1, 1]]
    assert not gan().condition().any()


@pytest.mark.parametrize("labels, message", [
    ({"action_units": {25: 1.0}}, "AU25.*Allowed: AU04, AU12"), ({"action_units": {12: 6.0}}, "0..5"),
    ({"valence": 1.5}, "-1..1"), ({"valence": float("nan")}, "valence"), ({"expression": "joy"}, "expression")])
def test_generate_of_unknown_labels_is_refused(labels, message):
    with pytest.raises(CatganError, match=message):
        gan().generate(1, **labels)
    with pytest.raises(CatganError, match="without valence"):
        gan(SPEC.mode("au")).generate(1, valence=0.1)


# === Pixels ===


def test_from_network_reverses_to_network():
    images = faces(3)
    np.testing.assert_array_equal(from_network(to_network(images, 3)), images)
    grey = np.repeat(images[..., :1], 3, -1)
    np.testing.assert_array_equal(from_network(to_network(grey, 1)), grey)
    assert to_network(images, 1).shape == (3, 16, 16, 1)
    np.testing.assert_array_equal(from_network(np.array([[[[-2.0], [2.0]]]]))[0, 0, :, 0], [0, 255])


def test_to_network_luminance_equals_opencv():
    import cv2
    image = faces(1)
    expected = cv2.cvtColor(image[0], cv2.COLOR_RGB2GRAY).astype(int)
    assert np.abs((to_network(image, 1)[0, ..., 0] + 1) * 127.5 - expected).max() <= 1.01


# === Save and load ===


def test_from_preset_of_a_saved_model_is_the_same_model(tmp_path):
    model = gan()
    model.critic_reference = 0.25
    model.save_to_preset(tmp_path / "preset")
    loaded = CatGAN.from_preset(tmp_path / "preset")
    assert loaded.spec == model.spec and loaded.thresholds == {4: 0.5, 12: 0.3} and loaded.critic_reference == 0.25
    images = faces(3)
    for name, values in model.read(images).items():
        np.testing.assert_array_equal(values, loaded.read(images)[name])
    np.testing.assert_array_equal(model.generate(2), loaded.generate(2))


def test_find_preset_of_a_run_prefers_best(tmp_path):
    gan().save_to_preset(tmp_path / "last")
    assert find_preset(tmp_path) == tmp_path / "last"
    gan().save_to_preset(tmp_path / "best")
    assert find_preset(tmp_path) == tmp_path / "best"


def test_from_preset_of_another_folder_is_refused(tmp_path):
    with pytest.raises(CatganError, match="No such run or preset"):
        CatGAN.from_preset(tmp_path / "nowhere")
    with pytest.raises(CatganError, match="neither a run nor a preset"):
        CatGAN.from_preset(tmp_path)


@pytest.mark.parametrize("damage", ["not json", "no labels", "format", "cut weights", "no weights", "other sizes"])
def test_from_preset_of_damaged_files_is_refused(tmp_path, damage):
    folder = tmp_path / "preset"
    gan().save_to_preset(folder)
    content = json.loads((folder / "config.json").read_text())
    weights = folder / "generator.weights.h5"
    if damage == "not json":
        (folder / "config.json").write_text("{")
    elif damage == "no labels":
        del content["labels"]
        (folder / "config.json").write_text(json.dumps(content))
    elif damage == "format":
        (folder / "config.json").write_text(json.dumps({**content, "format": 7}))
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:2000])
    elif damage == "no weights":
        weights.unlink()
    else:
        content["network"]["features"] = 24
        (folder / "config.json").write_text(json.dumps(content))
    with pytest.raises(CatganError, match="damaged|format 7"):
        CatGAN.from_preset(folder)


def test_from_preset_of_a_moved_folder_works(tmp_path):
    gan().save_to_preset(tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert CatGAN.from_preset(tmp_path / "there").generate(1).shape == (1, 16, 16, 3)


@pytest.mark.parametrize("machine, expected", [("float32", "float32"), ("mixed_bfloat16", "mixed_bfloat16")])
def test_from_preset_uses_bfloat16_only_where_it_is_fast(tmp_path, monkeypatch, machine, expected):
    CatGAN(gan().network, gan().spec, "mixed_bfloat16").save_to_preset(tmp_path)
    monkeypatch.setattr(presets, "fastest", lambda: machine)
    assert CatGAN.from_preset(tmp_path).precision == expected
    gan().save_to_preset(tmp_path)
    assert CatGAN.from_preset(tmp_path).precision == "float32"


def test_save_to_preset_in_16_bits_keeps_predictions(tmp_path, monkeypatch):
    """Weights of 16 bits say the same, nearly; a preset in the package is found by its name."""
    model, images = gan(), faces(6)
    model.save_to_preset(tmp_path / "whole")
    model.save_to_preset(tmp_path / "small_16", half=True)
    kinds = set()
    with h5py.File(tmp_path / "small_16" / "generator.weights.h5") as file:
        file.visititems(lambda name, item: kinds.add(item.dtype.name) if isinstance(item, h5py.Dataset) else None)
    assert kinds == {"float16"}
    monkeypatch.setattr(preset_folders, "PACKAGED", tmp_path)
    small = CatGAN.from_preset("small_16")
    assert small.discriminator.trainable_variables[0].dtype == "float32"
    for name, values in model.read(images).items():
        if values.dtype != object:
            np.testing.assert_allclose(small.read(images)[name], values, atol=0.02)
    with pytest.raises(CatganError, match="or one of the presets that come with catgan: small_16, whole"):
        CatGAN.from_preset("small_61")


def test_a_preset_of_tensorflow_runs_on_jax_where_tensorflow_is_absent(tmp_path):
    """The same weights give the same readings on both backends."""
    pytest.importorskip("jax")
    model, images = gan(), faces(3)
    model.save_to_preset(tmp_path / "preset")
    np.save(tmp_path / "images.npy", images)
    code = ("import json, sys\n"
            "sys.modules['tensorflow'] = None  # as if it were not installed\n"
            "import numpy as np\n"
            "from catgan import CatGAN\n"
            "gan = CatGAN.from_preset(sys.argv[1] + '/preset')\n"
            "import keras\n"
            "reading = gan.read(np.load(sys.argv[1] + '/images.npy'))\n"
            "print(json.dumps([keras.backend.backend(), reading['valence'].tolist()]))")
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    backend, valence = json.loads(done.stdout)
    assert backend == "jax"
    np.testing.assert_allclose(valence, model.read(images)["valence"], atol=1e-4)
