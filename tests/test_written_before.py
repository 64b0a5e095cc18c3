"""Files that catgan wrote before its packages were rearranged are read, and mean what they meant.

`written_before/expected.json` holds what the code of that time read from them. Networks round differently on other
processors, therefore their numbers are compared within 1e-4; another stream of random numbers differs by far more.
"""

import hashlib
import importlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

import catgan
from catgan.cli.main import main
from catgan.training.experiment import read_experiment
from tests.harness.paths import REPOSITORY

FOLDER = Path(__file__).parent / "written_before"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
TIMES = ("images_per_second", "seconds", "memory_mb")
EXPLAIN = ("Counterfactual", "PhotographedFace", "Preprocessing", "Semifactual", "Target", "attribute",
           "au_path_ig", "counterfactual", "counterfactuals", "diverse", "explained_model", "parse_target", "redraw",
           "semifactual", "shapley")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A copy of the data set, since decoded pictures are kept beside it."""
    return catgan.load_dataset(shutil.copytree(FOLDER / "data", tmp_path_factory.mktemp("before") / "data"))


@pytest.fixture(scope="module")
def preset():
    return catgan.CatGAN.from_preset(FOLDER / "run" / "last")


# === The data set ===


def test_data_set_has_its_hash_faces_and_pictures(data):
    assert data.info["hash"] == EXPECTED["hash"] and data.subjects("test") == EXPECTED["subjects"]
    assert {split: data.count(split) for split in EXPECTED["splits"]} == EXPECTED["splits"]
    pictures = np.ascontiguousarray(data.images("all", 3))
    assert hashlib.sha256(pictures.tobytes()).hexdigest() == EXPECTED["images_sha256"]


def test_data_set_has_its_labels_and_unknowns(data):
    assert list(data.spec.columns) == EXPECTED["columns"]
    labels = data.labels("test")
    np.testing.assert_allclose(labels.values, EXPECTED["labels"]["values"], atol=1e-6)
    np.testing.assert_array_equal(labels.mask, EXPECTED["labels"]["mask"])
    for split, (total, known) in EXPECTED["labels_total"].items():
        assert data.labels(split).values.sum() == pytest.approx(total, abs=1e-3)
        assert data.labels(split).mask.sum() == known


# === The preset ===


def test_preset_predicts_what_it_predicted(data, preset):
    predictions = dict(preset.predict(data.images("test", 3)))
    assert list(predictions) == list(EXPECTED["predictions"])
    for name, values in EXPECTED["predictions"].items():
        np.testing.assert_allclose(predictions[name], values, atol=1e-4, err_msg=name)


def test_preset_generates_the_faces_it_generated(preset):
    faces = preset.generate(4, action_units={12: 4.0}, valence=0.5, seed=3)
    assert faces.dtype == np.uint8 and faces.shape == (4, 16, 16, 3)
    np.testing.assert_allclose(faces[..., 0].mean(axis=2), EXPECTED["generated_rows"], atol=0.1)  # levels of 0..255


# === The half-way run ===


@pytest.fixture(scope="module")
def resumed(data, tmp_path_factory):
    """The run after its first tick, gone on with to its end in a folder of its own."""
    run = shutil.copytree(FOLDER / "run", tmp_path_factory.mktemp("runs") / "00000-before")
    shutil.rmtree(run / "last")
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("data: DATA", f"data: {data.folder.resolve()}"))
    (run / "stats.jsonl").write_text((run / "stats.jsonl").read_text().splitlines(keepends=True)[0])
    assert main(["train", "--resume", str(run)]) == 0
    return run


def _last_line(stats: Path) -> dict:
    line = json.loads(stats.read_text().splitlines()[-1])
    return {name: value for name, value in line.items() if name not in TIMES}


def test_resumed_run_ends_with_the_recorded_line(resumed):
    found, expected = _last_line(resumed / "stats.jsonl"), _last_line(FOLDER / "run" / "stats.jsonl")
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, abs=1e-4)
    assert len((resumed / "stats.jsonl").read_text().splitlines()) == 2


def test_resumed_run_leaves_the_recorded_preset(resumed, data, preset):
    faces = data.images("test", 3)
    expected = preset.predict(faces)
    for name, values in catgan.CatGAN.from_preset(resumed / "last").predict(faces).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-4, err_msg=name)


# === Experiment files ===


def _task(tmp_path, content) -> str:
    """The kind of training that an experiment file asks for."""
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump({"name": "before", **content}))
    return read_experiment(path).task


@pytest.mark.parametrize("content, task", [
    ({}, "adversarial"),
    ({"training": {"supervised": True}}, "recogniser"),
    ({"training": {"supervised": True, "critic_weight": 1.0}, "start": "x"}, "recogniser"),
    ({"training": {"identity": True}}, "identity"),
    ({"training": {"editing": {"pixel_weight": 10.0}}, "start": "x"}, "editor"),
    ({"training": {"supervised": False, "identity": False, "editing": None}}, "adversarial"),
    ({"preset": "legacy_32"}, "legacy")])
def test_read_experiment_of_old_spelling_trains_the_same_kind(tmp_path, content, task):
    assert _task(tmp_path, content) == task


def test_read_experiment_of_old_spelling_keeps_the_options(tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text("name: before\nstart: x\ntraining: {editing: {pixel_weight: 7.0, imitated: 0.5}, batch_size: 8}\n")
    text = str(read_experiment(path))
    assert "pixel_weight=7.0" in text and "imitated=0.5" in text and "batch_size=8" in text


TRAININGS = [path for path in sorted((REPOSITORY / "experiments").rglob("*.yaml"))
             if "elimination" not in path.stem and path.parent.name != "studies"]


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_read_experiment_takes_every_committed_file(path):
    assert read_experiment(path).name


# === Names ===


@pytest.mark.parametrize("name", ["CatGAN", "LabelSpec", "Labels", "CatganError", "load_dataset", "build", "train",
                                  "evaluate", "explain"])
def test_catgan_has_its_old_names(name):
    assert getattr(catgan, name) is not None


@pytest.mark.parametrize("name", EXPLAIN)
def test_explain_has_its_old_names(name):
    assert getattr(catgan.explain, name) is not None


@pytest.mark.parametrize("module, name", [("catgan.explain.search", "search"),
                                          ("catgan.explain.attribution", "attribute")])
def test_packages_that_were_modules_have_their_functions(module, name):
    assert callable(getattr(importlib.import_module(module), name))
