"""`catgan predict` from end to end: photographs and folders, good and bad ones together, tables."""

import csv
import json
import os
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from catgan.cli.main import main
from catgan.cli.predict import choice
from catgan.errors import CatganError
from catgan.faces.images import read_image
from tests.harness.filming import film, greys

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture
def photos(two_people, tmp_path):
    """A folder with a photograph of two people, one of one, files that are no photographs, and two bad ones."""
    folder = tmp_path / "photos"
    (folder / "deeper").mkdir(parents=True)
    Image.fromarray(two_people).save(folder / "two.png")
    Image.fromarray(two_people[:, :240]).save(folder / "deeper" / "größe 顔.png")
    (folder / "zero.jpg").touch()
    Image.new("RGB", (90, 90)).save(folder / "nobody.png")
    for name in ("labels.txt", "labels.xml", ".hidden.png"):
        (folder / name).write_text("x")
    return folder


def run(capsys, *arguments):
    """The exit code of predict, its result, and what it says on stderr after the lines for people."""
    code = main(["predict", *map(str, arguments), "--json", "-"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


def test_good_results_stay_beside_bad_photographs(untrained_run, photos, capsys):
    code, result, err = run(capsys, untrained_run, photos)
    assert code == 2
    assert [os.path.relpath(row["image"], photos) for row in result["predictions"]] == ["deeper/größe 顔.png", "two.png"]
    assert result["failures"][1]["image"] == str(photos / "zero.jpg")
    assert result["failures"][1]["reason"].startswith("empty file")
    assert "no face found" in result["failures"][0]["reason"] and len(result["failures"]) == 2
    assert result["skipped"] == {"hidden": 1, ".txt": 1, ".xml": 1}
    assert "skipped 3 files" in err and "zero.jpg: empty file" in err.splitlines()[-1]
    row = result["predictions"][1]
    assert row["face"] == 0 and row["left"] < 100 < row["width"] < 192 and row["frame"] is row["time"] is None
    assert 0 <= row["AU12_present"] <= 1 and {"valence_std", "realness", "yaw", "pitch", "roll"} <= set(row)


def test_json_holds_the_failures_where_nothing_was_read(untrained_run, photos, tmp_path, capsys):
    out = tmp_path / "o.json"
    assert main(["predict", str(untrained_run), str(photos / "zero.jpg"), "none.jpg", "--json", str(out)]) == 2
    content = json.loads(out.read_text())
    assert content["predictions"] == []
    assert [item["image"][-8:] for item in content["failures"]] == ["zero.jpg", "none.jpg"]
    line, = capsys.readouterr().err.splitlines()
    assert line.startswith(f"catgan predict: {photos / 'zero.jpg'}: empty file")
    assert line.endswith("; none.jpg: missing file.")


@pytest.mark.parametrize("face, faces", [("all", [0, 0, 1]), ("1", [1]), ("0", [0, 0])])
def test_face_option_selects_rows(untrained_run, photos, capsys, face, faces):
    code, result, _ = run(capsys, untrained_run, photos, "--face", face)
    assert code == 2 and [row["face"] for row in result["predictions"]] == faces
    left = [row["left"] for row in result["predictions"]]
    assert (left[-1] > 300) == (faces[-1] == 1)
    if face == "1":
        assert "there is no face 1: 1 found" in result["failures"][0]["reason"]


def test_tables_hold_what_json_holds(untrained_run, photos, tmp_path, capsys):
    _, result, _ = run(capsys, untrained_run, photos, "--face", "all", "--out", tmp_path / "new" / "a.PARQUET")
    table = pq.read_table(tmp_path / "new" / "a.PARQUET")
    rows = [{name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
            for row in table.to_pylist()]
    assert rows == result["predictions"] and len(rows) == 3 and table["time"].null_count == 3
    run(capsys, untrained_run, photos, "--face", "all", "--out", tmp_path / "a.CSV")
    with open(tmp_path / "a.CSV", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["image"] for line in lines] == [row["image"] for row in rows] and lines[0]["time"] == ""
    np.testing.assert_allclose([float(line["valence"]) for line in lines], table["valence"].to_numpy(), rtol=1e-5)


@pytest.mark.parametrize("out, message", [("a.xlsx", "Tables are written as .csv or .parquet"), ("a", "Received: a"),
                                          ("photos.csv", "Received the folder photos.csv")])
def test_table_with_an_unusable_name_is_refused(untrained_run, photos, tmp_path, monkeypatch, capsys, out, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos.csv").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert main(["predict", str(untrained_run), str(photos), "--out", out]) == 2
    assert message in capsys.readouterr().err and sorted(tmp_path.rglob("*")) == before


def test_no_table_is_written_where_nothing_was_read(untrained_run, photos, tmp_path, capsys):
    (tmp_path / "old.csv").write_text("old")
    assert main(["predict", str(untrained_run), str(photos / "zero.jpg"), "--out", str(tmp_path / "old.csv")]) == 2
    assert (tmp_path / "old.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.csv", "photos"]


def test_photograph_whose_name_is_not_utf8_is_predicted(untrained_run, two_people, tmp_path, capsys):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    Image.fromarray(two_people).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(path)
    assert main(["predict", str(untrained_run), str(tmp_path), "--out", str(tmp_path / "o.csv"), "--json",
                 str(tmp_path / "o.json")]) == 0
    assert json.loads((tmp_path / "o.json").read_text())["predictions"][0]["image"].endswith("caf\ufffd.png")
    assert main(["predict", str(untrained_run), str(path)]) == 0 and "AU12_present" in capsys.readouterr().out


@pytest.fixture
def clip(two_people, tmp_path):
    """Six frames; the last two show nobody."""
    return film(tmp_path / "clip.of.mine", [two_people] * 4 + [np.full_like(two_people, 90)] * 2, container="mp4")


def test_a_video_gives_rows_a_table_and_a_plot(untrained_run, clip, tmp_path, capsys):
    code, result, _ = run(capsys, untrained_run, clip, "--face", "all", "--out", tmp_path / "a.parquet", "--plot",
                          tmp_path / "a.png")
    assert code == 0 and [row["frame"] for row in result["predictions"]] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 5]
    assert [row["face"] for row in result["predictions"]] == [0, 1] * 4 + [None] * 2
    assert result["predictions"][2]["time"] == 0.04 and result["predictions"][-1]["valence"] is None
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 10
    assert read_image(tmp_path / "a.png").shape[1] > 1000


def test_videos_and_photographs_together(untrained_run, clip, photos, capsys):
    shutil.move(clip, photos / "a.mp4")
    (photos / "cut.mp4").write_bytes((photos / "a.mp4").read_bytes()[:300])
    assert main(["predict", str(untrained_run), str(photos), "--rate", "10"]) == 2
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].startswith(f"{photos / 'a.mp4'}: 3 frames, the last at 0.20 s; one face, seen in 2 frames; means: ")
    assert "größe" in lines[1] and lines[2].startswith(f"{photos / 'two.png'}: AU04_present")
    assert "3 inputs failed" not in printed.err and "cut.mp4: " in printed.err and "zero.jpg: empty" in printed.err


@pytest.mark.parametrize("arguments, message", [
    (("photos", "--plot", "a.png"), "A plot shows the readings of one video over time. Received: 4 files"),
    (("photos/two.png", "--plot", "a.png"), "two.png is no video"),
    (("clip.of.mine", "--plot", "a.jpg"), "Plots are written as .png. Received: a.jpg"),
    (("clip.of.mine", "--rate", "0"), "The rate must be a positive number"),
    (("data",), "data is a data set of aligned faces, not a folder"),
    (("photos", "--out", "photos/two.png"), "must not overwrite"),
    (("clip.of.mine", "--plot", "clip.of.mine"), "must not overwrite"),
    (("clip.of.mine", "--plot", "a.png", "--out", "a.png"), "Two results cannot be written to one file"),
    (("clip.of.mine", "--rate", "nan"), "Received: nan"), (("photos", "--face", "-1"), "Received: '-1'")])
def test_predict_with_unusable_arguments_is_refused(untrained_run, clip, photos, tmp_path, monkeypatch, capsys,
                                                    arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dataset.json").write_text("{}")
    before = sorted(tmp_path.rglob("*"))
    assert main(["predict", str(untrained_run), *arguments]) == 2
    line, = capsys.readouterr().err.splitlines()
    assert message in line and sorted(tmp_path.rglob("*")) == before


def test_a_video_without_a_face_is_a_failure(untrained_run, tmp_path, capsys):
    video = film(tmp_path / "nobody.mkv", greys(3))
    code, result, err = run(capsys, untrained_run, video, "--plot", tmp_path / "a.png")
    assert code == 2 and [row["face"] for row in result["predictions"]] == [None] * 3
    assert result["failures"] == [{"image": str(video), "reason": "no face found in any of 3 frames"}]
    assert not (tmp_path / "a.png").exists() and "; no face" in err


def test_choice_parses_all_or_a_number():
    assert choice("all") == "all" and choice("12") == 12
    for text in ("-1", "abc", "", "1.5", "²", "ALL"):
        with pytest.raises(CatganError, match="--face takes a number from 0"):
            choice(text)
