"""`catgan explain` with a network of several modalities."""

import json
from datetime import datetime, timezone

import cv2
import numpy as np
import pytest

from catgan.cli.main import main
from catgan.modalities.observations import observation
from catgan.modalities.situation_file import Settings, SituationFile, create
from catgan.pipelines import explain_people
from catgan.pipelines.explain_people import read_people_of
from tests.harness.untrained_people import CLASSES, standing, untrained_people

MAY = datetime(2026, 5, 1, 14, 30, tzinfo=timezone.utc)


class Nobody:
    """A reader that finds nobody."""

    def photograph(self, image):
        return []

    def clip(self, frames):
        list(frames)
        return []


@pytest.fixture(scope="module")
def people_run(tmp_path_factory):
    """An untrained network on disk."""
    folder = tmp_path_factory.mktemp("people") / "preset"
    untrained_people().save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def pictures_run(tmp_path_factory):
    """A network that reads pictures alone, for which no gradient is compiled."""
    folder = tmp_path_factory.mktemp("pictures") / "preset"
    untrained_people(("face", "context")).save_to_preset(folder)
    return folder


@pytest.fixture
def photograph(tmp_path, monkeypatch):
    """A photograph in which a standing body is found."""
    from catgan.modalities.views import PersonView

    picture = np.full((96, 128, 3), 200, np.uint8)
    cv2.imwrite(str(tmp_path / "photo.png"), picture)
    mask = np.zeros((96, 128), np.float32)
    mask[20:, 50:80] = 1.0
    view = PersonView(np.zeros(1), standing()[None], np.ones((1, 16), bool), picture, mask=mask)
    monkeypatch.setattr(explain_people, "read_people_of", lambda path: [view])
    return tmp_path / "photo.png"


@pytest.fixture
def store(tmp_path):
    create(tmp_path / "s.db", Settings(CLASSES))
    with SituationFile(tmp_path / "s.db") as file:
        file.add(observation("street", MAY, "sadness", str(one), CLASSES) for one in range(80))
    return tmp_path / "s.db"


def refused(capsys, *arguments):
    assert main([*map(str, arguments)]) == 2
    line, = capsys.readouterr().err.strip().splitlines()
    return line


def test_explain_writes_panel_and_json_and_prints_the_sentence(people_run, photograph, tmp_path, capsys):
    out = tmp_path / "why"
    assert main(["explain", str(people_run), str(photograph), "--out", str(out),
                 "--json", str(tmp_path / "a.json")]) == 0
    content = json.loads((out / "person.json").read_text())
    assert capsys.readouterr().out.splitlines() == [content["sentence"], f"{out}: panel.png and person.json"]
    assert sorted(path.name for path in out.iterdir()) == ["panel.png", "person.json"]
    person, = json.loads((tmp_path / "a.json").read_text())["people"]
    assert person["probabilities"] == content["probabilities"] and person["situation"] is None
    assert person["modalities"]["posture"]["available"] and not person["modalities"]["gait"]["available"]


def test_situation_is_told_and_changes_no_score(pictures_run, photograph, store, tmp_path):
    found = []
    for name, more in (("a", ()), ("b", ("--situation", store, "--place", "street", "--time", "2026-05-01T14:30",
                                         "--prior"))):
        out = tmp_path / name
        assert main(["explain", str(pictures_run), str(photograph), "--out", str(out), *map(str, more)]) == 0
        found.append(json.loads((out / "person.json").read_text()))
    plain, told = found
    assert told["situation"]["place"] == "street" and set(told["situation"]["correction"]["without"]) == set(CLASSES)
    assert "Corrected for the situation, as asked" in told["sentence"]
    assert plain["probabilities"] == told["probabilities"] and plain["modalities"] == told["modalities"]


@pytest.mark.parametrize("arguments, message", [
    (("--target", "AU12=0"), "reads people, which do not take --target"),
    (("--face", "1", "--regions"), "reads people, which do not take --regions and --face"),
    (("--person", "0"), "--person takes a number from 1, the largest person, or 'all'. Received: '0'"),
    (("--place", "street", "--prior"), "--place and --prior need a store"),
    (("--place", "street"), "--place needs a store"),
    (("--person", "9" * 5000), "--person takes a number from 1"),
    (("--person", "2"), "shows 1 person, numbered from 1, the largest first. Received: person 2")])
def test_wrong_options_are_refused(people_run, photograph, tmp_path, capsys, arguments, message):
    assert message in refused(capsys, "explain", people_run, photograph, "--out", tmp_path / "o", *arguments)


