"""Explanations of the persons of real photographs, by a network that has learned nothing."""

import json

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError, DataError
from catgan.explain.people.evidence import FoundEvidence
from catgan.explain.people.result import INSUFFICIENT
from catgan.modalities.views import PersonView
from catgan.pipelines import explain_people as pipeline
from tests.harness.untrained_people import standing, untrained_people


@pytest.fixture
def people_models(models, pose_bundle, segmenter_file):
    """All of MediaPipe's files, in one folder."""
    if not pose_bundle.parent == segmenter_file.parent == models:
        pytest.skip("MediaPipe's files lie in several folders")


@pytest.fixture(scope="module")
def finder():
    """Compiled once."""
    return FoundEvidence(untrained_people())


def walking(frames=30):
    """A person of whom joints alone are known."""
    seconds = np.arange(frames) / 15
    joints = np.repeat(standing()[None], frames, 0)
    joints[:, 6, 1] += np.sin(seconds * 6).astype(np.float32) / 5
    return PersonView(seconds, joints, np.ones((frames, 16), bool), rate=15.0)


def test_joints_alone_are_explained(finder):
    one, = pipeline.explain_people(untrained_people(), "walk.mp4", finder=finder, views=[walking()])
    assert one.answer.modalities[2].evidence.relevance.shape == (40, 16)
    read = [part.name for part in one.answer.modalities if part.available]
    assert read == ["posture", "gait"] and one.box is None and one.pictures.photograph is None
    assert "Not read: the face and the surroundings." in one.answer.sentence()


def test_only_legs_are_insufficient_evidence(tmp_path):
    view = walking()
    known = np.zeros_like(view.known)
    known[:, 10:] = True  # hips, knees and feet: too few for a posture
    one, = pipeline.explain_people(untrained_people(), "legs.jpg", views=[
        PersonView(view.seconds, view.joints * known[..., None], known, rate=15.0)])
    assert one.answer.answer == INSUFFICIENT
    pipeline.save([one], tmp_path)
    assert json.loads((tmp_path / "person.json").read_text())["answer"] == "insufficient evidence"


def test_several_people_get_folders_and_a_page(finder, tmp_path):
    found = pipeline.explain_people(untrained_people(), "two <b>.mp4", finder=finder, views=[walking(), walking(20)])
    pipeline.save(found, tmp_path, "a model")
    page = (tmp_path / "index.html").read_text()
    assert [one.answer.number for one in found] == [1, 2]
    for name in ("two <b>-person1", "two <b>-person2"):
        assert cv2.imread(str(tmp_path / name / "panel.png")) is not None
    assert "two &lt;b&gt;.mp4" in page and "<b>" not in page


@pytest.mark.parametrize("person", [0, 3, "two"])
def test_another_person_is_refused(person):
    with pytest.raises(CatganError, match="shows 2 persons, numbered from 1, the largest first. Received: person"):
        pipeline.explain_people(untrained_people(), "a.jpg", person, views=[walking(), walking()])


def test_folders_of_pictures_of_one_name_differ():
    one, = pipeline.explain_people(untrained_people(), "a.mp4", views=[walking()])
    assert pipeline.folder_names([one, one]) == ["a-person1", "a-person1-again2"]


@pytest.mark.usefixtures("people_models")
def test_nobody_in_the_picture_is_an_error(tmp_path):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((240, 320, 3), 128, np.uint8))
    with pytest.raises(DataError, match="wall.png: nobody was found, neither a face nor a body"):
        pipeline.explain_people(untrained_people(), tmp_path / "wall.png")


@pytest.mark.slow
@pytest.mark.usefixtures("people_models")
def test_five_people_give_five_answers(finder, media, tmp_path):
    found = pipeline.explain_people(untrained_people(), media / "multi_face.jpg", finder=finder)
    pipeline.save(found, tmp_path)
    assert [one.answer.number for one in found] == [1, 2, 3, 4, 5]
    assert all(one.box is not None and one.answer.modalities[0].available for one in found)
    assert len(list(tmp_path.glob("*/panel.png"))) == 5 and (tmp_path / "index.html").is_file()
