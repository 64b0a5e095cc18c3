import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.faces import alignment
from catgan.faces.images import read_image
from catgan.faces.landmarks import DetectedFace
from tests.harness.landmarks import landmarks_with


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-50, 50), st.floats(-50, 50))
def test_similarity_recovers_what_was_applied(scale, angle, dx, dy):
    source = np.array([[0.0, 0], [10, 2], [4, 9]])
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = alignment.similarity(source, source @ linear.T + (dx, dy))
    np.testing.assert_allclose(matrix, np.hstack([linear, [[dx], [dy]]]), atol=1e-8)


def test_points_on_one_spot():
    with pytest.raises(CatganError, match="one point"):
        alignment.similarity(np.zeros((3, 2)), np.eye(3)[:, :2])


def test_landmarks_land_on_the_template():
    face = alignment.align(np.zeros((200, 200, 3), np.uint8), landmarks_with([(60, 70), (96, 70), (78, 102)]), 100)
    np.testing.assert_allclose(alignment.anchors(face.landmarks), alignment.TEMPLATE * 100, atol=1e-4)


def test_no_half_pixel_shift():
    """A ramp in x stays the same ramp where the crop is the photograph itself, at every scale."""
    ramp = np.repeat(np.tile(np.arange(128, dtype=np.uint8), (128, 1))[..., None], 3, -1)
    for size in (128, 64, 32):
        face = alignment.align(ramp, landmarks_with(alignment.TEMPLATE * 128), size)
        expected = (np.arange(size) + 0.5) * 128 / size - 0.5
        np.testing.assert_allclose(face.image[size // 2, 2:-2, 0], expected[2:-2], atol=1.01)
        assert abs((face.image[size // 2, 2:-2, 0] - expected[2:-2]).mean()) < 0.51


def test_shrinking_does_not_alias():
    board = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    face = alignment.align(np.repeat(board[..., None], 3, -1), landmarks_with(alignment.TEMPLATE * 500 + 3), 64)
    assert face.image[4:-4, 4:-4].std() < 12


def test_find_face_says_what_is_wrong(shared, landmarker):
    with pytest.raises(CatganError, match="no face found"):
        alignment.find_face(np.zeros((64, 64, 3), np.uint8), landmarker, 64)
    photo = read_image(shared / "data" / "media" / "single_face.jpg")
    with pytest.raises(CatganError, match="no face 3: 1 found"):
        alignment.find_face(photo, landmarker, 64, 3)


def test_quality(shared, landmarker):
    photo = read_image(shared / "data" / "media" / "single_face.jpg")
    face, detected = alignment.find_face(photo, landmarker, 64)
    blurred = alignment.Face(cv2.GaussianBlur(face.image, (0, 0), 2), face.landmarks, face.matrix)
    sharp, soft = (alignment.quality(item, detected, photo.shape) for item in (face, blurred))
    assert sharp["inside"] == 1.0 and sharp["eye_distance"] > 50
    assert soft["sharpness"] < sharp["sharpness"]


def test_inside_is_the_share_of_the_crop_in_the_photograph():
    """A photograph that ends at a quarter, a half, or beyond the crop."""
    points = landmarks_with(alignment.TEMPLATE * 100)
    for width, height, share in ((100, 100, 1.0), (50, 100, 0.5), (50, 50, 0.25), (300, 300, 1.0)):
        face = alignment.align(np.zeros((height, width, 3), np.uint8), points, 100)
        detected = DetectedFace(points, {}, 0.0, 0.0, 0.0)
        assert alignment.quality(face, detected, (height, width, 3))["inside"] == pytest.approx(share, abs=0.011)
