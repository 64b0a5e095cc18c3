"""Verbs that are given a network on landmarks, from end to end."""

import json

import numpy as np
import onnxruntime
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.cli import predicted_camera
from catgan.cli.main import main
from catgan.faces.images import read_image
from catgan.models.gan import preset_folders
from tests.harness.cameras import plug_in
from tests.harness.clips import filmed, write_clips
from tests.harness.commands import run_json
from tests.harness.filming import film, greys
from tests.harness.untrained_landmarks import CLASSES, moving_landmarks, untrained_landmarks

FRAMES = 8


@pytest.fixture(scope="module")
def landmark_run(tmp_path_factory):
    """A run whose network has learned nothing. It reads 8 frames at 12.5 a second."""
    folder = tmp_path_factory.mktemp("runs") / "00007-landmarks"
    untrained_landmarks().save_to_preset(folder / "best")
    return folder


@pytest.fixture
def video(two_people, models, tmp_path):
    """Sixteen frames at 25 a second; the last four show nobody."""
    return film(tmp_path / "a.mp4", [two_people] * 12 + [np.full_like(two_people, 90)] * 4)


@pytest.fixture(scope="module")
def clips_set(tmp_path_factory):
    """Four videos of one window each, of two people; one video shows an expression that nobody named."""
    rows, labels = [], ("neutral", "happiness", "happiness", None)
    for number, (label, points) in enumerate(zip(labels, moving_landmarks(4, FRAMES))):
        rows += filmed(f"v{number}", np.arange(FRAMES) / 12.5, "ab"[number % 2], expression=[label] * FRAMES,
                       landmarks=[one.ravel() for one in points])
    return write_clips(tmp_path_factory.mktemp("landmarks") / "set", {"test": rows})


def refused(capsys, *arguments):
    """The one line on stderr of a verb that exits with code 2."""
    assert main(list(map(str, arguments))) == 2
    line, = capsys.readouterr().err.splitlines()
    return line


# === predict ===

