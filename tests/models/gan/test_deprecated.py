import numpy as np
import pytest

from catgan.models.gan.changes import Changes
from tests.harness.networks import edited_gan


@pytest.fixture(scope="module")
def gan():
    return edited_gan()


@pytest.fixture(scope="module")
def faces():
    return np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)


def test_redraw_warns_and_applies_the_change(gan, faces):
    change = np.ones((2, 8), np.float32)
    with pytest.warns(DeprecationWarning, match="CatGAN.redraw is now called CatGAN.apply_change"):
        drawn = gan.redraw(faces, change)
    np.testing.assert_array_equal(drawn.images, gan.apply_change(faces, change).images)


def test_edited_warns_and_applies_the_change(gan, faces):
    changes = Changes(by={12: 2})
    with pytest.warns(DeprecationWarning, match="CatGAN.edited is now"):
        drawn = gan.edited(faces, changes)
    np.testing.assert_array_equal(drawn.images, gan.apply_change(faces, changes).images)


def test_draw_alone_warns_and_generates(gan):
    latents, condition = np.ones((2, 8), np.float32), np.zeros((2, 8), np.float32)
    with pytest.warns(DeprecationWarning, match="CatGAN.draw_alone is now called CatGAN.generate_raw"):
        drawn = gan.draw_alone(latents, condition)
    np.testing.assert_array_equal(drawn, gan.generate_raw(latents, condition))


def test_joint_warns_and_is_the_density(gan):
    with pytest.warns(DeprecationWarning, match="CatGAN.joint is now called CatGAN.density"):
        assert gan.joint is gan.density
