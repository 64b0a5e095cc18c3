"""Photographs on their side, wrong fits, and faces that fill their picture. The faces are drawn."""

import cv2
import numpy as np
import pytest

from catgan.data.builder import align
from catgan.faces import finding
from catgan.faces.alignment import align as aligned
from catgan.faces.alignment import anchors, find_face
from catgan.faces.detected import DetectedFace
from catgan.faces.images import to_rgb, write_image
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler
from tests.harness.faces import RenderedFace, TrueLandmarker, detected, render_face


@pytest.fixture(scope="module")
def drawn():
    """A drawn face, uint8 `(192, 192, 3)`, and its landmarks."""
    face = render_face()
    return face.image, face.landmarks


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_turned_back_returns_points_to_the_photograph(quarters):
    """The pixel at a point of the turned picture is the pixel at the point that comes back."""
    picture = np.random.default_rng(0).integers(0, 256, (5, 8))
    view = np.rot90(picture, quarters)
    rows, columns = np.indices(view.shape)
    points = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5, 0 * rows.ravel()], 1).astype(np.float32)
    back = finding.turned_back(DetectedFace(points, {}, 0.0, 0.0, 10.0), quarters, picture.shape)
    x, y = np.floor(back.landmarks[:, :2]).astype(int).T
    np.testing.assert_array_equal(picture[y, x], view.ravel())
    assert back.turned == {0: 0, 1: 270, 2: 180, 3: 90}[quarters]
    assert back.roll == {0: 10.0, 1: 100.0, 2: -170.0, 3: -80.0}[quarters]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_find_takes_the_orientation_with_a_face(drawn, quarters):
    image, points = drawn

    def look(view):
        return [detected(points)] if np.array_equal(view, image) else []

    photograph = np.ascontiguousarray(np.rot90(image, quarters))
    face, = finding.find(photograph, look, look)
    np.testing.assert_allclose(aligned(photograph, face.landmarks, 64).image.astype(int),
                               aligned(image, points, 64).image.astype(int), atol=2)


def test_find_rejects_a_wrong_fit_and_finds_the_right_orientation(drawn):
    """What is taken for an upright face in an upside-down picture is not found again in its crop."""
    image, points = drawn
    upside_down = np.ascontiguousarray(image[::-1, ::-1])

    def look(view):
        return [detected(points)] if view.shape == image.shape else []

    face, = finding.find(upside_down, look, look)
    assert face.turned == 180
    assert np.abs(anchors(face.landmarks) - (192 - anchors(points))).max() < 0.01
    assert finding.find(np.full_like(image, 90), look, look) == []


def test_verified_keeps_a_doubtful_fit_only_if_it_is_found_again(drawn):
    image, points = drawn
    leaning = DetectedFace(detected(points).landmarks, {}, 0.0, 0.0, 60.0)
    wanted = finding.alignment.TEMPLATE * finding.SECOND_ZOOM + (1 - finding.SECOND_ZOOM) / 2
    again = np.zeros((478, 3), np.float32)
    for group, place in zip((finding.alignment.LEFT_EYE, finding.alignment.RIGHT_EYE, finding.alignment.MOUTH), wanted):
        again[list(group), :2] = place * finding.SECOND_SIDE
    elsewhere = again + np.array([0.1 * finding.SECOND_SIDE, 0, 0], np.float32)
    for found, count in ((again, 1), (elsewhere, 0)):
        assert len(finding.verified(image, [leaning], lambda crop: [detected(found)])) == count
    assert finding.verified(image, [leaning], lambda crop: []) == []


def test_find_with_a_border_returns_points_without_it(drawn):
    image, points = drawn

    def look(view):
        width = (view.shape[0] - len(image)) // 2
        return [detected(points + width)] if width else []

    face, = finding.find(image, look, look)
    np.testing.assert_allclose(face.landmarks[:, :2], points[:, :2], atol=1e-3)


@pytest.mark.parametrize("quarters, turned", [(0, 0), (1, 90), (2, 180), (3, 270)])
def test_mediapipe_finds_rendered_faces_in_any_orientation(drawn, landmarker, quarters, turned):
    image, points = drawn
    photograph = np.ascontiguousarray(np.rot90(image, quarters))
    face, found = find_face(photograph, landmarker, 64)
    assert found.turned == turned
    upright = aligned(image, points, 64).image
    assert np.abs(cv2.blur(face.image, (5, 5)).astype(int) - cv2.blur(upright, (5, 5))).mean() < 12


@pytest.mark.parametrize("quarters, turned", [(0, 0), (1, 90), (2, 180), (3, 270)])
def test_find_face_of_a_turned_picture_gives_the_upright_crop(drawn, quarters, turned):
    """By the true landmarks of the rendered face."""
    image, points = drawn
    face, found = find_face(np.rot90(image, quarters), TrueLandmarker([RenderedFace(image, points)]), 64)
    assert found.turned == face.turned == turned
    assert np.abs(cv2.blur(face.image, (5, 5)).astype(int) - cv2.blur(aligned(image, points, 64).image,
                                                                      (5, 5))).mean() < 2


def test_align_one_of_a_turned_picture_gives_a_row_with_its_roll(drawn, tmp_path):
    write_image(tmp_path / "side.png", np.rot90(drawn[0]))
    row = align.align_one(align.Job(0, tmp_path / "side.png"), 64, TrueLandmarker([RenderedFace(*drawn)]))
    assert row["reason" if "reason" in row else "roll"] == -90
    write_image(tmp_path / "noise.png", np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8))
    row = align.align_one(align.Job(0, tmp_path / "noise.png"), 64, TrueLandmarker([RenderedFace(*drawn)]))
    assert row["reason"] == "no face found"


def test_mediapipe_row_of_a_turned_picture_has_its_roll(drawn, landmarker, tmp_path):
    """A row of a build from a picture on its side, and none from a picture of nothing."""
    image, points = drawn
    write_image(tmp_path / "side.png", np.rot90(image))
    row = align.align_one(align.Job(0, tmp_path / "side.png"), 64, landmarker)
    assert row["reason" if "reason" in row else "roll"] == pytest.approx(-90, abs=12)
    write_image(tmp_path / "noise.png", np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8))
    assert align.align_one(align.Job(0, tmp_path / "noise.png"), 64, landmarker)["reason"] == "no face found"


def test_mediapipe_finds_faces_that_fill_their_picture(landmarker):
    """From brows to chin and from cheek to cheek, 48 px: most are found, and in their place."""
    images, landmarks = Renderer(192).render([Sampler(seed=1).person(number) for number in range(4)])
    found = 0
    for image, points in zip(images, landmarks):
        left, right = (int(points[[127, 234, 454, 356], 0].min()), int(points[[127, 234, 454, 356], 0].max()))
        top, bottom = int(points[[52, 65, 105, 334], 1].min()), int(points[152, 1])
        part = to_rgb(image)[top:bottom, left:right]
        scale = 48 / max(part.shape)
        small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for face in landmarker.detect(small)[:1]:
            found += np.abs(anchors(face.landmarks) - (anchors(points) - (left, top)) * scale).max() < 4
    assert found >= 3


def test_mediapipe_finds_no_face_in_noise(landmarker):
    random = np.random.default_rng(0)
    for deviation in (0.6, 2, 6, 16):
        noise = cv2.GaussianBlur(random.normal(0, 1, (160, 160)).astype(np.float32), (0, 0), deviation)
        grey = np.clip(128 + 50 * noise / noise.std(), 0, 255).astype(np.uint8)
        assert landmarker.detect(grey) == []
