"""Boxes of persons, and whose face is whose."""

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.modalities.person import clipped, distinct, faces_of, same_person
from tests.harness.people import standing


def test_box_holds_the_visible_points_only():
    assert standing().box == (100.0, 50.0, 100.0, 100.0)
    assert standing(hidden=range(16)).box == (100.0, 100.0, 100.0, 50.0)
    with pytest.raises(DataError, match="no box"):
        standing(hidden=range(33)).box


def test_distinct_drops_a_second_pose_of_one_person_and_puts_the_largest_first():
    small, large, again = standing(size=80), standing(400, size=120), standing(402, size=118)
    assert same_person(large, again) and not same_person(small, large)
    assert distinct([small, again, large], 5) == [large, small] and distinct([small, large], 1) == [large]


def test_same_person_without_common_points_is_false():
    assert not same_person(standing(hidden=range(16)), standing(hidden=range(16, 33)))


def test_faces_of_gives_each_person_the_face_around_the_head():
    people = [standing(100), standing(400)]
    faces = [(390, 40, 120, 60), (700, 40, 120, 60), (90, 40, 120, 60)]
    assert faces_of(people, faces) == [2, 0]


def test_faces_of_persons_without_a_visible_head_or_without_a_face_is_none():
    assert faces_of([standing(hidden=range(11))], [(90, 40, 120, 60)]) == [None]
    assert faces_of([standing()], [(300, 40, 120, 60)]) == [None] and faces_of([standing()], []) == [None]


def test_faces_of_gives_one_face_to_the_nearer_of_two_persons():
    assert faces_of([standing(115), standing(100)], [(90, 40, 120, 60)]) == [None, 0]


def test_clipped_box_is_the_part_in_the_image():
    assert clipped((-10, 20, 30, 100), (80, 200, 3)) == (0.0, 20.0, 20.0, 60.0)


@pytest.mark.parametrize("box, problem", [((200, 0, 10, 10), "outside"), ((-10, 0, 10, 10), "outside"),
                                          ((0, 0, 0, 5), "above 0"), ((0, 0, np.nan, 5), "Received: .0, 0, nan"),
                                          ((1, 2, 3), "left, top, width and height")])
def test_clipped_of_a_box_without_pixels_is_refused(box, problem):
    with pytest.raises(DataError, match=problem):
        clipped(box, (80, 200))
