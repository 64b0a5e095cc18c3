import numpy as np
import pytest

from catgan.synthesis import face_model, mouth
from catgan.synthesis.scene import Scene


@pytest.fixture
def points():
    """The rest face, its lips closed."""
    result = face_model.numbers()["rest"][:, :2].astype(np.float32).copy()
    result[mouth.LOWER[1:-1]] = result[mouth.UPPER[1:-1]]
    return result


def opened(points, gap):
    result = points.copy()
    result[mouth.LOWER[1:-1], 1] += gap
    return result


@pytest.mark.parametrize("channels", [1, 3])
def test_paint_of_closed_lips_changes_nothing(points, channels):
    planes = [np.full((64, 64), 0.5, np.float32) for _ in range(channels)]
    mouth.paint(planes, points, Scene())
    assert all((plane == 0.5).all() for plane in planes)


def test_paint_changes_pixels_between_the_lips_only(points):
    planes = [np.full((64, 64), 0.5, np.float32)]
    wide = opened(points, 0.12)
    mouth.paint(planes, wide, Scene())
    rows, columns = np.nonzero(planes[0] != 0.5)
    lips = wide[mouth.INNER_LIPS] * 64
    assert lips[:, 0].min() - 3 <= columns.min() and columns.max() <= lips[:, 0].max() + 3
    assert lips[:, 1].min() - 3 <= rows.min() and rows.max() <= lips[:, 1].max() + 3


def test_paint_of_a_smile_shows_teeth_above_darkness(points):
    plane = np.full((128, 128), 0.5, np.float32)
    wide = opened(points, 0.10)
    mouth.paint([plane], wide, Scene(action_units={12: 5.0}))
    column = round(float(wide[13, 0]) * 128)
    top, bottom = (round(float(wide[number, 1]) * 128) for number in (13, 14))
    inside = plane[top + 2:bottom - 2, column]
    assert inside[:3].max() > 0.4 and inside.min() < 0.25 and inside.argmin() > inside.argmax()


def test_paint_in_colour_gives_ivory_teeth_and_a_red_tongue(points):
    planes = [np.full((128, 128), 0.5, np.float32) for _ in range(3)]
    wide = opened(points, 0.10)
    mouth.paint(planes, wide, Scene(action_units={12: 5.0}))
    red, _, blue = (plane[round(float(wide[13, 1]) * 128) + 3:round(float(wide[14, 1]) * 128) - 3,
                          round(float(wide[13, 0]) * 128)] for plane in planes)
    share = blue / red
    assert share[:2].max() > 0.8 > share[-1]


def test_paint_of_a_mouth_at_the_border_raises_no_error(points):
    plane = np.full((64, 64), 0.5, np.float32)
    mouth.paint([plane], opened(points, 0.1) + (0.6, 0.3), Scene())
    assert np.isfinite(plane).all()


def test_widened_is_the_new_share_of_an_opening(points):
    half, wide = opened(points, mouth.CLOSED_GAP + 0.04), opened(points, mouth.CLOSED_GAP + 0.08)
    assert mouth.widened(points, wide) == 1.0 and mouth.widened(half, wide) == pytest.approx(0.5, rel=1e-3)
    assert mouth.widened(wide, half) == mouth.widened(points, points) == 0.0
