"""Places of bodies that are drawn from their points."""

import numpy as np
import pytest

from catgan.modalities.body_shape import body_mask, is_upright, shoulder_width
from catgan.modalities.person import Person

PLACES = {0: (100, 40), 7: (110, 40), 8: (90, 40), 11: (120, 70), 12: (80, 70), 13: (160, 70), 15: (190, 40),
          23: (115, 130), 24: (85, 130), 25: (115, 180), 26: (85, 180), 27: (115, 230), 28: (85, 230)}
"""A person of 40 px between the shoulders, one arm raised; the other arm is not visible."""


def person(places=None, turned=False):
    places = PLACES if places is None else places
    points, visible = np.zeros((33, 3), np.float32), np.zeros(33, bool)
    for number, (x, y) in places.items():
        points[number, :2] = (y, x) if turned else (x, y)
        visible[number] = True
    return Person(points, points / 100, visible.astype(np.float32), visible)


def test_body_mask_covers_visible_limbs_and_trunk_only():
    mask = body_mask((260, 220, 3), [person()])
    inside = {"arm": (190, 40), "elbow": (150, 72), "trunk": (100, 100), "foot": (85, 230), "head": (100, 35),
              "neck": (100, 55)}
    outside = {"hidden arm": (40, 70), "between the legs": (100, 215), "above the arm": (165, 30), "corner": (5, 250)}
    assert all(mask[y, x] == 1 for x, y in inside.values()) and not any(mask[y, x] for x, y in outside.values())
    assert mask.dtype == np.float32 and set(np.unique(mask)) == {0, 1}


def test_body_mask_of_faces_covers_hair_and_may_leave_the_picture():
    mask = body_mask((100, 100), [], [(40, 40, 20, 24), (-500, -500, 10, 10)])
    assert mask[50, 50] and mask[31, 50] and mask[50, 37] and not mask[20, 50] and not mask[50, 25]
    assert not body_mask((10, 10), []).any()


def test_width_of_shoulders_is_that_of_the_trunk_from_the_side():
    assert shoulder_width(person()) == pytest.approx(44)  # by the head, 2.2 * 20
    sideways = {**{number: (100, y) for number, (_, y) in PLACES.items()}}
    assert shoulder_width(person(sideways)) == pytest.approx(0.65 * 60)
    legs = {number: place for number, place in PLACES.items() if number >= 25}
    assert shoulder_width(person(legs)) == pytest.approx(0.8 * 50)
    assert shoulder_width(person({0: (5, 5)})) == 0


def test_points_far_outside_are_drawn_without_an_error():
    far = {number: (place[0] * 1e7, place[1]) for number, place in PLACES.items()}
    assert body_mask((50, 50), [person(far)]).shape == (50, 50)


def test_upright():
    assert is_upright(person()) and not is_upright(person(turned=True))
    assert is_upright(person({23: (5, 5), 27: (8, 50)})) and not is_upright(person({0: (5, 5), 11: (9, 50)}))
