"""Joints of BoLD: files as published, with invented numbers."""

import numpy as np
import pytest

from catgan.data.people import openpose
from catgan.errors import DataError
from catgan.joints import JOINTS

# A body of 200 px that looks at the camera: its right side is at the image's left.
PLACES = {0: (100, 20), 1: (100, 50), 2: (80, 50), 3: (75, 80), 4: (70, 110), 5: (120, 50), 6: (125, 80), 7: (130, 110),
          8: (90, 110), 9: (90, 160), 10: (90, 210), 11: (110, 110), 12: (110, 160), 13: (110, 210), 16: (92, 22),
          17: (108, 22)}


def body(shift=0.0):
    points = np.zeros((18, 3))
    for place, (x, y) in PLACES.items():
        points[place] = x + shift, y, 0.9
    return points


def row(frame, person=0, points=None):
    return np.concatenate([[frame, person], (body() if points is None else points).ravel()])


def test_joints_in_metres(tmp_path):
    joints, known = openpose.to_joints(np.stack([body(), body(50)]))
    assert known.all() and joints.shape == (2, 16, 3) and joints.dtype == np.float32
    np.testing.assert_allclose(joints[0], joints[1], atol=1e-6)  # from the root of each frame
    at = dict(zip(JOINTS, joints[0]))
    # Root (100, 110), neck (100, 50): 60 px are .5 m. y is up, the left shoulder is at the image's right.
    np.testing.assert_allclose(at["root"], 0, atol=1e-6)
    np.testing.assert_allclose(at["neck"], (0, 0.5, 0), atol=1e-6)
    np.testing.assert_allclose(at["spine"], (0, 0.25, 0), atol=1e-6)
    np.testing.assert_allclose(at["head"], (0, 88 / 120, 0), atol=1e-6)
    np.testing.assert_allclose(at["first shoulder"], (20 / 120, 0.5, 0), atol=1e-6)
    np.testing.assert_allclose(at["second foot"], (-10 / 120, -100 / 120, 0), atol=1e-6)


def test_unseen_points():
    points = np.stack([body()] * 4)
    points[0, 4, 2] = 0.09  # the right hand
    points[1, 16] = np.nan  # an ear
    points[2, 8, 2] = 0.0   # a hip: no root, so the frame cannot be placed
    points[3, 1, 2] = 0.0   # the neck, which the spine needs too
    joints, known = openpose.to_joints(points)
    assert [JOINTS[place] for place in np.flatnonzero(~known[0])] == ["second hand"]
    assert [JOINTS[place] for place in np.flatnonzero(~known[1])] == ["head"]
    assert not known[2].any() and (joints[2] == 0).all()
    assert [JOINTS[place] for place in np.flatnonzero(~known[3])] == ["spine", "neck"]
    assert not openpose.to_joints(np.zeros((3, 18, 3)))[1].any()
    assert openpose.to_joints(np.zeros((0, 18, 3)))[0].shape == (0, 16, 3)
    assert openpose.box_of(body()) == (70.0, 20.0, 60.0, 190.0)
    assert openpose.box_of(np.zeros((18, 3))) is None


def test_file(tmp_path):
    weak = body(7)
    weak[:, 2] *= 0.5
    rows = [row(9, 1), row(7), row(5), row(7, points=weak), row(5, 1)]
    np.save(tmp_path / "a.npy", np.array(rows))
    frames, points = openpose.read_joints(tmp_path / "a.npy", 0)
    assert frames.tolist() == [5, 7] and points.shape == (2, 18, 3)  # frame 6 is absent
    np.testing.assert_allclose(points[1], body())
    assert openpose.read_joints(tmp_path / "a.npy", 3)[0].size == 0


@pytest.mark.parametrize("content", [np.zeros((3, 55)), np.zeros(56), np.array([["a"] * 56])])
def test_damaged_files(tmp_path, content):
    np.save(tmp_path / "a.npy", content)
    with pytest.raises(DataError, match="must hold rows of 56 numbers"):
        openpose.read_joints(tmp_path / "a.npy", 0)


def test_files_of_other_kinds(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}]), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(b"")
    (tmp_path / "c.npy").write_text("no")
    for path in [*sorted(tmp_path.iterdir()), tmp_path / "d.npy"]:
        with pytest.raises(DataError, match="is not a file of joints"):
            openpose.read_joints(path, 0)
