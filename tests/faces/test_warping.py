import numpy as np
import pytest

from catgan.faces import warping
from catgan.synthesis import face_model


@pytest.fixture(scope="module")
def points():
    return face_model.numbers()["rest"][:, :2].astype(float)


def test_interpolation_reproduces_its_points(points):
    """Constants are kept, and a displacement of all landmarks reaches every pixel of the face."""
    grid = warping.interpolation(points, 32)
    assert grid.shape == (1024, 478 + len(warping._ANCHORS))
    np.testing.assert_allclose(grid.sum(1), 1.0, atol=1e-6)
    moved = grid @ warping.anchored(np.full((478, 2), 0.1))
    inside = warping.face_weight(points, 32).ravel() > 0.95
    np.testing.assert_allclose(moved[inside], 0.1, atol=0.02)


@pytest.mark.parametrize("coarse", [None, 32])
def test_inverted_shift_is_the_opposite_shift(coarse):
    pixels, field = warping.pixel_grid(64), np.zeros((64, 64, 2), np.float32)
    field[...] = 3.0, -2.0
    source = warping.inverted(field, pixels, None if coarse is None else warping.pixel_grid(coarse))
    np.testing.assert_allclose(source, pixels - (3.0, -2.0), atol=1e-4)


@pytest.mark.parametrize("coarse", [None, 32])
def test_inverted_smooth_field_leads_back(coarse):
    """source + field(source) is the pixel again."""
    pixels = warping.pixel_grid(64)
    field = (3 * np.sin(pixels[..., ::-1] / 10)).astype(np.float32)
    source = warping.inverted(field, pixels, None if coarse is None else warping.pixel_grid(coarse))
    error = np.abs(source + warping.sampled(field, source) - pixels)[8:-8, 8:-8]
    assert error.max() < 0.1


def test_sampled_between_pixels_is_linear():
    ramp = np.tile(np.arange(8, dtype=np.float32), (8, 1))
    moved = warping.sampled(ramp, warping.pixel_grid(8) + np.float32((0.5, 0.0)))
    np.testing.assert_allclose(moved[:, :7], ramp[:, :7] + 0.5)
    np.testing.assert_allclose(moved[:, 7], 7.0)  # the border goes on


def test_polygon_mask_of_a_square_has_its_area():
    square = np.array([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)])
    mask = warping.polygon_mask(square, 64, 0.5)
    assert mask[32, 32] == 1.0 and mask[4, 4] == 0.0 and mask.sum() == pytest.approx(32 * 32, rel=0.1)
