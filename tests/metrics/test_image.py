import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.metrics import image


def noise(seed, size=32):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3)).astype(np.uint8)


def test_distances_by_hand():
    a, b = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 51, np.uint8)
    assert image.l1(a, b) == pytest.approx(0.2) and image.l2(a, b) == pytest.approx(0.2)
    assert image.psnr(a, b) == pytest.approx(20 * np.log10(5))
    c1 = 0.01 ** 2
    assert image.ssim(a, b) == pytest.approx(c1 / (0.04 + c1))


def test_equal_pictures():
    assert image.psnr(noise(0), noise(0)) == 100.0 and image.ssim(noise(0), noise(0)) == pytest.approx(1.0)


def test_ssim_by_the_definition_at_one_pixel():
    a, b = noise(1), noise(2)
    window = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights = np.outer(window, window)[..., None] / window.sum() ** 2
    x, y = (part[11:22, 11:22] / 255.0 for part in (a, b))
    mx, my = (weights * x).sum((0, 1)), (weights * y).sum((0, 1))
    vx, vy = (weights * x * x).sum((0, 1)) - mx ** 2, (weights * y * y).sum((0, 1)) - my ** 2
    cov = (weights * x * y).sum((0, 1)) - mx * my
    here = (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx ** 2 + my ** 2 + 1e-4) * (vx + vy + 9e-4))
    whole = image.ssim(a, b)
    assert abs(whole - here.mean()) < 0.2 and image.ssim(a, a) > whole  # noise against noise is near 0 everywhere


def test_falls_with_noise():
    base = noise(3)
    values = [image.ssim(base, np.clip(base + step * np.random.default_rng(0).normal(size=base.shape), 0, 255)
                         .astype(np.uint8)) for step in (2, 20, 80)]
    assert values == sorted(values, reverse=True)


def test_refuses_other_shapes():
    with pytest.raises(CatganError, match="one shape"):
        image.l1(noise(0), noise(0, 16))


def test_sharpness_by_hand():
    """A single white pixel: -4 times itself in its place, once itself in each of its four neighbours."""
    picture = np.zeros((1, 5, 5, 3), np.uint8)
    picture[0, 2, 2] = 100
    assert image.sharpness(picture)[0] == pytest.approx((400 ** 2 + 4 * 100 ** 2) / 25)
