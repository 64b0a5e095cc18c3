"""Errors of users: one clear line on stderr, exit code 2, nothing left behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from catgan import config
from catgan.cli.main import main
from tests.harness.annotations import emotionet_line, write_emotionet
from tests.harness.experiments import tiny_experiment

GOOD = """name: one
sources:
  - {name: au, format: emotionet, root: au, kind: tool}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "au").mkdir()
    write_emotionet(tmp_path / "au", emotionet_line("a.jpg"))
    (tmp_path / "recipe.yaml").write_text(GOOD)
    (tmp_path / "tiny.yaml").write_text(config.to_yaml(tiny_experiment()))
    return tmp_path


def refused(capsys, *arguments):
    """The one line of a refusal."""
    assert main([str(argument) for argument in arguments]) == 2
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"catgan {arguments[0]}: ") and "Traceback" not in printed.err
    return lines[0]


def unchanged(folder, before):
    return sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("change, message", [
    (("format: emotionet", "format: emotionett"), "Did you mean 'emotionet'?"),
    (("root: au", "rooot: au"), "Did you mean 'root'?"), (("root: au", "root: nowhere"), "not found"),
    (("kind: tool", "kind: [tool]"), "must be text"), (("name: one", "name: one: two"), "recipe.yaml:1"),
    ((GOOD, "- a\n- b\n"), "must hold a YAML mapping"), ((GOOD, ""), "must hold a YAML mapping")])
def test_unusable_recipe_is_refused(folder, capsys, change, message):
    (folder / "recipe.yaml").write_text(GOOD.replace(*change))
    before = sorted(folder.rglob("*"))
    assert message in refused(capsys, "build", "recipe.yaml", "--out", "out")
    assert unchanged(folder, before)


def test_corrupt_annotation_line_is_refused_with_its_place(folder, capsys):
    write_emotionet(folder / "au", emotionet_line("a.jpg"), emotionet_line("b.jpg", {1: 7}))
    line = refused(capsys, "build", "recipe.yaml", "--out", "out")
    assert "dataFile_0001.txt:2: AU1 must" in line and not (folder / "out").exists()


def test_annotations_without_rows_are_refused(folder, capsys):
    write_emotionet(folder / "au")
    assert "names no labelled image" in refused(capsys, "build", "recipe.yaml", "--out", "out")
    assert not (folder / "out").exists()


def test_build_without_any_photograph_is_refused(folder, models, capsys):
    line = refused(capsys, "build", "recipe.yaml", "--out", "out", "--workers", "1")
    assert "No face in any of the 1 annotated images" in line and not (folder / "out" / "dataset.json").exists()
    assert "neither a run nor a preset" in refused(capsys, "info", "out")


def test_unusable_workers_and_missing_files_are_refused(folder, capsys):
    assert "--workers must be 1 or more" in refused(capsys, "build", "recipe.yaml", "--out", "out", "--workers", "-1")
    assert "No such file" in refused(capsys, "build", "none.yaml", "--out", "out")
    assert "No such file" in refused(capsys, "train", "none.yaml", "--data", "x")


def test_unusable_training_is_refused(folder, capsys, drawn):
    before = sorted(folder.rglob("*"))
    assert "No data set" in refused(capsys, "train", "tiny.yaml")
    assert "EXPERIMENT.yaml or --resume" in refused(capsys, "train")
    assert "does not exist" in refused(capsys, "train", "tiny.yaml", "--data", "nowhere")
    assert "did not finish" in refused(capsys, "train", "tiny.yaml", "--data", "au")
    assert "Did you mean 'images'" in refused(capsys, "train", "tiny.yaml", "--set", "training.image=5")
    assert "--set takes" in refused(capsys, "train", "tiny.yaml", "--data", drawn, "--set", "training.images")
    assert "AU25" in refused(capsys, "train", "tiny.yaml", "--data", drawn, "--set", "labels.action_units=[25]")
    assert "not a run" in refused(capsys, "train", "--resume", "au")
    assert unchanged(folder, before)


def test_folder_that_is_no_run_is_refused(folder, capsys, drawn):
    before = sorted(folder.rglob("*"))
    for verb in (("evaluate", "au", "--data", drawn), ("generate", "au", "--out", "x.png"), ("info", "au"),
                 ("predict", "au", "x.jpg"), ("explain", "au", "x.jpg", "--target", "AU12=0", "--out", "why")):
        assert "neither a run nor a preset" in refused(capsys, *verb)
    assert "No such run or preset" in refused(capsys, "evaluate", "nowhere", "--data", drawn)
    assert unchanged(folder, before)


def test_damaged_preset_is_refused(folder, tiny_run, capsys):
    """Also where HDF5 opens the file, and finds the damage when its groups are read."""
    shutil.copytree(tiny_run / "best", folder / "preset")
    weights = folder / "preset" / "generator.weights.h5"
    whole = weights.read_bytes()
    assert b"SNOD" in whole and b"HEAP" in whole
    for content in (b"x", whole.replace(b"SNOD", b"XXXX"), whole.replace(b"HEAP", b"XXXX")):
        weights.write_bytes(content)
        assert "damaged model" in refused(capsys, "info", "preset")


