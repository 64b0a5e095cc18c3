"""Tests of `catgan.models.gan.onnx_model`, `onnx_files`, `entry` and `runtime`: the same numbers without Keras."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import catgan
from catgan.errors import CatganError, ModelError
from catgan.exporters.formats import export_model
from catgan.models.gan import onnx_files, presets, runtime
from catgan.models.gan.model import CatGAN
from catgan.models.gan.onnx_model import OnnxCatGAN
from tests.harness.exported import exported_gan, some_faces

LABELS = ("intensity", "presence", "expressions")


def written(gan, folder):
    """The model, and its ONNX files beside its preset."""
    presets.write_preset(gan, folder)
    export_model(gan, folder, "onnx", "tiny")
    return gan, OnnxCatGAN.from_preset(folder)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return written(exported_gan(), tmp_path_factory.mktemp("preset"))


@pytest.fixture(scope="module", params=LABELS)
def each(request, tmp_path_factory):
    """Models of all kinds of labels."""
    if request.param == "intensity":
        return request.getfixturevalue("both")
    return written(exported_gan(request.param), tmp_path_factory.mktemp("preset"))


def assert_columns_agree(ours, theirs):
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        assert ours[name].dtype == values.dtype and ours[name].shape == values.shape, name
        if values.dtype == object:
            assert (ours[name] == values).all()
        else:
            np.testing.assert_allclose(ours[name], values, atol=1e-3, err_msg=name)


@pytest.mark.parametrize("count", [1, 7, 70])
def test_it_reads_the_same(each, count):
    gan, light = each
    faces = some_faces(count, 16)
    assert_columns_agree(light.read(faces, classes=True), gan.read(faces, classes=True))
    np.testing.assert_allclose(light.features(faces), gan.features(faces), atol=1e-3)


def test_it_predicts_the_same_intervals(each):
    gan, light = each
    faces = some_faces(3, 16)
    level = 0.9 if gan.calibration.quantiles else None
    assert_columns_agree(light.predict(faces, level), gan.predict(faces, level))
    assert light.predict(faces[:0])["realness"].shape == (0,)


def test_it_edits_the_same(each):
    gan, light = each
    faces = some_faces(5, 16)
    for change in ({"by": {12: 1.5}}, {"to": {4: 0.0, "valence": 0.5}}):
        ours, theirs = light.edit(faces, **change), gan.edit(faces, **change)
        assert np.abs(ours.astype(int) - theirs).max() <= 1 and (theirs != faces).any()


def test_it_draws_the_same(each):
    gan, light = each
    ours, theirs = (model.generate(3, {12: 4.0}, valence=0.5, seed=2) for model in (light, gan))
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_it_explains_the_same(each):
    gan, light = each
    faces = some_faces(2, 16)
    target = f"valence>={float(gan.read(faces)['valence'].max()) + 0.005}"
    ours, theirs = (catgan.explain.counterfactuals(model, faces, target, verbose=False) for model in (light, gan))
    assert [one.status for one in ours] == [one.status for one in theirs]
    for one, other in zip(ours, theirs):
        assert one.changes.keys() == other.changes.keys()
        for name, pair in other.changes.items():
            np.testing.assert_allclose(one.changes[name], pair, atol=0.02)


def test_search_by_gradients_is_refused_in_one_line(both):
    faces = some_faces(1, 16)
    with pytest.raises(CatganError, match="do not pass through ONNX files. Use method 'search' or 'minimal', or load"):
        catgan.explain.counterfactual(both[1], faces[0], "valence>=0.9", method="gradient")


def test_model_without_an_editor_says_that_explanations_need_keras(tmp_path):
    gan = exported_gan()
    gan.editor = None
    light = written(gan, tmp_path)[1]
    assert light.network_names == ("generator", "discriminator") and not runtime.has_editor(tmp_path)
    with pytest.raises(ModelError, match="no editor.*load it with runtime='keras'"):
        catgan.explain.counterfactual(light, some_faces(1, 16)[0], "valence>=0.9")
    with pytest.raises(CatganError, match="has no editor"):
        light.edit(some_faces(1, 16), by={12: 1.0})


def test_reader_has_the_discriminator_alone(both):
    folder = both[1].discriminator.path.parent
    reader = OnnxCatGAN.from_preset(folder, reader=True)
    assert reader.network_names == ("discriminator",) and "OnnxCatGAN: 16 px, 1 channel(s)" in repr(reader)
    with pytest.raises(CatganError, match="loaded as a reader"):
        reader.generate(1)


def test_damaged_file_is_one_line(both, tmp_path):
    gan, light = both
    presets.write_preset(gan, tmp_path)
    (tmp_path / "x-predictor.onnx").write_bytes(b"no onnx")
    with pytest.raises(ModelError, match="x-predictor.onnx holds a damaged model"):
        OnnxCatGAN.from_preset(tmp_path).read(some_faces(1, 16))


def test_missing_onnxruntime_is_named(both, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"needs onnxruntime: pip install 'catgan\[onnx\]'"):
        OnnxCatGAN.from_preset(both[1].discriminator.path.parent).read(some_faces(1, 16))


# === Files ===


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CATGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "onnx"


def exported_in_this_process(command, **_):
    """Stands for `catgan export-model` in a process of its own."""
    preset, out = command[command.index("export-model") + 1], command[command.index("--out") + 1]
    export_model(CatGAN.from_preset(preset), out, "onnx", "made")
    return subprocess.CompletedProcess(command, 0, "", "")


def test_files_are_made_once_and_follow_the_weights(cache, tmp_path, untrained_run, monkeypatch):
    calls = []
    monkeypatch.setattr(onnx_files.subprocess, "run",
                        lambda command, **more: (calls.append(command), exported_in_this_process(command))[1])
    assert not onnx_files.is_made(untrained_run)
    first = onnx_files.onnx_folder(untrained_run)
    assert first.parent == cache and onnx_files.is_made(untrained_run)
    assert onnx_files.onnx_folder(untrained_run) == first and len(calls) == 1
    other = tmp_path / "other"
    gan = CatGAN.from_preset(untrained_run)
    gan.discriminator.set_weights([2 * weight for weight in gan.discriminator.get_weights()])
    presets.write_preset(gan, other)
    second = onnx_files.onnx_folder(other)
    assert second != first and len(calls) == 2
    assert sorted(path.name for path in cache.iterdir()) == sorted([first.name, second.name])


def test_cache_forgets_what_was_not_used_for_longest(cache, untrained_run, monkeypatch):
    monkeypatch.setattr(onnx_files.subprocess, "run", exported_in_this_process)
    monkeypatch.setattr(onnx_files, "MAX_MODELS", 2)
    for time, name in ((20, "old"), (30, "newer")):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (time, time))
    made = onnx_files.onnx_folder(untrained_run)
    assert sorted(path.name for path in cache.iterdir()) == sorted(["newer", made.name])


def test_failed_export_is_one_line_and_leaves_nothing(cache, untrained_run, monkeypatch):
    failed = subprocess.CompletedProcess([], 2, "", "WARNING\ncatgan export-model: no room")
    monkeypatch.setattr(onnx_files.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ModelError, match="could not be made: catgan export-model: no room"):
        OnnxCatGAN.from_preset(untrained_run)
    assert list(cache.iterdir()) == []


def test_missing_onnx_is_named(cache, untrained_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(onnx_files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"needs onnx: pip install 'catgan\[onnx\]'"):
        OnnxCatGAN.from_preset(untrained_run)


# === Choice of the runtime ===


@pytest.mark.parametrize("installed, made, expected", [
    ({"onnx", "onnxruntime"}, False, "onnx"), ({"onnxruntime"}, True, "onnx"), ({"onnxruntime"}, False, "keras"),
    ({"onnx"}, True, "keras"), (set(), False, "keras")])
def test_runtime_follows_what_is_installed(installed, made, expected, untrained_run, monkeypatch):
    monkeypatch.delenv(runtime.VARIABLE)
    monkeypatch.setattr(runtime.importlib.util, "find_spec", lambda name: name if name in installed else None)
    monkeypatch.setattr(runtime, "is_made", lambda preset: made)
    assert runtime.runtime_of(untrained_run) == expected


def test_variable_names_the_runtime(both, monkeypatch):
    folder = both[1].discriminator.path.parent
    monkeypatch.setenv(runtime.VARIABLE, "onnx")
    assert isinstance(runtime.load_faces(folder), OnnxCatGAN)
    assert isinstance(runtime.load_faces(folder, gradients=True), CatGAN)
    monkeypatch.setenv(runtime.VARIABLE, "keras")
    assert isinstance(runtime.load_faces(folder, reader=True), CatGAN)
    monkeypatch.setenv(runtime.VARIABLE, "tpu")
    with pytest.raises(CatganError, match="CATGAN_RUNTIME must be keras or onnx. Received: 'tpu'"):
        runtime.load_faces(folder)


def test_from_preset_takes_the_runtime(both):
    folder = both[1].discriminator.path.parent
    for kind in (catgan.CatGAN, CatGAN):
        assert isinstance(kind.from_preset(folder, runtime="onnx"), OnnxCatGAN)
        assert isinstance(kind.from_preset(folder), CatGAN)
        with pytest.raises(CatganError, match="Unknown runtime 'tensorrt'"):
            kind.from_preset(folder, runtime="tensorrt")


# === catgan.CatGAN ===


def test_class_of_the_package_stands_for_the_one_that_needs_keras(both):
    gan, light = both
    assert isinstance(gan, catgan.CatGAN) and not isinstance(light, catgan.CatGAN)
    assert issubclass(CatGAN, catgan.CatGAN) and not issubclass(OnnxCatGAN, catgan.CatGAN)
    assert catgan.CatGAN.presets == CatGAN.presets and catgan.CatGAN.read is CatGAN.read
    assert set(dir(CatGAN)) <= set(dir(catgan.CatGAN))
    made = catgan.CatGAN(gan.network, gan.spec, reader=True)
    assert type(made) is CatGAN


def test_subclass_of_it_is_one_of_the_class_itself(both):
    class Named(catgan.CatGAN):
        def network_count(self):
            return len(super().network_names)

    found = Named.from_preset(both[1].discriminator.path.parent)
    assert isinstance(found, CatGAN) and type(found) is Named and found.network_count() == 3


WITHOUT_KERAS = """
import sys
import numpy as np
import catgan
gan = catgan.CatGAN.from_preset(sys.argv[1], runtime="onnx")
faces = gan.generate(2, seed=1)
gan.predict(faces, as_frame=False), gan.edit(faces, by={12: 1.0})
catgan.counterfactual(gan, faces[0], "valence>=0.9")
print([name for name in ("keras", "tensorflow", "jax", "torch") if name in sys.modules])
"""


def test_light_runtime_loads_neither_keras_nor_tensorflow(both):
    done = subprocess.run([sys.executable, "-c", WITHOUT_KERAS, str(both[1].discriminator.path.parent)],
                          capture_output=True, text=True, cwd=Path(catgan.__file__).parents[1])
    assert done.stdout.strip() == "[]", done.stderr
