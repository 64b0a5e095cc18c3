"""What a model of one channel draws takes on the colours of what is there."""

import numpy as np

from catgan.models.gan.colours import LUMINANCE, add_luminance

SKIN = np.array([190.0, 140.0, 110.0], np.float32)


def face_with_teeth() -> np.ndarray:
    face = np.broadcast_to(SKIN, (1, 32, 32, 3)).copy()
    face[:, 12:18, 12:20] = 215.0
    return face


def test_add_luminance_of_zero_is_the_identity():
    faces = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)
    np.testing.assert_allclose(add_luminance(faces, np.zeros((2, 16, 16, 1), np.float32)), faces, atol=1e-3)


def test_add_luminance_gives_the_summed_luminance():
    random = np.random.default_rng(1)
    faces = random.uniform(60, 190, (2, 16, 16, 3)).astype(np.float32)
    added = random.uniform(-60, 60, (2, 16, 16, 1)).astype(np.float32)
    np.testing.assert_allclose(add_luminance(faces, added) @ LUMINANCE, faces @ LUMINANCE + added[..., 0], atol=1e-3)


def test_add_luminance_of_grey_faces_stays_grey():
    grey = np.repeat(np.random.default_rng(2).uniform(0, 255, (1, 16, 16, 1)), 3, axis=-1).astype(np.float32)
    added = np.full((1, 16, 16, 1), -40.0, np.float32)
    np.testing.assert_allclose(np.ptp(add_luminance(grey, added), axis=-1), 0, atol=1e-3)


def test_add_luminance_of_a_large_change_takes_the_colour_around():
    face, added = face_with_teeth(), np.zeros((1, 32, 32, 1), np.float32)
    added[:, 12:18, 12:20] = -170.0
    mouth = add_luminance(face, added)[0, 14, 16]
    tint, skin = mouth - mouth @ LUMINANCE, SKIN - SKIN @ LUMINANCE
    np.testing.assert_allclose(tint, skin, atol=5.0)


def test_add_luminance_of_a_small_change_keeps_the_colour():
    face, added = face_with_teeth(), np.full((1, 32, 32, 1), -4.0, np.float32)
    after = add_luminance(face, added)[0]
    np.testing.assert_allclose(np.ptp(after[14, 16]), 0, atol=3.0)  # teeth stay white
    np.testing.assert_allclose(after[2, 2] - face[0, 2, 2], -4.0, atol=0.5)
