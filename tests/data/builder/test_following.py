"""Which face of a video a build takes, and that an interrupted build takes the same."""

import itertools
import math

import cv2
import numpy as np
import pytest

from catgan.data.builder import align, scan
from catgan.data.builder.following import Follower
from catgan.data.builder.recipe import Recipe, SourceConfig
from catgan.faces.detected import DetectedFace
from catgan.faces.landmarks import overlap
from catgan.faces.videos import Video
from tests.harness.faces import TrueLandmarker, render_face, wall_with
from tests.harness.filming import film


def face(left, side=100.0):
    corners = np.zeros((478, 3), np.float32)
    corners[1::2, :2] = side
    return DetectedFace(corners + np.array([left, 0, 0], np.float32), {}, 0.0, 0.0, 0.0)


class Scene:
    """A landmarker of frames that are lists of faces, the largest first; it notes how it searched."""

    def __init__(self):
        self.searches = []

    def detect(self, faces):
        self.searches.append("whole")
        return faces

    def detect_large(self, faces):
        self.searches.append("large")
        return []

    def detect_near(self, faces, box):
        self.searches.append("near")
        return [one for one in faces if overlap(one.box, box) > 0]


def follow(frames, step=0.1, scene=None):
    """Returns the left edge of the face in every frame, None where there is none."""
    follower = Follower(scene or Scene())
    found = [follower.find(faces, index * step)[0] for index, faces in enumerate(frames)]
    return [None if one is None else one.box[0] for one in found]


def test_the_largest_face_is_followed_after_another_becomes_larger():
    scene = Scene()
    frames = [[face(0, 120.0), face(400)], [face(390, 150.0), face(10)], [face(380, 200.0), face(20)]]
    assert follow(frames, scene=scene) == [0.0, 10.0, 20.0]
    assert scene.searches == ["whole", "near", "near"]  # the whole frame is searched once


def test_a_face_is_followed_over_a_gap():
    assert follow([[face(0)], [], [], [face(400, 200.0), face(30)]]) == [0.0, None, None, 30.0]


def test_one_other_face_alone_is_taken_and_several_are_not():
    """The only face of a new shot is meant; of two, it is unknown which."""
    assert follow([[face(0)], [face(400)], [face(410)]]) == [0.0, 400.0, 410.0]
    assert follow([[face(0)], [face(400), face(600)]]) == [0.0, None]


def test_the_largest_is_followed_anew_when_the_face_is_gone_for_more_than_a_second():
    frames = [[face(0)], *[[face(400), face(600)]] * 5]
    assert follow(frames, 0.3) == [0.0, None, None, None, 400.0, 400.0]  # 1.2 s after the first
    assert follow(frames, 1.5) == [0.0, None, None, None, 400.0, 400.0]  # after more than two frames


def test_of_two_people_who_cross_the_first_one_is_followed():
    """They move by 30 pixels a frame in opposite directions, and cover each other in the middle."""
    frames = [[face(600 - 30 * step, 140.0), face(30 * step)] for step in range(21)]
    assert follow(frames) == [600.0 - 30 * step for step in range(21)]


def test_without_a_face_the_whole_frame_is_searched_once_a_second():
    scene = Scene()
    assert follow([[]] * 7, 0.4, scene) == [None] * 7
    assert scene.searches == ["whole", "large", "large", "whole", "large", "large", "whole"]


@pytest.mark.parametrize("at", range(1, 6))
def test_a_follower_goes_on_from_its_state(at):
    frames = [[face(0)], [face(400), face(600)], [], [face(420), face(610)], [face(430), face(5)], [face(440)]]
    follower = Follower(Scene())
    for index in range(at):
        follower.find(frames[index], 0.6 * index)
    again = Follower(Scene(), follower.state)
    for index in range(at, 6):
        one, other = (each.find(frames[index], 0.6 * index) for each in (follower, again))
        assert (one[0] and one[0].box, one[1]) == (other[0] and other[0].box, other[1])
    assert again.state == follower.state
    assert math.isnan(Follower(Scene()).state[0]) and Follower(Scene()).state[5] == 0.0


def test_detect_near_finds_the_face_in_a_square_around_its_last_place():
    """With landmarks in pixels of the frame; a face outside the square is not found."""
    left, right = render_face(5), render_face(6)
    wall = wall_with({(40, 60): left, (700, 60): right}, (400, 1000))
    landmarker = TrueLandmarker([left, right])
    everyone = {round(one.box[0]): one for one in landmarker.detect(wall)}
    assert len(everyone) == 2
    for one in everyone.values():
        near, = landmarker.detect_near(wall, one.box)
        np.testing.assert_allclose(near.landmarks, one.landmarks, atol=0.01)
        moved = (one.box[0] + 20, one.box[1] - 15, *one.box[2:])
        assert len(landmarker.detect_near(wall, moved)) == 1
    assert landmarker.detect_near(wall, (2000.0, 0.0, 50.0, 50.0)) == []
    assert landmarker.detect_near(wall, (-500.0, -500.0, 50.0, 50.0)) == []


# === Chunks of a video ===


@pytest.fixture(scope="module")
def scanned(shared, tmp_path_factory):
    """The scan of a clip of nine frames of a real face."""
    root = tmp_path_factory.mktemp("films")
    frames = [cv2.resize(frame.picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
              for frame in itertools.islice(Video(shared / "data" / "media" / "single_face.mp4").frames(), 9)]
    (root / "train" / "Happy").mkdir(parents=True)
    film(root / "train" / "Happy" / "0001.mp4", frames)
    recipe = Recipe("clips", (SourceConfig("clips", "caer", str(root), "human"),), image_size=32)
    return scan.scan(recipe, tmp_path_factory.mktemp("scan"))


def aligned(scanned, folder, gone=()):
    task, = align.tasks(scanned.rows, 2)
    for start in gone:
        folder.chunk(start).unlink()
    assert align.align_task(task, scanned.rows.path, folder) == 9
    return [folder.chunk(start).read_bytes() for start, _ in task.chunks]


def test_an_interrupted_video_gives_the_same_chunks(scanned, landmarker, tmp_path, monkeypatch):
    monkeypatch.setattr(align, "_landmarker", landmarker)
    whole = aligned(scanned, align.Folder(tmp_path, 32))
    assert len(whole) == 5
    for gone in ((4, 6, 8), (2,), (8,), (0, 2, 4, 6, 8)):
        assert aligned(scanned, align.Folder(tmp_path, 32), gone) == whole
