import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.camera import NEAR, Camera


def test_projection_by_hand():
    camera = Camera(height=1.0, distance=4.0, focal=2.0, horizon=0.25)
    points = np.array([(0, 1.0, -100), (0, 0, 0), (0.5, 2.0, 0), (0.5, 0, 2)])
    found = camera.project(points, (100, 200))  # at z = 0 a metre has 2 * 100 / 4 = 50 pixels, at z = 2 100
    np.testing.assert_allclose(found, [(100, 25), (100, 75), (125, -25), (150, 125)])
    assert camera.scale(0, (100, 200)) == 50


def test_points_beside_or_behind_the_camera_are_moved_before_it():
    behind, near = Camera().project(np.array([(0.1, 0, 10), (0.1, 0, 3.6 - NEAR)]), (64, 64))
    np.testing.assert_allclose(behind, near)


def test_impossible_cameras_are_refused():
    with pytest.raises(CatganError, match="above 0. Received: 1.2, 0, 1.7"):
        Camera(distance=0)
