"""The command line by onnxruntime: the same answers as by Keras, which it does not load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import catgan
from catgan.cli.main import main
from catgan.exporters.formats import export_model
from catgan.faces.images import write_image
from catgan.models.gan import presets
from tests.harness.exported import exported_gan

BLOCKED = ("import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None; "
           "from catgan.cli.main import main; sys.exit(main())")
"""Runs a verb where neither can be imported."""


@pytest.fixture
def run(tmp_path):
    """A preset with its ONNX files beside it."""
    gan, folder = exported_gan(), tmp_path / "preset"
    presets.write_preset(gan, folder)
    export_model(gan, folder, "onnx", "tiny")
    return folder


@pytest.fixture
def photo(two_people, tmp_path):
    write_image(tmp_path / "photo.png", two_people)
    return tmp_path / "photo.png"


def light(*words):
    environment = {**os.environ, "CATGAN_RUNTIME": "onnx"}
    return subprocess.run([sys.executable, "-c", BLOCKED, *map(str, words)], capture_output=True, text=True,
                          env=environment, cwd=Path(catgan.__file__).parents[1])


def numbers(row):
    return {name: value for name, value in row.items() if isinstance(value, float)}


def test_predict_answers_as_by_keras(run, photo, models, tmp_path):
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    assert main(["predict", str(run), str(photo), "--face", "all", "--json", str(theirs)]) == 0
    done = light("predict", run, photo, "--face", "all", "--json", ours)
    assert done.returncode == 0, done.stderr
    rows, wanted = (json.loads(path.read_text())["predictions"] for path in (ours, theirs))
    assert len(rows) == len(wanted) == 2
    for row, other in zip(rows, wanted):
        assert row.keys() == other.keys() and numbers(row) == pytest.approx(numbers(other), abs=2e-3)


def test_edit_and_explain_need_no_keras(run, photo, models, tmp_path):
    done = light("edit", run, photo, "--au", "12=+2", "--out", tmp_path / "edited.png")
    assert done.returncode == 0 and (tmp_path / "edited.png").is_file(), done.stderr
    done = light("explain", run, photo, "--target", "valence>=0.99", "--out", tmp_path / "why")
    assert done.returncode == 0 and (tmp_path / "why" / "counterfactual.json").is_file(), done.stderr
