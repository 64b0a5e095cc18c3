"""Tests of `catgan.exporters.formats`: which models, parts and options each format takes."""

import json
import sys

import pytest

from catgan.cli.main import main
from catgan.errors import CatganError, ModelError
from catgan.exporters.formats import FORMATS, Options, export_model
from tests.harness.exported import exported_gan
from tests.harness.untrained_landmarks import untrained_landmarks


def test_export_writes_each_part_and_its_description(tmp_path):
    paths = export_model(exported_gan(), tmp_path / "out", "keras", "smiles")
    parts = ("predictor", "generator", "editor")
    assert [path.name for path in paths] == [f"smiles-{part}.keras{end}" for part in parts for end in ("", ".json")]
    content = json.loads(paths[1].read_text())
    assert content["part"] == "predictor" and content["runtime"] == "keras" and content["file"] == paths[0].name


def test_export_writes_the_parts_that_are_asked_for(tmp_path):
    paths = export_model(exported_gan(), tmp_path, "keras", options=Options(("editor",)))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths) == [
        "model-editor.keras", "model-editor.keras.json"]


@pytest.mark.parametrize("to, options, message", [
    ("pickle", {}, "Unknown format 'pickle'"), ("keras", {"parts": ("critic",)}, "Unknown part 'critic'"),
    ("keras", {"half": True}, "'keras' has no weights of 16 bits. Those that have: ")])
def test_export_refuses_what_it_cannot_write(tmp_path, to, options, message):
    with pytest.raises(CatganError, match=message):
        export_model(exported_gan(), tmp_path / "out", to, options=Options(**options))
    assert not (tmp_path / "out").exists()


def test_export_refuses_kinds_of_models_that_a_format_does_not_hold(tmp_path):
    with pytest.raises(ModelError, match="'keras' is written of these kinds of models: CatGAN. Received: LandmarkRec"):
        export_model(untrained_landmarks(), tmp_path, "keras")
    with pytest.raises(ModelError, match="Parts are those of a CatGAN"):
        export_model(untrained_landmarks(), tmp_path, "onnx", options=Options(("predictor",)))


def test_export_names_the_package_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CatganError, match=r"needs onnx: pip install 'catgan\[export\]'"):
        export_model(untrained_landmarks(), tmp_path, "onnx")


def test_verb_writes_the_parts_of_a_run(tmp_path, untrained_run, capsys):
    out, result = tmp_path / "out", tmp_path / "result.json"
    assert main(["export-model", str(untrained_run), "--to", "keras", "--part", "predictor", "--out", str(out),
                 "--json", str(result)]) == 0
    assert json.loads(result.read_text()) == {"format": "keras", "files": [
        str(out / "preset-predictor.keras"), str(out / "preset-predictor.keras.json")]}
    assert "MB" in capsys.readouterr().out
    assert json.loads((out / "preset-predictor.keras.json").read_text())["preset"]["name"] == "preset"


def test_verb_refuses_an_unknown_format_in_one_line(tmp_path, untrained_run, capsys):
    assert main(["export-model", str(untrained_run), "--to", "pickle", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and all(name in error for name in FORMATS)
