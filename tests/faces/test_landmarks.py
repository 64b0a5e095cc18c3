import subprocess
import sys

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker


@pytest.fixture(scope="module")
def photo(shared):
    return read_image(shared / "data" / "media" / "single_face.jpg")


@pytest.fixture(scope="module")
def upright(photo, landmarker):
    return landmarker.detect(photo)[0]


def test_one_face(photo, upright, landmarker):
    assert len(landmarker.detect(photo)) == 1
    assert upright.landmarks.shape == (478, 3) and len(upright.blendshapes) == 52
    assert upright.landmarks[33, 0] < upright.landmarks[263, 0]
    left, top, width, height = upright.box
    assert 0 < left < left + width < photo.shape[1] and 0 < top < top + height < photo.shape[0]
    assert upright.blendshapes["mouthSmileLeft"] > 0.4


@pytest.mark.parametrize("side", [2000, 100])
def test_any_size_gives_the_same_landmarks(photo, upright, landmarker, side):
    scale = side / max(photo.shape)
    found = landmarker.detect(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))[0]
    eyes = np.linalg.norm(upright.landmarks[33, :2] - upright.landmarks[263, :2])
    assert np.abs(found.landmarks[:, :2] / scale - upright.landmarks[:, :2]).max() < 0.12 * eyes


def test_tiny_is_no_face_not_a_crash(photo, landmarker):
    assert len(landmarker.detect(cv2.resize(photo, (20, 20), interpolation=cv2.INTER_AREA))) <= 1
    assert landmarker.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_grey_alpha_and_views_are_not_misread(photo, upright, landmarker):
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    alpha = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    wide = np.concatenate([photo, photo[:, :7]], axis=1)
    for variant in (grey, alpha, wide[:, :-7], photo.astype(np.uint16) * 257):
        found = landmarker.detect(variant)
        assert len(found) == 1
        assert np.abs(found[0].landmarks[:, :2] - upright.landmarks[:, :2]).max() < 12


def test_pose_signs(photo, upright, landmarker):
    mirrored = landmarker.detect(photo[:, ::-1])[0]
    assert mirrored.yaw == pytest.approx(-upright.yaw, abs=3) and mirrored.pitch == pytest.approx(upright.pitch, abs=3)
    middle = (photo.shape[1] / 2, photo.shape[0] / 2)
    turned = cv2.warpAffine(photo, cv2.getRotationMatrix2D(middle, -15, 1), photo.shape[1::-1])
    assert landmarker.detect(turned)[0].roll == pytest.approx(upright.roll + 15, abs=4)


def test_largest_first_and_no_face(shared, landmarker):
    faces = landmarker.detect(read_image(shared / "data" / "media" / "multi_face.jpg"))
    areas = [face.box[2] * face.box[3] for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert landmarker.detect(read_image(shared / "data" / "media" / "free-mountain-vector-01.jpg")) == []


def test_small_faces_of_a_wide_view_are_looked_at_closer(shared, landmarker):
    """Five people, 90 px wide in 1000 px. MediaPipe alone finds two, and puts one of them on her neck."""
    faces = landmarker.detect(read_image(shared / "data" / "media" / "multi_face.jpg"))
    assert len(faces) == 5
    mouths = sorted((int(face.landmarks[13, 0]), int(face.landmarks[13, 1])) for face in faces)
    seen = [(262, 147), (368, 326), (479, 283), (574, 397), (731, 383)]
    np.testing.assert_allclose(mouths, seen, atol=12)
    assert [round(face.blendshapes["mouthSmileLeft"]) for face in faces][:2] == [1, 1]


def test_a_face_cut_by_every_square_is_found_whole(photo, upright, landmarker):
    """A face in the very middle of a large empty picture."""
    wall = np.full((900, 1200, 3), 90, np.uint8)
    small = cv2.resize(photo, (200, round(200 * photo.shape[0] / photo.shape[1])), interpolation=cv2.INTER_AREA)
    top = (900 - len(small)) // 2
    wall[top:top + len(small), 500:700] = small
    face, = landmarker.detect(wall)
    expected = upright.landmarks[:, :2] * 200 / photo.shape[1] + (500, top)
    assert np.abs(face.landmarks[:, :2] - expected).max() < 8


def test_refuses_what_is_no_image_and_goes_on(photo, landmarker):
    with pytest.raises(CatganError, match="image must"):
        landmarker.detect(np.zeros((5, 5, 2), np.uint8))
    assert len(landmarker.detect(photo)) == 1


def test_rebuilds_after_a_failure_inside_mediapipe(photo, models, monkeypatch):
    with FaceLandmarker() as landmarker:
        def fail(image):
            raise RuntimeError("graph has errors")
        broken = type("Broken", (), {"detect": staticmethod(fail), "close": lambda self: None})()
        monkeypatch.setattr(landmarker, "_landmarker", broken)
        with pytest.raises(CatganError, match="MediaPipe failed"):
            landmarker.detect(photo)
        assert len(landmarker.detect(photo)) == 1


def test_closed(models, photo):
    landmarker = FaceLandmarker()
    landmarker.close()
    landmarker.close()
    with pytest.raises(CatganError, match="closed"):
        landmarker.detect(photo)


def test_start_is_quiet_and_spares_tensorflow(models):
    code = ("from catgan.faces.landmarks import FaceLandmarker, without_tensorflow\n"
            "without_tensorflow()\n"
            "with FaceLandmarker(): pass\n"
            "import sys; print(sys.modules.get('tensorflow'))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "None" and done.returncode == 0
    assert done.stderr == ""
