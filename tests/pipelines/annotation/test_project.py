"""Items of a folder, raters, and what they say."""

import json
import os

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.pipelines.annotation.project import UNITS, Project, rater_name
from tests.harness.annotated import clip, item_of, photographs, say, step, trace


@pytest.fixture
def project(tmp_path):
    photographs(tmp_path / "films" / "b", 2)
    clip(tmp_path / "films" / "a.webm", 5)
    return Project(tmp_path / "films")


def test_items_are_photographs_and_videos_in_order(project):
    assert [(item.key, item.video) for item in project.items.values()] == [
        ("a.webm", True), ("b/p0.png", False), ("b/p1.png", False)]


def test_nothing_outside_of_the_folder_is_an_item(project, tmp_path):
    photographs(tmp_path / "secret", 1)
    os.symlink(tmp_path / "secret" / "p0.png", project.folder / "link.png")
    os.symlink(tmp_path / "secret", project.folder / "linked")
    (project.folder / os.fsdecode(b"\xff.png")).write_bytes(b"")
    (project.folder / "notes.txt").write_text("mine")
    project.look()
    assert [item.key for item in project.items.values()] == ["a.webm", "b/p0.png", "b/p1.png"]
    # Both links lead to one file, which counts once more as seen already.
    assert project.skipped == {"links that lead out of the folder": 1, "already listed": 1,
                               "names that are not UTF-8": 1, ".txt": 1}
    with pytest.raises(CatganError, match="is not in the folder any more"):
        project.item("../../secret/p0.png")


def test_own_files_are_no_items(project):
    photographs(project.kept / "export", 1)
    project.look()
    assert len(project.items) == 3


def test_a_folder_that_is_missing(tmp_path):
    with pytest.raises(CatganError, match="A folder with photographs or videos is needed. Received: .*none"):
        Project(tmp_path / "none")


def test_ratings_are_kept_per_rater(project):
    say(project, "b/p0.png", "Anna", set={"AU12": 3})
    say(project, "b/p0.png", "Björn 2", set={"AU12": None})
    again = Project(project.folder)
    item = item_of(again, "b/p0.png")
    assert again.raters() == ["Anna", "Björn 2"]
    assert again.ratings(item, "Anna").labels == {"AU12": 3} and again.ratings(item, "Björn 2").labels == {"AU12": None}
    assert again.ratings(item_of(again, "b/p1.png"), "Anna").labels == {}
    say(again, "b/p0.png", "Anna", set={"AU12": 5})
    assert again.ratings(item, "Anna").labels == {"AU12": 5}


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", ".hidden", "a\0", "x" * 41, "<b>", "a\\b", "con:", "a."])
def test_names_of_raters_that_are_refused(name):
    with pytest.raises(CatganError, match="A rater's name has 1 to 40 letters"):
        rater_name(name)


def test_names_of_raters_are_normalised():
    assert rater_name("  Anna \t B. C ") == "Anna B. C" and rater_name("u\u0308") == "\u00fc"


def test_a_step_must_suit_its_item(project):
    photograph, video = item_of(project, "b/p0.png"), item_of(project, "a.webm")
    with pytest.raises(CatganError, match="A photograph has neither frames nor ratings over time"):
        project.rate(photograph, "Anna", step(trace=[[0.0, 0, 0]]), 0)
    with pytest.raises(CatganError, match="Labels of a video need a frame"):
        project.rate(video, "Anna", step(set={"AU12": 1}), 0)
    assert project.raters() == []


def test_a_later_pass_replaces_the_seconds_that_it_rates(project):
    times = np.arange(0, 4.01, 0.5)
    say(project, "a.webm", "Anna", trace=trace(times, np.zeros(9), np.zeros(9)))
    say(project, "a.webm", "Anna", trace=trace([1.2, 1.6, 2.0], [0.5, 0.6, 0.7]))
    found = project.ratings(item_of(project, "a.webm"), "Anna")
    assert found.traces["valence"].times.tolist() == [0, 0.5, 1, 1.2, 1.6, 2.0, 2.5, 3, 3.5, 4]
    assert found.traces["valence"].values.tolist() == [0, 0, 0, 0.5, 0.6, 0.7, 0, 0, 0, 0]
    assert found.traces["arousal"].times.tolist() == times.tolist()  # that pass did not rate arousal
    assert found.traced == 4.0


def test_pauses_are_gaps(project):
    say(project, "a.webm", "Anna", trace=trace([0.0, 0.5, 3.0, 3.5], [0, 0, 1, 1]))
    assert project.ratings(item_of(project, "a.webm"), "Anna").traced == 1.0


def test_labels_of_frames(project):
    say(project, "a.webm", "Anna", set={"AU12": 3, "expression": "fear"}, frame=2, time=0.2)
    say(project, "a.webm", "Anna", set={"AU04": 1}, frame=1, time=0.1)
    say(project, "a.webm", "Anna", clear=["AU04"], frame=1, time=0.1)
    found = project.ratings(item_of(project, "a.webm"), "Anna")
    assert found.to_dict()["frames"] == [{"frame": 2, "time": 0.2, "labels": {"AU12": 3, "expression": "fear"}}]


def test_action_units_are_chosen(project):
    assert project.units == UNITS
    project.choose_units([12, 4, 12])
    assert project.units == Project(project.folder).units == (4, 12)
    for bad, message in (([], "At least one Action Unit"), ([3], "FACS has no Action Unit 3")):
        with pytest.raises(CatganError, match=message):
            project.choose_units(bad)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"action_units": 3}', '{"action_units": [3]}'])
def test_settings_that_cannot_be_read_are_said(project, text):
    project.kept.mkdir()
    (project.kept / "project.json").write_text(text)
    with pytest.raises(CatganError, match="project.json must be"):
        Project(project.folder)


def test_journals_have_readable_names(project):
    say(project, "b/p0.png", "Anna", set={"AU12": 3})
    path, = (project.kept / "ratings" / "Anna").iterdir()
    assert path.name == f"p0.png-{item_of(project, 'b/p0.png').identity}.jsonl"
    assert json.loads(path.read_text())["item"] == "b/p0.png"
