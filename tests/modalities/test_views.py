"""What is seen of one person."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.modalities.views import PersonView
from tests.harness.people import standing
from tests.harness.views import detected_face, walking


def test_box_holds_body_and_face():
    body, face = standing(100, 50, 100), detected_face(90, 20, 40)
    view = replace(walking(1), body=body, face=face)
    assert view.box == pytest.approx((90, 20, 110, 130)) and view.face_box == pytest.approx((90, 20, 40, 40))
    assert replace(view, face=None).box == view.body_box and replace(view, body=None, face=None).box is None


def test_face_crop_is_aligned():
    picture = np.linspace(0, 200, 96 * 96 * 3).reshape(96, 96, 3).astype(np.uint8)
    view = replace(walking(1), picture=picture, face=detected_face(16, 16, 64))
    np.testing.assert_allclose(view.face_crop(64).astype(int), picture[16:80, 16:80], atol=2)
    assert walking(1).face_crop(64) is None


@pytest.mark.parametrize("change, message", [
    ({"joints": np.zeros((2, 16, 3))}, "in 3 frames must have joints .3, 16, 3."),
    ({"known": np.zeros((3, 15), bool)}, "a mask .3, 16.. Received: .*.3, 15."),
    ({"joints": np.full((3, 16, 3), np.nan)}, "Joints must be finite"),
    ({"posture_frame": 3}, "There is no frame 3 among 3"),
    ({"mask": np.zeros((4, 4))}, "the picture has none"),
    ({"mask": np.zeros((4, 4)), "picture": np.zeros((4, 5, 3), np.uint8)}, "the picture has .4, 5.")])
def test_shapes_that_do_not_fit_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        replace(walking(3), **change)


def test_a_view_of_nothing_is_allowed():
    empty = PersonView(np.zeros(0), np.zeros((0, 16, 3), np.float32), np.zeros((0, 16), bool))
    assert empty.box is None
