"""Verbs that are given a model of clips: `catgan predict` from end to end, and what the other verbs say."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.cli.main import main
from catgan.faces.images import read_image
from catgan.models.gan import preset_folders
from catgan.models.gan.model import CatGAN
from tests.harness.commands import run_json
from tests.harness.filming import film, greys
from tests.harness.untrained_clips import untrained_clips

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture(scope="module")
def clip_run(tmp_path_factory):
    """An untrained causal model on disk."""
    folder = tmp_path_factory.mktemp("clips") / "preset"
    untrained_clips("gru").save_to_preset(folder)
    return folder


@pytest.fixture
def video(two_people, tmp_path):
    """Nine frames at 25 a second; the last three show nobody."""
    return film(tmp_path / "a.mp4", [two_people] * 6 + [np.full_like(two_people, 90)] * 3)


@pytest.fixture
def photo(two_people, tmp_path):
    Image.fromarray(two_people).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_predict_of_a_video_writes_a_table_a_plot_and_the_delay(clip_run, video, tmp_path, capsys):
    table, plot, out = tmp_path / "a.parquet", tmp_path / "a.png", tmp_path / "a.json"
    assert main(["predict", str(clip_run), str(video), "--face", "all", "--out", str(table), "--plot", str(plot),
                 "--json", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "gru, 12.5 frames a second: answers with a delay of 0 frames")
    result, rows = json.loads(out.read_text()), pq.read_table(table)
    assert result["reading"] == {"kind": "gru", "rate": 12.5, "window": 0.8, "causal": True, "delay_frames": 0,
                                 "delay_seconds": 0.0}
    assert rows["frame"].to_pylist() == [row["frame"] for row in result["predictions"]] == [0, 0, 2, 2, 4, 4, 6, 8]
    assert rows["face"].to_pylist() == [0, 1] * 3 + [None] * 2 and rows["AU12"].null_count == 2
    shares = sum(rows[f"expression={name}"].to_numpy() for name in ("neutral", "happiness", "sadness"))
    np.testing.assert_allclose(shares[:6], 1.0, rtol=1e-5)
    assert read_image(plot).shape[1] > 1000


def test_predict_without_a_table_prints_a_line_for_the_video(clip_run, video, capsys):
    assert main(["predict", str(clip_run), str(video)]) == 0
    line, delay = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{video}: 5 frames, the last at 0.32 s; one face, seen in 3 frames; means: AU12")
    assert "expression=sadness" in line and delay.startswith("gru")


def test_model_that_looks_ahead_says_how_far(video, tmp_path, capsys):
    untrained_clips("bigru").save_to_preset(tmp_path / "preset")
    assert main(["predict", str(tmp_path / "preset"), str(video)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "bigru, 12.5 frames a second: an answer needs the next 0.8 s"


def refused(capsys, *arguments):
    """The one line on stderr of a verb that exits with code 2."""
    assert main(list(map(str, arguments))) == 2
    line, = capsys.readouterr().err.splitlines()
    return line


def test_photograph_is_refused_with_a_preset_that_reads_it(clip_run, photo, capsys):
    line = refused(capsys, "predict", clip_run, photo)
    assert f"{photo}: a photograph, but this model of clips reads videos" in line and "'faces_64'" in line


def test_photograph_beside_a_video_is_a_failure_beside_its_rows(clip_run, photo, video, tmp_path, capsys):
    out = tmp_path / "a.json"
    line = refused(capsys, "predict", clip_run, tmp_path, "--json", out)
    result = json.loads(out.read_text())
    assert "photo.png: a photograph" in line and len(result["predictions"]) == 5 and len(result["failures"]) == 1


@pytest.mark.parametrize("content, message", [(b"", "it is empty"), (b"no video" * 50, "is not a video")])
def test_file_that_is_no_video_is_a_failure(clip_run, tmp_path, capsys, content, message):
    (tmp_path / "a.mp4").write_bytes(content)
    assert message in refused(capsys, "predict", clip_run, tmp_path / "a.mp4")


def test_video_without_a_face_writes_its_rows_but_no_plot(clip_run, tmp_path, capsys):
    path = film(tmp_path / "a.mp4", greys(5))
    line = refused(capsys, "predict", clip_run, path, "--out", tmp_path / "a.csv", "--plot", tmp_path / "a.png")
    assert "no face found in any of 3 frames" in line and not (tmp_path / "a.png").exists()
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 4


def test_rate_is_the_models_own(clip_run, video, capsys):
    assert "at its own rate, 12.5 frames a second; leave the rate away. Received: 5" in refused(
        capsys, "predict", clip_run, video, "--rate", "5")


@pytest.mark.parametrize("arguments", [
    ("generate", "RUN", "--out", "a.png"), ("edit", "RUN", "photo.png", "--au", "12=2", "--out", "a.png"),
    ("attribute", "RUN", "photo.png", "--target", "valence", "--out", "a")])
def test_verbs_of_single_faces_say_what_a_clip_model_can_do(clip_run, photo, monkeypatch, capsys, arguments):
    monkeypatch.chdir(photo.parent)
    line = refused(capsys, *(clip_run if word == "RUN" else word for word in arguments))
    assert "holds a model of clips, which reads videos" in line and "catgan predict" in line


@pytest.mark.parametrize("arguments, message", [
    (("RUN", "--oracle", "rendered_64"), "reads clips, which do not take --oracle"),
    (("RUN", "--method", "minimal", "--by", "yaw"), "reads clips, which do not take --method and --by"),
    (("rendered_64", "--clip", "clip0-000012"), "rendered_64 reads single faces, which do not take --clip")])
def test_explain_refuses_options_of_the_other_kind_of_model(clip_run, tmp_path, capsys, arguments, message):
    words = [clip_run if word == "RUN" else word for word in arguments]
    assert message in refused(capsys, "explain", words[0], "a.mp4", "--target", "valence<=0", "--out", tmp_path / "o",
                              *words[1:])


def test_explain_checks_the_target_before_the_video(clip_run, tmp_path, capsys):
    for target, message in (("expression=bored", "Unknown expression 'bored'"),
                            ("expression=contempt", "with one of neutral, happiness, sadness")):
        assert message in refused(capsys, "explain", clip_run, tmp_path / "missing.mp4", "--target", target, "--out",
                                  tmp_path / "o")


def test_info_describes_how_a_clip_model_reads(clip_run, capsys):
    info = run_json(capsys, "info", clip_run)
    assert (info["kind"], info["rate"], info["window"], info["causal"]) == ("gru", 12.5, 0.8, True)
    assert info["labels"] == ["AU12", "valence", "arousal", "expression"] and info["temporal_parameters"] > 1000


def test_models_lists_presets_of_faces_and_of_clips(clip_run, monkeypatch, capsys):
    found = preset_folders.packaged_presets() | {"preset": clip_run}
    monkeypatch.setattr(preset_folders, "packaged_presets", lambda: found)
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "rendered_64: preset of faces of 64 px: 17 Action Units, valence, arousal" in lines
    assert ("preset: preset of clips of 16 px (gru, 12.5 frames a second, windows of 0.8 s, causal): 1 Action Units, "
            "valence, arousal, expression") in lines
    assert {"faces_64", "rendered_64"} <= set(CatGAN.presets) and "preset" not in CatGAN.presets
