"""The clearest picture of a face and of a body."""

import cv2
import numpy as np

from catgan.modalities.clearest import Clearest, Moment, body_clarity, face_clarity
from tests.harness.people import standing
from tests.harness.views import detected_face

PICTURE = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)


def test_clarity_of_a_face_falls_with_turn_blur_and_size():
    clear = face_clarity(PICTURE, detected_face(8, 8, 80))
    assert 0.2 < face_clarity(PICTURE, detected_face(8, 8, 80, yaw=60)) / clear < 0.3  # a quarter
    assert face_clarity(cv2.GaussianBlur(PICTURE, (0, 0), 3), detected_face(8, 8, 80)) < 0.5 * clear
    assert face_clarity(PICTURE, detected_face(8, 8, 20)) < 0.5 * clear
    assert face_clarity(PICTURE, detected_face(8, 8, 80, yaw=120)) == 0
    assert face_clarity(np.zeros((96, 96, 3), np.uint8), detected_face(8, 8, 80)) == 0


def test_clarity_of_a_body_is_what_is_seen_of_it():
    assert body_clarity(standing()) > body_clarity(standing(hidden=[3])) > body_clarity(standing(hidden=[3, 4]))
    assert body_clarity(standing(size=110)) > body_clarity(standing(size=100))


def test_clearest_keeps_the_first_of_equal_pictures():
    kept = Clearest()
    for frame, clarity in enumerate([0.2, 0.5, 0.5, 0.1]):
        kept.offer("a", Moment(frame, PICTURE, clarity))
    kept.offer("b", Moment(0, PICTURE, 0.5))
    assert kept.best(["a"]).frame == 1 and kept.best(["a", "b"]).frame == 0 and kept.best(["c"]) is None
