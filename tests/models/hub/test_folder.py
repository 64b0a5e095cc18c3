"""Tests of the folder for the hub: weights without code, a description, a card that the hub's own reader takes."""

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from catgan import CatGAN
from catgan.errors import CatganError, ModelError
from catgan.models.gan.preset_facts import flat_figures, licence, preset_name
from catgan.models.gan.preset_folders import PACKAGED
from catgan.models.hub.card import METRICS
from catgan.models.hub.folder import write_folder
from tests.harness.exported import exported_gan


@pytest.fixture(scope="module")
def gan():
    return exported_gan("expressions")


@pytest.fixture
def folder(gan, tmp_path):
    write_folder(gan, tmp_path / "smiles", "smiles")
    return tmp_path / "smiles"


def test_folder_is_a_preset_with_the_same_weights(gan, folder):
    loaded = CatGAN.from_preset(folder)
    for ours, theirs in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.calibration == gan.calibration and loaded.critic_reference == gan.critic_reference
    assert loaded.loaded_from == folder and gan.loaded_from is None
    reader = CatGAN.from_preset(folder, reader=True)
    np.testing.assert_array_equal(reader.discriminator.get_weights()[0], gan.discriminator.get_weights()[0])


def test_weights_are_plain_arrays_by_name(gan, folder):
    """The layout of the file, read by hand: the length of a header, the header, numbers."""
    content = (folder / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    assert header.pop("__metadata__") == {"format": "keras"}
    assert {name.split("/")[0] for name in header} == {"discriminator", "generator", "editor"}
    entry = header["discriminator/unit_norm/scale"]
    first, last = entry["data_offsets"]
    assert entry["dtype"] == "F32" and entry["shape"] == []
    assert struct.unpack("<f", content[8 + length + first:8 + length + last])[0] == gan.discriminator.get_layer(
        "unit_norm").scale.numpy()
    assert sum(np.prod(entry["shape"]) for entry in header.values()) == sum(weight.size for weight in gan.get_weights())


def test_writing_twice_gives_the_same_bytes(gan, folder, tmp_path):
    write_folder(gan, tmp_path / "again" / "smiles", "smiles")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / "smiles" / path.name).read_bytes()


def test_a_weight_that_16_bits_do_not_hold_is_refused(tmp_path):
    gan = exported_gan()
    layer = gan.discriminator.get_layer("score")
    layer.set_weights([layer.get_weights()[0], np.array([1e5], np.float32)])
    with pytest.raises(ModelError, match="bits reach 65504. Received: 100000 in 'discriminator/score/bias'"):
        write_folder(gan, tmp_path / "smiles", "smiles", half=True)
    assert not (tmp_path / "smiles" / "config.json").exists()


def changed_header(path, change):
    """Rewrites the header of a safetensors file."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length:])


@pytest.mark.parametrize("name, change, message", [
    ("missing", lambda header: header.update(other=header.pop("discriminator/score/bias")),
     "holds no weight 'discriminator/score/bias'"),
    ("shape", lambda header: header["discriminator/score/kernel"].update(shape=[1, 16]),
     r"'discriminator/score/kernel' must be float16 or float32 of shape \(16, 1\). Received: float32 \(1, 16\)"),
    ("type", lambda header: header["discriminator/score/kernel"].update(dtype="I32"),
     "must be float16 or float32 .* Received: int32")])
def test_weights_of_another_network_are_refused(folder, name, change, message):
    changed_header(folder / "model.safetensors", change)
    with pytest.raises(ModelError, match=message):
        CatGAN.from_preset(folder)


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95pickle", b"\xff" * 64, None],
                         ids=["empty", "pickle", "long header", "cut"])
def test_damaged_weights_are_refused_in_one_line(folder, content):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5] if content is None else content)
    with pytest.raises(ModelError, match="holds a damaged model") as caught:
        CatGAN.from_preset(folder)
    assert "\n" not in str(caught.value)


def test_missing_package_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ModelError, match=r"need the package safetensors. .*pip install 'catgan\[hub\]'"):
        CatGAN.from_preset(folder)


def test_card_of_a_preset_is_read_by_the_hub(tmp_path):
    cards = pytest.importorskip("huggingface_hub.repocard")
    preset = PACKAGED / "faces_64"
    write_folder(CatGAN.from_preset(preset), tmp_path / "faces_64", "faces_64", preset, True, address="hf://a/faces_64")
    card = cards.ModelCard.load(tmp_path / "faces_64" / "README.md")
    assert (card.data.license, card.data.library_name, card.data.model_name) == ("apache-2.0", "catgan", "faces_64")
    assert card.data.pipeline_tag == "image-classification" and "action-units" in card.data.tags
    figures = flat_figures(json.loads((preset / "metrics.json").read_text()))
    found = {result.metric_name: result.metric_value for result in card.data.eval_results}
    assert found == {about: round(figures[key], 4) for key, (_, about) in METRICS.items() if key in figures}
    assert {result.dataset_split for result in card.data.eval_results} == {"validation"}
    text = (tmp_path / "faces_64" / "README.md").read_text()
    assert "catgan predict hf://a/faces_64 photo.jpg" in text and "ORGANISATION" not in text
    assert "must not be used to judge people" in text and text.count("\n# ") == 1
    assert {path.name for path in (tmp_path / "faces_64").iterdir()} == {
        "README.md", "card.md", "config.json", "metrics.json", "model.safetensors", "samples.png"}


def test_card_without_a_preset_says_only_what_the_model_knows(folder):
    cards = pytest.importorskip("huggingface_hub.repocard")
    card = cards.ModelCard.load(folder / "README.md")
    assert card.data.license is None and card.data.eval_results is None
    assert "Action Units AU04, AU12 (intensity); valence and arousal; expressions fear, neutral" in card.text
    assert "Networks: generator, discriminator, editor" in card.text


def test_licence_travels_with_the_folder(gan, tmp_path, untrained_run):
    write_folder(gan, tmp_path / "one", "one", licence="cc-by-4.0")
    assert licence(tmp_path / "one") == "cc-by-4.0" and licence(PACKAGED / "faces_64") == "Apache-2.0"
    assert licence(untrained_run) is None
    write_folder(gan, tmp_path / "two", "two", preset=tmp_path / "one")
    assert "license: cc-by-4.0" in (tmp_path / "two" / "README.md").read_text()


def test_the_folder_of_the_preset_is_not_overwritten(gan, folder):
    with pytest.raises(CatganError, match="must be another folder than that of the preset"):
        write_folder(gan, folder, "smiles", preset=folder)


@pytest.mark.parametrize("folder, name", [
    ("runs/00007-joint-64/best", "00007-joint-64"), ("presets/faces_64", "faces_64"),
    ("cache/models--someone--smiles/snapshots/0123456789", "smiles"), ("snapshots/smiles", "smiles")])
def test_name_of_a_preset_is_that_of_its_run_or_repository(folder, name, tmp_path):
    assert preset_name(tmp_path / folder) == name


@pytest.mark.slow
def test_a_reader_by_another_backend_reads_the_same_weights(folder, tmp_path):
    pytest.importorskip("jax")
    code = (f"import catgan, numpy; gan = catgan.CatGAN.from_preset({str(folder)!r})\n"
            "print(float(numpy.asarray(gan.get_weights()[0]).sum()))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "KERAS_BACKEND": "jax"})
    assert float(done.stdout) == pytest.approx(float(CatGAN.from_preset(folder).get_weights()[0].sum()), abs=1e-5)
