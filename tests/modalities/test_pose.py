"""Persons in photographs and videos by MediaPipe, and what is drawn of them."""

import numpy as np
import pytest

from catgan.errors import CatganError, DataError
from catgan.faces.images import read_image
from catgan.modalities import graphs, pose
from catgan.modalities.drawing import draw_people
from catgan.modalities.joints import person_joints
from catgan.modalities.person import faces_of
from catgan.modalities.pose import PoseReader
from tests.harness.people import standing

FACES = [(682, 305, 110, 117), (532, 322, 100, 112), (313, 246, 97, 113), (214, 74, 93, 101), (436, 221, 81, 89)]
"""Of multi_face.jpg."""


@pytest.fixture(scope="module")
def reader(pose_bundle):
    with PoseReader(pose_bundle) as opened:
        yield opened


def test_detect_puts_eyes_nose_and_mouth_where_they_are(reader, media):
    """The photograph's own places, read off by eye to about 10 pixels."""
    person, = reader.detect(read_image(media / "single_face.jpg"))
    wanted = {0: (270, 295), 2: (302, 268), 5: (235, 268), 9: (290, 330), 10: (243, 330)}
    for point, place in wanted.items():
        assert np.hypot(*(person.points[point, :2] - place)) < 25, point
    _, known = person_joints(person)
    assert known[[2, 3, 4, 7]].all() and not known[[0, 10, 11, 12, 13, 14, 15]].any()  # no legs in the picture


def test_detect_with_faces_finds_five_people_and_their_faces(reader, media):
    people = reader.detect(read_image(media / "multi_face.jpg"), FACES)
    assert sorted(which for which in faces_of(people, FACES) if which is not None) == [0, 1, 2, 3, 4]
    areas = [person.box[2] * person.box[3] for person in people]
    assert areas == sorted(areas, reverse=True)


def test_points_do_not_depend_on_black_that_is_added_below(reader, media):
    image = read_image(media / "BWPictureHuman.jpg")[::4, ::4]
    person, = reader.detect(image)
    taller, = reader.detect(np.pad(image, ((0, 160), (0, 0), (0, 0))))
    np.testing.assert_allclose(taller.points[:, :2], person.points[:, :2], atol=1.0)


def test_detect_of_nobody_and_of_tiny_pictures_is_empty(reader, media):
    assert reader.detect(read_image(media / "free-mountain-vector-01.jpg")) == []
    for shape in ((1, 1, 3), (2, 300, 3), (40, 30, 3)):
        assert reader.detect(np.zeros(shape, np.uint8)) == []


def test_face_box_outside_the_image_is_refused(reader):
    with pytest.raises(DataError, match="outside the image of 60 x 50"):
        reader.detect(np.zeros((50, 60, 3), np.uint8), [(70, 0, 10, 10)])


def test_failure_inside_mediapipe_is_an_error_and_the_graph_is_opened_again(reader):
    def fail(task):
        raise RuntimeError("graph has errors")

    with pytest.raises(CatganError, match="MediaPipe failed on an image of shape .5, 5, 3.: graph has errors"):
        reader._graph.run(fail, (5, 5, 3))
    assert reader.detect(np.zeros((50, 50, 3), np.uint8)) == []


def test_follow_finds_the_person_of_every_frame_and_remembers_no_other_video(reader, media):
    image = read_image(media / "single_face.jpg")
    frames = [(0.04 * number, np.roll(image, number, 1)) for number in range(3)]
    first, second = ([people[0].points for people in reader.follow(frames)] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(first) == 3


@pytest.mark.parametrize("times", [(0.0, 0.0), (0.1, 0.0), (-1.0,), (float("nan"),), (0.5, 0.5001)])
def test_times_of_frames_that_do_not_increase_are_refused(times):
    with pytest.raises(DataError, match="increase by at least .001"):
        before = -1
        for seconds in times:
            before = pose._milliseconds(seconds, before)


def test_graph_closes_its_task_and_says_that_it_is_closed():
    class Task:
        closed = 0

        def close(self):
            self.closed += 1

    task = Task()
    graph = graphs.Graph("PoseReader", lambda: task)
    assert graph.run(lambda opened: opened is task, (1, 1, 3))
    graph.close()
    graph.close()
    assert task.closed == 1
    with pytest.raises(CatganError, match="This PoseReader is closed"):
        graph.run(lambda opened: None, (1, 1, 3))


def test_draw_people_changes_pixels_at_points_boxes_and_mask_only():
    picture, mask = np.full((200, 400, 3), 90, np.uint8), np.zeros((200, 400), np.float32)
    mask[:20, 300:] = 1
    drawn = draw_people(picture, [standing()], [(300, 100, 40, 40)], mask)
    assert (drawn[50, 100] != 90).any() and (drawn[100, 320] > 200).all() and (drawn[10, 350] != 90).any()
    assert (drawn[180:, :90] == 90).all() and (picture == 90).all()
    with pytest.raises(DataError, match="mask of persons"):
        draw_people(picture, [], mask=mask[1:])
