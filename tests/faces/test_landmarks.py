"""Tests of the landmarker: its views and arithmetic with true landmarks, and MediaPipe on rendered and real faces."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces import landmarks
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker
from tests.harness.faces import TrueLandmarker, render_face, wall_with

# === Without MediaPipe: rendered faces, whose landmarks are known ===


def test_detect_returns_the_true_landmarks_of_a_rendered_face():
    face = render_face()
    found, = TrueLandmarker([face]).detect(face.image)
    np.testing.assert_allclose(found.landmarks[:, :2], face.landmarks, atol=1e-3)
    left, top, width, height = found.box
    assert 0 < left < left + width < 192 and 0 < top < top + height < 192 and found.turned == 0


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_detect_of_a_turned_picture_returns_landmarks_of_that_picture(quarters):
    face = render_face()
    found, = TrueLandmarker([face]).detect(np.rot90(face.image, quarters))
    back = np.rot90(np.indices((192, 192)).transpose(1, 2, 0), quarters)  # where each pixel came from
    rows, columns = np.floor(found.landmarks[:, 1]).astype(int), np.floor(found.landmarks[:, 0]).astype(int)
    inside = (np.minimum(rows, columns) >= 0) & (np.maximum(rows, columns) < 192)
    assert inside.mean() > 0.9 and found.turned == {1: 90, 2: 180, 3: 270}[quarters]
    np.testing.assert_allclose(back[rows[inside], columns[inside], ::-1] + 0.5, face.landmarks[inside], atol=1.0)


def test_detect_finds_small_faces_of_a_wide_view_in_closer_looks_and_sorts_them_by_size():
    large, small = render_face(5, 160), render_face(1, 128)
    wall = wall_with({(40, 500): small, (760, 60): large}, (900, 1200))
    first, second = TrueLandmarker([small, large], least=0.2).detect(wall)
    np.testing.assert_allclose(first.landmarks[:, :2], large.landmarks + (760, 60), atol=1e-2)
    np.testing.assert_allclose(second.landmarks[:, :2], small.landmarks + (40, 500), atol=1e-2)


def test_detect_counts_a_face_that_several_closer_looks_show_once():
    face = render_face(5, 160)
    found, = TrueLandmarker([face], least=0.2).detect(wall_with({(520, 370): face}, (900, 1200)))
    np.testing.assert_allclose(found.landmarks[:, :2], face.landmarks + (520, 370), atol=1e-2)


def test_narrow_strip_is_not_searched_in_thousands_of_parts(monkeypatch):
    looks = []
    monkeypatch.setattr(FaceLandmarker, "_look", lambda self, pixels: looks.append(pixels.shape) or [])
    assert TrueLandmarker([render_face()]).detect(np.full((3, 9000, 3), 90, np.uint8)) == []
    assert len(looks) <= 8


def test_detect_large_leaves_small_faces_of_a_wide_view_out():
    face = render_face(5, 160)
    landmarker = TrueLandmarker([face], least=0.2)
    assert landmarker.detect_large(wall_with({(520, 370): face}, (900, 1200))) == []
    assert len(landmarker.detect_large(face.image)) == 1


def test_detect_returns_at_most_max_faces():
    faces = [render_face(person, 128) for person in (1, 5)]
    wall = wall_with({(0, 0): faces[0], (140, 0): faces[1]}, (128, 268))
    assert len(TrueLandmarker(faces).detect(wall)) == 2 and len(TrueLandmarker(faces, max_faces=1).detect(wall)) == 1


@pytest.mark.parametrize("shape", [(60, 100), (300, 200), (2048, 1000), (1000, 4096)])
def test_working_scale_brings_the_longer_side_into_the_range_of_mediapipe(shape):
    side = max(shape) * landmarks._working_scale(shape)
    assert landmarks.SMALLEST_SIDE <= round(side) <= landmarks.LARGEST_SIDE
    assert side == np.clip(max(shape), landmarks.SMALLEST_SIDE, landmarks.LARGEST_SIDE)


@pytest.mark.parametrize("length, side", [(900, 450), (1200, 450), (450, 450), (1201, 400)])
def test_positions_of_closer_looks_cover_the_side_with_overlap(length, side):
    starts = landmarks._positions(length, side)
    assert starts[0] == 0 and starts[-1] + side == length and (np.diff(starts) <= 0.75 * side).all()


def test_overlap_is_intersection_over_union():
    assert landmarks.overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert landmarks.overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert landmarks.overlap((0, 0, 10, 10), (10, 0, 10, 10)) == 0.0


@pytest.mark.parametrize("axis, expected", [(0, (0, -20, 0)), (1, (20, 0, 0)), (2, (0, 0, -20))])
def test_pose_of_a_rotation_about_one_axis_is_one_angle(axis, expected):
    """MediaPipe has y up and z towards the camera: a right-handed turn about x lowers the nose."""
    matrix = np.eye(4)
    matrix[:3, :3] = 1.7 * cv2.Rodrigues(np.radians(20.0) * np.eye(3)[axis])[0]
    face = landmarks._face([], [], matrix, np.ones(3, np.float32))
    np.testing.assert_allclose((face.yaw, face.pitch, face.roll), expected, atol=1e-4)


def test_closed_landmarker_says_so():
    face = render_face()
    landmarker = TrueLandmarker([face])
    landmarker.close()
    landmarker.close()
    with pytest.raises(CatganError, match="closed"):
        landmarker.detect(face.image)


def test_array_that_is_no_image_is_refused_and_the_landmarker_stays_usable():
    face = render_face()
    landmarker = TrueLandmarker([face])
    with pytest.raises(CatganError, match="image must"):
        landmarker.detect(np.zeros((5, 5, 2), np.uint8))
    assert len(landmarker.detect(face.image)) == 1


def test_failure_inside_mediapipe_is_an_error_and_the_graph_is_rebuilt():
    def fail(image):
        raise RuntimeError("graph has errors")

    face = render_face()
    landmarker = TrueLandmarker([face])
    landmarker._landmarker.detect = fail
    with pytest.raises(CatganError, match="MediaPipe failed on an image of shape .192, 192, 3.: graph has errors"):
        landmarker.detect(face.image)
    assert len(landmarker.detect(face.image)) == 1


# === MediaPipe on a rendered face, and on a photograph where there is one ===


@pytest.fixture(scope="module", params=["rendered", "photograph"])
def photo(request):
    """A smiling face, uint8 `(h, w, 3)`."""
    if request.param == "rendered":
        return render_face(5, 256, {12: 4.0}).image
    return read_image(request.getfixturevalue("shared") / "data" / "media" / "single_face.jpg")


@pytest.fixture(scope="module")
def upright(photo, landmarker):
    return landmarker.detect(photo)[0]


def test_landmarks_and_blendshapes_of_one_face(photo, upright, landmarker):
    assert len(landmarker.detect(photo)) == 1
    assert upright.landmarks.shape == (478, 3) and len(upright.blendshapes) == 52
    assert upright.landmarks[33, 0] < upright.landmarks[263, 0]
    left, top, width, height = upright.box
    assert 0 < left < left + width < photo.shape[1] and 0 < top < top + height < photo.shape[0]
    assert upright.blendshapes["mouthSmileLeft"] > 0.4


def test_landmarks_of_a_rendered_face_are_where_the_renderer_put_them(landmarker):
    face = render_face(5, 256, {12: 4.0})
    found, = landmarker.detect(face.image)
    eyes = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
    assert np.linalg.norm(found.landmarks[:, :2] - face.landmarks, axis=1).mean() < 0.12 * eyes


@pytest.mark.parametrize("side", [2000, 100])
def test_resized_picture_has_the_same_landmarks(photo, upright, landmarker, side):
    scale = side / max(photo.shape)
    found = landmarker.detect(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))[0]
    eyes = np.linalg.norm(upright.landmarks[33, :2] - upright.landmarks[263, :2])
    assert np.abs(found.landmarks[:, :2] / scale - upright.landmarks[:, :2]).max() < 0.12 * eyes


def test_tiny_picture_has_no_face_and_no_crash(photo, landmarker):
    assert len(landmarker.detect(cv2.resize(photo, (20, 20), interpolation=cv2.INTER_AREA))) <= 1
    assert landmarker.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_grey_alpha_16_bit_and_views_have_the_same_landmarks(photo, upright, landmarker):
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    alpha = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    wide = np.concatenate([photo, photo[:, :7]], axis=1)
    for variant in (grey, alpha, wide[:, :-7], photo.astype(np.uint16) * 257):
        found = landmarker.detect(variant)
        assert len(found) == 1
        assert np.abs(found[0].landmarks[:, :2] - upright.landmarks[:, :2]).max() < 12


def test_mirrored_picture_has_the_opposite_yaw_and_turned_picture_the_turned_roll(photo, upright, landmarker):
    mirrored = landmarker.detect(photo[:, ::-1])[0]
    assert mirrored.yaw == pytest.approx(-upright.yaw, abs=3) and mirrored.pitch == pytest.approx(upright.pitch, abs=3)
    middle = (photo.shape[1] / 2, photo.shape[0] / 2)
    turned = cv2.warpAffine(photo, cv2.getRotationMatrix2D(middle, -15, 1), photo.shape[1::-1])
    assert landmarker.detect(turned)[0].roll == pytest.approx(upright.roll + 15, abs=4)


def test_small_face_in_the_middle_of_a_large_picture_is_found_whole(photo, upright, landmarker):
    wall = np.full((900, 1200, 3), 90, np.uint8)
    small = cv2.resize(photo, (200, round(200 * photo.shape[0] / photo.shape[1])), interpolation=cv2.INTER_AREA)
    top = (900 - len(small)) // 2
    wall[top:top + len(small), 500:700] = small
    face, = landmarker.detect(wall)
    expected = upright.landmarks[:, :2] * 200 / photo.shape[1] + (500, top)
    assert np.abs(face.landmarks[:, :2] - expected).max() < 8


def test_mediapipe_is_rebuilt_after_a_failure(photo, models, monkeypatch):
    def fail(image):
        raise RuntimeError("graph has errors")

    with FaceLandmarker() as landmarker:
        broken = type("Broken", (), {"detect": staticmethod(fail), "close": lambda self: None})()
        monkeypatch.setattr(landmarker, "_landmarker", broken)
        with pytest.raises(CatganError, match="MediaPipe failed"):
            landmarker.detect(photo)
        assert len(landmarker.detect(photo)) == 1


def test_start_writes_nothing_and_loads_no_tensorflow(models):
    code = ("from catgan.faces.landmarks import FaceLandmarker, without_tensorflow\n"
            "without_tensorflow()\n"
            "with FaceLandmarker(): pass\n"
            "import sys; print(sys.modules.get('tensorflow'))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "None" and done.returncode == 0
    assert done.stderr == ""


# === MediaPipe on photographs of several people ===


def test_faces_are_sorted_by_size_and_a_drawing_of_a_mountain_has_none(shared, landmarker):
    faces = landmarker.detect(read_image(shared / "data" / "media" / "multi_face.jpg"))
    areas = [face.box[2] * face.box[3] for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert landmarker.detect(read_image(shared / "data" / "media" / "free-mountain-vector-01.jpg")) == []


def test_small_faces_of_a_photograph_are_looked_at_closer(shared, landmarker):
    """Five people, 90 px wide in 1000 px. MediaPipe alone finds two, and puts one of them on her neck."""
    faces = landmarker.detect(read_image(shared / "data" / "media" / "multi_face.jpg"))
    assert len(faces) == 5
    mouths = sorted((int(face.landmarks[13, 0]), int(face.landmarks[13, 1])) for face in faces)
    seen = [(262, 147), (368, 326), (479, 283), (574, 397), (731, 383)]
    np.testing.assert_allclose(mouths, seen, atol=12)
    assert [round(face.blendshapes["mouthSmileLeft"]) for face in faces][:2] == [1, 1]