def test_predict_of_a_video_writes_a_table_a_plot_and_how_it_reads(landmark_run, video, tmp_path, capsys):
    table, plot, out = tmp_path / "a.parquet", tmp_path / "a.png", tmp_path / "a.json"
    assert main(["predict", str(landmark_run), str(video), "--face", "all", "--out", str(table), "--plot", str(plot),
                 "--json", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("each frame is answered from the 0.64 s that end there, "
                                                             "without delay")
    result, rows = json.loads(out.read_text()), pq.read_table(table)
    assert result["reading"]["hop"] == 0.08 and result["reading"]["first_answer"] == 0.24
    assert rows["frame"].to_pylist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 14]
    answered = np.array([value is not None for value in rows["expression"].to_pylist()])
    assert answered.tolist() == [False] * 6 + [True] * 6 + [False] * 2
    shares = sum(rows[f"expression={name}"].to_numpy()[answered] for name in CLASSES)
    np.testing.assert_allclose(shares, 1.0, rtol=1e-5)
    assert result["predictions"][0]["expression"] is None and read_image(plot).shape[1] > 1000


def test_predict_without_a_table_averages_what_was_answered(landmark_run, video, capsys):
    assert main(["predict", str(landmark_run), str(video)]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert "8 frames, the last at 0.56 s; one face, seen in 6 frames; means: expression_probability" in line
    means = dict(part.rsplit(" ", 1) for part in line.split("means: ")[1].split("  "))
    assert sum(float(means[f"expression={name}"]) for name in CLASSES) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("frames, message", [
    (1, "seen too briefly: an answer needs 4 of 8 frames within 0.64 s"), (0, "no face found in any of 3 frames")])
def test_video_with_too_little_of_a_face_is_a_failure(landmark_run, two_people, models, tmp_path, capsys, frames,
                                                      message):
    pictures = [two_people] * frames + greys(5 - frames, *two_people.shape[:2])
    path = film(tmp_path / "a.mp4", pictures)
    line = refused(capsys, "predict", landmark_run, path, "--plot", tmp_path / "a.png")
    assert message in line and not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("words, message", [
    (("--rate", "5"), "network on landmarks reads videos at its own rate, 12.5 frames a second"),
    (("--interval", "0.9"), "Intervals are known for Action Units"),
    (("--seconds", "5"), "Give the number of a camera")])
def test_options_that_do_not_fit_are_refused(landmark_run, tmp_path, capsys, words, message):
    assert message in refused(capsys, "predict", landmark_run, tmp_path / "a.mp4", *words)


def test_photograph_is_refused_with_a_preset_that_reads_it(landmark_run, models, two_people, tmp_path, capsys):
    Image.fromarray(two_people).save(tmp_path / "photo.png")
    line = refused(capsys, "predict", landmark_run, tmp_path / "photo.png")
    assert "a photograph, but this network on landmarks reads videos" in line and "'faces_64'" in line


def test_network_on_other_landmarks_says_so(tmp_path, capsys):
    untrained_landmarks(landmark_set="ibug_68").save_to_preset(tmp_path / "preset")
    line = refused(capsys, "predict", tmp_path / "preset", "a.mp4")
    assert "'ibug_68'" in line and "'mediapipe_478'" in line


# === A camera ===

def test_predict_of_a_camera_prints_lines_and_writes_a_table(landmark_run, two_people, models, monkeypatch, tmp_path,
                                                             capsys):
    monkeypatch.setattr("catgan.pipelines.live_window.has_display", lambda: False)
    monkeypatch.chdir(tmp_path)
    plug_in(monkeypatch, [two_people] * 30)
    assert main(["predict", str(landmark_run), "0", "--seconds", "1.3", "--out", "a.csv", "--json", "a.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "press Ctrl-C to end" and lines[1] == "    0.0 s  face 0: not seen for long enough yet"
    assert lines[2].startswith("    0.2 s  face 0: ") and lines[3].startswith("    1.3 s  face 0: ")
    assert lines[4] == "a.csv: 17 rows, 17 faces"
    result = json.loads((tmp_path / "a.json").read_text())
    assert len(result["predictions"]) == 17 and result["reading"]["causal"] and result["failures"] == []


def test_file_named_like_a_camera_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = type("Arguments", (), {"images": ["0"], "seconds": None})
    assert predicted_camera.camera_of(given) == 0
    (tmp_path / "0").mkdir()
    assert predicted_camera.camera_of(given) is None


def test_camera_that_cannot_be_read_is_one_line(landmark_run, untrained_run, monkeypatch, capsys):
    plug_in(monkeypatch, [])
    assert "There is no camera 3" in refused(capsys, "predict", landmark_run, "3")
    assert "A camera is read by networks on landmarks" in refused(capsys, "predict", untrained_run, "0")


# === Other verbs ===

def test_evaluate_writes_result_and_figures(landmark_run, clips_set, capsys):
    result = run_json(capsys, "evaluate", landmark_run, "--data", clips_set)
    assert (result["n"], result["left_out"], result["people"], result["split"]) == (3, 1, 2, "test")
    assert set(result["binaries"]) == set(CLASSES) and result["binaries"]["surprise"]["auc"] is None
    assert json.loads((landmark_run / "evaluation-test.json").read_text()) == result
    assert {path.name for path in (landmark_run / "evaluation-test").iterdir()} == {"confusion.png",
                                                                                    "calibration.png"}


def test_evaluate_refuses_what_measures_other_models(landmark_run, clips_set, capsys):
    line = refused(capsys, "evaluate", landmark_run, "--data", clips_set, "--judge", "mediapipe", "--find-delay")
    assert "--judge and --find-delay measure other kinds of models" in line
    line = refused(capsys, "evaluate", landmark_run, "--data", clips_set, "--split", "validation")
    assert "Split 'validation'" in line and "holds no faces" in line


def test_info_tells_what_all_binaries_and_one_need(landmark_run, capsys):
    info = run_json(capsys, "info", landmark_run)
    assert (info["kind"], info["window"], info["landmark_set"]) == ("trained", 0.64, "mediapipe_478")
    assert info["expressions"] == list(CLASSES) and info["landmarks_each"] == [478] * 3
    assert info["multiply_adds"] == sum(info["multiply_adds_each"]) > 10 ** 6


def test_export_model_writes_a_file_that_answers(landmark_run, tmp_path, capsys):
    found = run_json(capsys, "export-model", landmark_run, "--to", "onnx", "--out", tmp_path / "new")
    assert found == {"format": "onnx", "files": [str(tmp_path / "new" / "00007-landmarks.onnx")]}
    session, points = onnxruntime.InferenceSession(found["files"][0]), moving_landmarks(1, FRAMES)
    answer, = session.run(["probabilities"], {"landmarks": points, "seen": np.ones((1, FRAMES), np.float32)})
    np.testing.assert_allclose(answer, untrained_landmarks().predict(points), atol=1e-5)


def test_export_model_refuses_other_formats_and_models(landmark_run, tmp_path, capsys):
    line = refused(capsys, "export-model", landmark_run, "--to", "onx", "--out", tmp_path / "new")
    assert "Unknown format 'onx'. Did you mean 'onnx'?" in line
    line = refused(capsys, "export-model", landmark_run, "--to", "keras", "--out", tmp_path / "new")
    assert "CatGAN. Received: LandmarkRecogniser" in line and not (tmp_path / "new").exists()


@pytest.mark.parametrize("arguments", [
    ("generate", "RUN", "--out", "a.png"), ("edit", "RUN", "photo.png", "--au", "12=2", "--out", "a.png"),
    ("attribute", "RUN", "photo.png", "--target", "valence", "--out", "a")])
def test_verbs_of_single_faces_refuse_a_network_on_landmarks(landmark_run, two_people, tmp_path, monkeypatch, capsys,
                                                             arguments):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(two_people).save(tmp_path / "photo.png")
    line = refused(capsys, *(landmark_run if word == "RUN" else word for word in arguments))
    assert "holds a network on landmarks, which reads videos" in line and "catgan predict" in line


def test_models_lists_presets_on_landmarks(landmark_run, monkeypatch, capsys):
    monkeypatch.setattr(preset_folders, "packaged_presets", lambda: {"landmarks_tiny": landmark_run / "best"})
    monkeypatch.chdir(landmark_run.parent)
    assert main(["models"]) == 0
    expected = ("best: preset of landmarks in clips (trained, 12.5 frames a second, windows of 0.64 s): neutral, "
                "happiness, surprise")
    assert expected in capsys.readouterr().out.splitlines()
