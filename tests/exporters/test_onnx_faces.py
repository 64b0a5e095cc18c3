"""Tests of `catgan.exporters.onnx_faces`: onnxruntime reads, draws and edits faces as Keras does."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from catgan.cli.main import main
from catgan.errors import ModelError
from catgan.exporters.formats import Options, export_model
from catgan.exporters.parts import parts_of
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import packaged_face_presets
from catgan.models.pixels import from_network, to_network
from tests.harness.exported import exported_gan
from tests.harness.untrained_landmarks import untrained_landmarks

FACES = 200
"""Faces on which a file must agree with Keras."""
TOLERANCE = 1e-3
"""Largest difference, as a share of the range."""


def opened(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def answers(path, values):
    session = opened(path)
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, values)))


def described(path):
    return json.loads(path.with_name(path.name + ".json").read_text())


def given(gan, part, count, faces=None):
    """Inputs of a part: faces, or else noise, and changes of some labels."""
    random = np.random.default_rng(3)
    side, width = gan.network.image_size, gan.spec.width
    if faces is None:
        faces = np.clip(random.normal(128, 60, (count, side, side, 3)), 0, 255).astype(np.uint8)
    mask = (random.random((count, width)) < 0.4).astype(np.float32)
    labels = np.concatenate([random.uniform(-1, 1, mask.shape).astype(np.float32) * mask, mask], axis=1)
    pixels = to_network(faces, gan.network.channels)
    latents = random.standard_normal((count, gan.network.latent_size)).astype(np.float32)
    return {"predictor": {"image": pixels}, "generator": {"latents": latents, "condition": labels},
            "editor": {"image": pixels, "change": labels}}[part]


def assert_agree(gan, folder, tolerance=TOLERANCE, faces=None, **options):
    """Each part of the model agrees with Keras on `FACES` faces, in batches of 1 and 7 too."""
    written = export_model(gan, folder, "onnx", "faces", Options(**options))
    for part, path in zip(parts_of(gan), written[::2], strict=True):
        values = given(gan, part.name, FACES, faces)
        wanted = {name: np.asarray(value) for name, value in part.network(values).items()}
        names = {name: "edited" if part.name == "editor" and name == "image" else name for name in wanted}
        for count in (1, 7, FACES):
            found = answers(path, {name: value[:count] for name, value in values.items()})
            for name, value in wanted.items():
                span = max(np.ptp(value), 1.0)
                assert np.abs(found[names[name]] - value[:count]).max() <= tolerance * span, (part.name, name, count)


def test_parts_agree_with_keras(tmp_path):
    assert_agree(exported_gan(), tmp_path)


def test_parts_with_halved_weights_stay_near_keras(tmp_path):
    assert_agree(exported_gan(), tmp_path, tolerance=5e-3, half=True)


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("preset", sorted(packaged_face_presets()))
def test_parts_of_presets_agree_with_keras(preset, half, tmp_path):
    gan = CatGAN.from_preset(preset)
    assert_agree(gan, tmp_path, faces=gan.generate(FACES, seed=5), half=half)


def test_predictor_reads_as_predict_does(tmp_path):
    gan = exported_gan()
    path = export_model(gan, tmp_path, "onnx", options=Options(("predictor",)))[0]
    side = gan.network.image_size
    faces = np.random.default_rng(0).integers(0, 256, (5, side, side, 3), np.uint8)
    found, wanted = answers(path, {"image": to_network(faces, gan.network.channels)}), gan.predict(faces)
    for place, name in enumerate(gan.spec.action_unit_columns):
        np.testing.assert_allclose(found["action_units"][:, place], wanted[name], atol=1e-4)
        np.testing.assert_allclose(found["action_units_std"][:, place], wanted[f"{name}_std"], atol=1e-4)
    for place, name in enumerate(("valence", "arousal")):
        np.testing.assert_allclose(found["valence_arousal"][:, place], wanted[name], atol=1e-4)
    np.testing.assert_allclose(found["realness"], wanted["realness"], atol=1e-4)


def test_generator_draws_as_the_model_does(tmp_path):
    gan = exported_gan()
    path = export_model(gan, tmp_path, "onnx", options=Options(("generator",)))[0]
    values = given(gan, "generator", 4)
    drawn = gan.generate_raw(values["latents"], values["condition"]).astype(int)
    assert np.abs(from_network(answers(path, values)["image"]).astype(int) - drawn).max() <= 1


def test_file_and_description_say_the_same(tmp_path):
    gan = exported_gan()
    for path in export_model(gan, tmp_path, "onnx", "faces")[::2]:
        beside, proto = described(path), onnx.load(path)
        told = {prop.key: prop.value for prop in proto.metadata_props}
        assert told.pop("kind") == "faces" and set(told) == set(beside) - {"file"}
        for name, value in told.items():
            assert value == beside[name] if isinstance(beside[name], str) else json.loads(value) == beside[name]
        for ours, theirs in ((proto.graph.input, beside["inputs"]), (proto.graph.output, beside["outputs"])):
            shapes = {one.name: [dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim]
                      for one in ours}
            assert shapes == {one["name"]: ["faces", *one["shape"][1:]] for one in theirs}
        assert proto.opset_import[0].version == beside["opset"] == 18
        assert beside["precision"] == "float32" and beside["alignment"] and beside["thresholds"]


def test_halved_files_are_smaller_and_say_so(tmp_path):
    gan = exported_gan()
    whole = export_model(gan, tmp_path / "whole", "onnx", options=Options(("editor",)))[0]
    half = export_model(gan, tmp_path / "half", "onnx", options=Options(("editor",), half=True))[0]
    assert half.stat().st_size < whole.stat().st_size
    assert described(half)["precision"] == "weights in float16, computed in float32"


def test_halved_networks_on_landmarks_are_refused(tmp_path):
    with pytest.raises(ModelError, match="16 bits are those of a CatGAN. Received: a LandmarkRecogniser"):
        export_model(untrained_landmarks(), tmp_path, "onnx", options=Options(half=True))


def test_verb_writes_the_parts_of_a_run(tmp_path, untrained_run, capsys):
    out = tmp_path / "out"
    assert main(["export-model", str(untrained_run), "--to", "onnx", "--float16", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        f"preset-{part}.onnx{end}" for part in ("generator", "predictor") for end in ("", ".json")]
    assert "MB" in capsys.readouterr().out