@pytest.mark.parametrize("verb, media, message", [
    ("predict", "no_face.mp4", "no face found in any of"), ("explain", "none.mp4", "missing file"),
    *((verb, *case) for verb in ("predict", "explain") for case in (("free-mountain-vector-01.jpg", "no face found"),
                                                                    ("none.jpg", "none.jpg")))])
def test_photograph_without_a_face_or_file_is_refused(folder, tiny_run, shared, models, capsys, verb, media, message):
    before = sorted(folder.rglob("*"))
    more = ("--target", "valence<=-0.9", "--out", "why") if verb == "explain" else ()
    line = refused(capsys, verb, tiny_run, shared / "data" / "media" / media, *more)
    assert message in line and media in line
    assert unchanged(folder, before)


def test_unknown_target_or_label_is_refused(folder, tiny_run, shared, capsys):
    photo = shared / "data" / "media" / "single_face.jpg"
    line = refused(capsys, "explain", tiny_run, photo, "--target", "valense<=0", "--out", "why")
    assert "Did you mean 'valence'" in line
    assert "AU25" in refused(capsys, "generate", tiny_run, "--au", "25=1", "--out", "x.png")
    assert "0..5" in refused(capsys, "generate", tiny_run, "--au", "12=9", "--out", "x.png")
    assert "'valence' must lie in -1..1" in refused(capsys, "generate", tiny_run, "--valence", "2", "--out", "x.png")
    assert ".png" in refused(capsys, "generate", tiny_run, "--out", "x.txt")
    assert "--seed" in refused(capsys, "generate", tiny_run, "--seed", "-1", "--out", "x.png")
    assert "-n must" in refused(capsys, "generate", tiny_run, "-n", "0", "--out", "x.png")


def test_unknown_model_file_is_refused(capsys):
    assert "Did you mean 'face_landmarker'" in refused(capsys, "models", "fetch", "face_landmark")
    assert "Name the model" in refused(capsys, "models", "fetch")


def test_error_of_a_real_process_is_one_line(folder, tiny_run, shared, models):
    """Nothing that TensorFlow or MediaPipe say stands beside the line."""
    done = subprocess.run([sys.executable, "-m", "catgan.cli.main", "explain", str(tiny_run),
                           str(shared / "data" / "media" / "free-mountain-vector-01.jpg"), "--target", "AU12=0",
                           "--out", "why"],
                          capture_output=True, text=True, cwd=folder)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "no face found" in done.stderr


@pytest.mark.parametrize("name", ["folder", "/dev/stdout", "/dev/null", "/proc/self/fd/1", "tiny.yaml/x.json"])
def test_results_are_written_to_regular_files(folder, tiny_run, capsys, name):
    (folder / "folder").mkdir()
    before = sorted(folder.rglob("*"))
    assert "The output must" in refused(capsys, "info", tiny_run, "--json", name)
    assert unchanged(folder, before) and not Path("/dev/null").is_file()


def test_nothing_is_printed_as_json_after_an_error(tiny_run, capsys):
    assert main(["generate", str(tiny_run), "--out", "x.txt", "--json", "-"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments, message", [
    (("--au", "12=+2", "--out", "a.jpg"), "Pictures are written as PNG. Received: a.jpg"),
    (("--au", "12=+2", "--out", "a.mp4"), "Pictures are written as PNG. Received: a.mp4"),
    (("--out", "a.png"), "Nothing to change. Give --au"),
    (("--au", "12=9", "--out", "a.png"), "AU12 must lie in 0..5. Received: 9"),
    (("--au", "12", "--out", "a.png"), "AU=VALUE or AU=+DIFFERENCE"),
    (("--valence", "much", "--out", "a.png"), "--valence takes a value such as -0.3"),
    (("--valence", "-2", "--out", "a.png"), "valence must lie in -1..1. Received: -2")])
def test_edit_with_unusable_arguments_is_refused(folder, capsys, arguments, message):
    before = sorted(folder.rglob("*"))
    assert message in refused(capsys, "edit", "nowhere", "photo.jpg", *arguments)
    assert unchanged(folder, before)


def test_edit_by_a_model_without_editor_is_refused(folder, tiny_run, shared, models, capsys):
    photo = shared / "data" / "media" / "single_face.jpg"
    before = sorted(folder.rglob("*"))
    assert "has no editor" in refused(capsys, "edit", tiny_run, photo, "--au", "12=+2", "--out", "a.png")
    other = ("--au", "12=+2", "--face", 7, "--out", "a.png")
    assert "there is no face 7" in refused(capsys, "edit", tiny_run, photo, *other)
    assert unchanged(folder, before)