def test_unknown_place_is_told_before_a_picture_is_read(people_run, store, tmp_path, capsys):
    assert "Unknown place 'moon'" in refused(capsys, "explain", people_run, tmp_path / "missing.jpg", "--out",
                                             tmp_path / "o", "--situation", store, "--place", "moon")


def test_store_of_other_emotions_is_told_before_a_picture_is_read(people_run, tmp_path, capsys):
    create(tmp_path / "other.db", Settings(("joy", "sadness")))
    line = refused(capsys, "explain", people_run, tmp_path / "missing.jpg", "--out", tmp_path / "o", "--situation",
                   tmp_path / "other.db")
    assert "other.db counts joy, sadness. The network also says neutral, happiness, which" in line
    assert not (tmp_path / "o").exists()


@pytest.fixture
def bad_beside_good(photograph, monkeypatch):
    """A folder whose photograph is good, with files in which nobody can be read."""
    good = explain_people.read_people_of

    def read(path):
        return good(path) if path == photograph else read_people_of(path, Nobody())

    monkeypatch.setattr(explain_people, "read_people_of", read)
    (photograph.parent / "a-text.png").write_text("no picture")
    (photograph.parent / "b-cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(400))
    (photograph.parent / "c-empty.jpg").touch()
    cv2.imwrite(str(photograph.parent / "d-wall.png"), np.full((60, 60, 3), 128, np.uint8))
    return [photograph.parent / name for name in ("a-text.png", "b-cut.mp4", "c-empty.jpg", "d-wall.png")]


@pytest.mark.parametrize("verb", ["explain", "predict"])
def test_good_pictures_are_answered_beside_bad_ones(pictures_run, photograph, bad_beside_good, tmp_path, capsys, verb):
    out, found = tmp_path / "out" / "rows.csv", tmp_path / "a.json"
    where = out.parent if verb == "explain" else out
    line = refused(capsys, verb, pictures_run, *bad_beside_good[:2], photograph, *bad_beside_good[2:], "--out", where,
                   "--json", found)
    content = json.loads(found.read_text())
    assert line.startswith(f"catgan {verb}: 4 inputs failed: {bad_beside_good[0]}: not an image")
    assert [failure["image"] for failure in content["failures"]] == [str(path) for path in bad_beside_good]
    assert content["failures"][3]["reason"].startswith("nobody was found, neither a face nor a body")
    if verb == "explain":
        assert json.loads((where / "person.json").read_text())["picture"] == "photo.png"
    else:
        assert len(where.read_text().splitlines()) == 2


@pytest.mark.parametrize("verb", ["explain", "predict"])
def test_bad_pictures_alone_leave_nothing(pictures_run, bad_beside_good, tmp_path, capsys, verb):
    out = tmp_path / "new" / "rows.csv"
    assert "4 inputs failed" in refused(capsys, verb, pictures_run, *bad_beside_good, "--out", out)
    assert not out.exists()


def test_options_of_people_are_refused_by_other_models(untrained_run, tmp_path, capsys):
    assert "which do not take --person" in refused(capsys, "explain", untrained_run, "a.jpg", "--out", tmp_path / "o",
                                                   "--target", "AU12=0", "--person", "1")


def test_predict_tells_every_person(people_run, photograph, tmp_path, capsys):
    assert main(["predict", str(people_run), str(photograph), "--json", str(tmp_path / "a.json")]) == 0
    line, = capsys.readouterr().out.splitlines()
    row, = json.loads((tmp_path / "a.json").read_text())["predictions"]
    assert line.startswith(f"photo.png, person 1: {row['answer']} (neutral 0.") and "posture" in line
    assert row["posture_read"] and not row["gait_read"] and row["gait_adds"] == 0.0 and row["left"] is None
    assert sum(row[f"probability_{name}"] for name in CLASSES) == pytest.approx(1.0)


def test_predict_writes_a_table(people_run, photograph, tmp_path):
    table = tmp_path / "rows.csv"
    assert main(["predict", str(people_run), str(photograph), "--out", str(table)]) == 0
    head, row = table.read_text().splitlines()
    assert head.startswith('"image","person","left"') and "face_says" in head and row.startswith('"photo.png",1,,')


@pytest.mark.parametrize("arguments, message", [
    (("--face", "1"), "reads every person, which do not take --face"),
    (("--plot", "a.png"), "reads every person, which do not take --plot")])
def test_predict_refuses_options_of_other_models(people_run, photograph, capsys, arguments, message):
    assert message in refused(capsys, "predict", people_run, photograph, *arguments)
