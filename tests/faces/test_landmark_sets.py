"""Tests of `catgan.faces.landmark_sets`: sides, regions, lines, and iBUG's points among MediaPipe's."""

import numpy as np
import pytest

from catgan.faces.landmark_points import IBUG_68, MIDDLE
from catgan.faces.landmark_sets import LANDMARK_SETS, anatomical_subsets, landmark_set
from catgan.synthesis import face_model

MEDIAPIPE, IBUG = landmark_set("mediapipe_478"), landmark_set("ibug_68")
BOTH = pytest.mark.parametrize("landmarks", LANDMARK_SETS.values(), ids=list(LANDMARK_SETS))


@pytest.fixture(scope="module")
def rest() -> np.ndarray:
    """The mean face, `(478, 3)` in sides of the crop, whose middle line is x = 0.5."""
    return face_model.numbers()["rest"].astype(np.float64)


@BOTH
def test_mirror_of_the_mirror_is_the_point_itself(landmarks):
    assert landmarks.mirror.shape == (landmarks.count,)
    np.testing.assert_array_equal(landmarks.mirror[landmarks.mirror], np.arange(landmarks.count))


def test_mirror_of_mediapipe_is_where_the_symmetric_mean_face_has_its_mirror_image(rest):
    np.testing.assert_allclose(rest[MEDIAPIPE.mirror] * (-1, 1, 1) + (1, 0, 0), rest, atol=1e-6)
    np.testing.assert_array_equal(np.flatnonzero(MEDIAPIPE.mirror == np.arange(478)), MIDDLE)


@BOTH
def test_regions_have_every_point_exactly_once(landmarks):
    np.testing.assert_array_equal(np.sort(np.concatenate(list(landmarks.regions.values()))),
                                  np.arange(landmarks.count))
    assert len(landmarks.region_names) == landmarks.count
    assert all(landmarks.region_names[point] == name for name, points in landmarks.regions.items() for point in points)


@BOTH
def test_regions_of_one_side_are_mirror_images_of_the_other(landmarks):
    for name, points in landmarks.regions.items():
        other = name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
        assert set(landmarks.mirror[points].tolist()) == set(landmarks.regions[other].tolist()), name


def test_regions_of_the_right_lie_on_the_left_of_the_picture(rest):
    for name, points in MEDIAPIPE.regions.items():
        if name.startswith("right"):
            assert (rest[points, 0] < 0.5).all(), name


@BOTH
def test_eyes_begin_with_the_subjects_right_eye(landmarks):
    first, second = landmarks.eyes
    assert set(first) <= set(landmarks.regions["right_eye"].tolist())
    assert set(second) <= set(landmarks.regions["left_eye"].tolist())


@pytest.mark.parametrize("upper, lower", [("forehead", "left_brow"), ("left_brow", "left_eye"), ("left_eye", "mouth"),
                                          ("nose", "mouth"), ("mouth", "chin")])
def test_regions_lie_above_each_other_as_in_a_face(rest, upper, lower):
    heights = [float(rest[MEDIAPIPE.regions[name], 1].mean()) for name in (upper, lower)]
    assert heights[0] < heights[1]


def test_ibug_points_among_mediapipes_keep_sides_and_regions():
    chosen = np.array(IBUG_68)
    assert len(set(IBUG_68)) == 68
    np.testing.assert_array_equal(MEDIAPIPE.mirror[chosen], chosen[IBUG.mirror])
    assert [MEDIAPIPE.region_names[point] for point in IBUG_68] == list(IBUG.region_names)


def test_edges_of_mediapipe_are_those_of_its_connections():
    vision = pytest.importorskip("mediapipe.tasks.python").vision
    lines = vision.FaceLandmarksConnections

    def pairs(connections) -> set[tuple[int, int]]:
        return {tuple(sorted((one.start, one.end))) for one in connections}

    assert set(map(tuple, MEDIAPIPE.edges.tolist())) == pairs(lines.FACE_LANDMARKS_TESSELATION)
    own = {tuple(sorted(pair)) for pair in MEDIAPIPE.outline_edges.tolist()}
    assert own - pairs(lines.FACE_LANDMARKS_NOSE) - {(2, 97), (2, 326)} <= pairs(lines.FACE_LANDMARKS_CONTOURS)
    assert pairs(lines.FACE_LANDMARKS_CONTOURS) <= own


def test_edges_of_ibug_connect_its_points():
    assert IBUG.edges.shape == (16 + 4 + 4 + 3 + 4 + 6 + 6 + 12 + 8, 2)
    assert set(IBUG.edges.ravel().tolist()) == set(range(68))


def test_anatomical_subsets_of_both_sets_have_the_same_names_except_for_ibug():
    found, few = anatomical_subsets("mediapipe_478"), anatomical_subsets(IBUG)
    assert set(found) - set(few) == {"ibug_68"} and set(few) == {"eyes", "brows", "mouth", "nose", "contour"}
    assert {name: len(points) for name, points in found.items()} == {
        "eyes": 106, "brows": 20, "mouth": 100, "nose": 104, "contour": 36, "ibug_68": 68}
    assert few["brows"].tolist() == list(range(17, 27))
