import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan.errors import CatganError
from catgan.faces import alignment
from catgan.faces.images import read_image
from catgan.faces.landmarks import DetectedFace
from tests.harness.faces import TrueLandmarker, render_face, wall_with
from tests.harness.landmarks import landmarks_with


@given(st.floats(0.2, 5), st.floats(-3, 3), st.floats(-50, 50), st.floats(-50, 50))
def test_similarity_recovers_what_was_applied(scale, angle, dx, dy):
    source = np.array([[0.0, 0], [10, 2], [4, 9]])
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = alignment.similarity(source, source @ linear.T + (dx, dy))
    np.testing.assert_allclose(matrix, np.hstack([linear, [[dx], [dy]]]), atol=1e-8)


def test_similarity_of_equal_points_is_refused():
    with pytest.raises(CatganError, match="one point"):
        alignment.similarity(np.zeros((3, 2)), np.eye(3)[:, :2])


def test_align_puts_given_landmarks_on_the_template():
    face = alignment.align(np.zeros((200, 200, 3), np.uint8), landmarks_with([(60, 70), (96, 70), (78, 102)]), 100)
    np.testing.assert_allclose(alignment.anchors(face.landmarks), alignment.TEMPLATE * 100, atol=1e-4)


def test_align_has_no_half_pixel_shift():
    """A ramp in x stays the same ramp where the crop is the photograph itself, at every scale."""
    ramp = np.repeat(np.tile(np.arange(128, dtype=np.uint8), (128, 1))[..., None], 3, -1)
    for size in (128, 64, 32):
        face = alignment.align(ramp, landmarks_with(alignment.TEMPLATE * 128), size)
        expected = (np.arange(size) + 0.5) * 128 / size - 0.5
        np.testing.assert_allclose(face.image[size // 2, 2:-2, 0], expected[2:-2], atol=1.01)
        assert abs((face.image[size // 2, 2:-2, 0] - expected[2:-2]).mean()) < 0.51


def test_align_of_a_large_picture_does_not_alias():
    board = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    face = alignment.align(np.repeat(board[..., None], 3, -1), landmarks_with(alignment.TEMPLATE * 500 + 3), 64)
    assert face.image[4:-4, 4:-4].std() < 12


@pytest.mark.parametrize("degrees, scale", [(0, 1.0), (25, 1.5), (-40, 0.8), (180, 1.2)])
def test_align_of_a_turned_and_scaled_picture_gives_the_crop_of_the_upright_one(degrees, scale):
    """By the true landmarks of a rendered face."""
    face = render_face()
    matrix = cv2.getRotationMatrix2D((96, 96), degrees, scale) + np.array([[0, 0, 154], [0, 0, 104]])
    photo = cv2.warpAffine(face.image, matrix, (500, 400), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    # OpenCV counts from the centre of the first pixel, landmarks from its corner.
    points = (face.landmarks - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    found, expected = alignment.align(photo, points, 64), alignment.align(face.image, face.landmarks, 64)
    np.testing.assert_allclose(found.landmarks, expected.landmarks, atol=1e-2)
    assert np.abs(cv2.blur(found.image, (3, 3)).astype(int) - cv2.blur(expected.image, (3, 3))).mean() < 3
    assert found.turned == (180 if degrees == 180 else 0)


@pytest.mark.parametrize("person", range(4))
def test_align_puts_rendered_eyes_and_mouth_on_the_template(person):
    face = render_face(person, action_units={12: 3.0})
    found = alignment.align(face.image, face.landmarks, 64)
    assert np.abs(alignment.anchors(found.landmarks) - alignment.TEMPLATE * 64).max() < 0.05 * 64
    np.testing.assert_allclose(alignment.aligned_by(face.image, alignment.anchors(face.landmarks), 64).image,
                               found.image)


def test_find_face_aligns_the_largest_face_by_default_and_others_by_index():
    large, small = render_face(5, 192), render_face(1, 128)
    wall = wall_with({(0, 0): small, (140, 0): large}, (192, 332))
    for index, (face, left) in enumerate(((large, 140), (small, 0))):
        found, _ = alignment.find_face(wall, TrueLandmarker([small, large]), 64, index)
        expected = alignment.align(wall, face.landmarks + (left, 0), 64).image
        assert np.abs(found.image.astype(int) - expected).max() <= 1


def test_find_face_without_a_face_or_with_a_wrong_index_is_refused():
    face = render_face()
    with pytest.raises(CatganError, match="no face found"):
        alignment.find_face(np.zeros((64, 64, 3), np.uint8), TrueLandmarker([face]), 64)
    with pytest.raises(CatganError, match="no face 3: 1 found"):
        alignment.find_face(face.image, TrueLandmarker([face]), 64, 3)


def check_quality(photo, landmarker):
    face, found = alignment.find_face(photo, landmarker, 64)
    blurred = alignment.Face(cv2.GaussianBlur(face.image, (0, 0), 2), face.landmarks, face.matrix)
    sharp, soft = (alignment.quality(item, found, photo.shape) for item in (face, blurred))
    assert sharp["inside"] == 1.0 and soft["sharpness"] < sharp["sharpness"]
    return sharp


def test_quality_of_a_rendered_face():
    face = render_face()
    left, right, _ = alignment.anchors(face.landmarks)
    measured = check_quality(wall_with({(100, 100): face}, (392, 392)), TrueLandmarker([face]))
    assert measured["eye_distance"] == pytest.approx(np.linalg.norm(right - left), rel=1e-4)


def test_quality_of_a_photograph(shared, landmarker):
    photo = read_image(shared / "data" / "media" / "single_face.jpg")
    assert check_quality(photo, landmarker)["eye_distance"] > 50


def test_quality_inside_is_the_share_of_the_crop_in_the_photograph():
    """A photograph that ends at a quarter, a half, or beyond the crop."""
    points = landmarks_with(alignment.TEMPLATE * 100)
    for width, height, share in ((100, 100, 1.0), (50, 100, 0.5), (50, 50, 0.25), (300, 300, 1.0)):
        face = alignment.align(np.zeros((height, width, 3), np.uint8), points, 100)
        detected = DetectedFace(points, {}, 0.0, 0.0, 0.0)
        assert alignment.quality(face, detected, (height, width, 3))["inside"] == pytest.approx(share, abs=0.011)
