"""An edited crop in its photograph: untouched elsewhere, moved with all detail, old detail gone where new is drawn."""

import numpy as np
import pytest

from catgan.faces import alignment
from catgan.faces.blending import paste
from catgan.faces.images import read_image
from tests.harness.faces import render_face
from tests.harness.landmarks import landmarks_with

STILL = np.zeros((64, 64, 2), np.float32)
EYES_AND_MOUTH = [(120, 140), (180, 140), (150, 195)]


def pattern(side=300):
    """A photograph with detail that no crop of 64 px has."""
    random = np.random.default_rng(0)
    return random.integers(60, 200, (side, side, 1)).astype(np.uint8).repeat(3, -1)


def test_paste_of_an_unchanged_crop_returns_the_rendered_picture():
    face = render_face()
    aligned = alignment.align(face.image, face.landmarks, 64)
    np.testing.assert_array_equal(paste(face.image, aligned, aligned.image, STILL), face.image)


def test_paste_of_a_rendered_action_unit_changes_the_picture_as_the_renderer_does():
    """AU12 on one person: inside the lower face the pasted picture is nearer to the true one than the old is."""
    before, after = render_face(), render_face(action_units={12: 5.0})
    aligned, edited = (alignment.align(face.image, before.landmarks, 64) for face in (before, after))
    pasted = paste(before.image, aligned, edited.image, STILL)
    error, change = (np.abs(image.astype(int) - after.image)[96:].mean() for image in (pasted, before.image))
    assert error < 0.6 * change
    np.testing.assert_array_equal(pasted[:10], before.image[:10])


def test_paste_of_an_unchanged_crop_returns_the_photograph(shared, landmarker):
    photo = read_image(shared / "data" / "media" / "single_face.jpg")
    face, _ = alignment.find_face(photo, landmarker, 64)
    np.testing.assert_array_equal(paste(photo, face, face.image, STILL), photo)


def test_paste_puts_a_change_in_its_place():
    photo = np.full((300, 300, 3), 100, np.uint8)
    face = alignment.align(photo, landmarks_with(EYES_AND_MOUTH), 64)
    after = face.image.copy()
    mouth = (alignment.TEMPLATE[2] * 64).astype(int)
    after[mouth[1] - 2:mouth[1] + 3, mouth[0] - 2:mouth[0] + 3] += 60
    changed = np.argwhere((paste(photo, face, after, STILL) != photo).any(-1))
    np.testing.assert_allclose(changed.mean(0), [195, 150], atol=4)
    assert np.abs(changed - [195, 150]).max() < 20


def test_paste_of_moved_pixels_keeps_the_detail_of_the_photograph():
    """All of the crop's middle is taken from two crop pixels below: the photograph's own pixels, further up."""
    photo = pattern()
    face = alignment.align(photo, landmarks_with(EYES_AND_MOUTH), 64)
    scale = 1 / np.hypot(*face.matrix[0, :2])
    moves = STILL + np.array([0.0, 2.0], np.float32)
    after = np.roll(face.image, -2, axis=0)
    found = paste(photo, face, after, moves).astype(int)
    centre, step = (slice(150, 180), slice(140, 160)), 2 * scale
    low, high = (photo[150 + part:180 + part, 140:160] for part in (int(step), int(step) + 1))
    expected = low + (step % 1) * (high.astype(float) - low)
    assert np.abs(found[centre] - expected).mean() < 3.0
    assert found[centre].std() > 0.6 * photo[centre].std()


def test_paste_removes_old_detail_under_new_parts():
    photo = pattern()
    face = alignment.align(photo, landmarks_with(EYES_AND_MOUTH), 64)
    after = face.image.copy()
    after[24:44, 24:44] = 20  # a dark patch
    found = paste(photo, face, after, STILL)
    middle = (np.array([[34.0, 34.0]]) - face.matrix[:, 2]) @ np.linalg.inv(face.matrix[:, :2]).T
    column, row = middle[0].round().astype(int)
    patch = (slice(row - 10, row + 10), slice(column - 10, column + 10))
    assert found[patch].std() < 0.5 * photo[patch].std() and abs(found[patch].mean() - 20) < 12


@pytest.mark.parametrize("anchors", [[(20, 20), (60, 20), (40, 60)], [(250, 260), (310, 260), (280, 310)],
                                     [(-200, -200), (-100, -200), (-150, -120)]])
def test_paste_at_the_border_of_a_photograph_keeps_its_shape(anchors):
    photo = pattern()
    face = alignment.align(photo, landmarks_with(anchors), 64)
    after = np.clip(face.image.astype(int) + 40, 0, 255).astype(np.uint8)
    found = paste(photo, face, after, STILL)
    assert found.shape == photo.shape and found.dtype == np.uint8


def test_paste_of_grey_equals_paste_of_colour():
    """The quick way through one channel gives what the way through three gives."""
    photo = pattern()
    face = alignment.align(photo, landmarks_with(EYES_AND_MOUTH), 64)
    after = face.image.copy()
    after[40:50, 20:44] = 255 - after[40:50, 20:44]
    moves = np.random.default_rng(3).normal(0, 0.5, (64, 64, 2)).astype(np.float32)
    coloured = photo.copy()
    coloured[int(photo.shape[0] / 2), int(photo.shape[1] / 2), 0] ^= 1  # in the face: no longer grey
    pasted = paste(photo, face, after, moves)
    assert (pasted[..., 0] == pasted[..., 2]).all() and (pasted != photo).any()
    np.testing.assert_allclose(paste(coloured, face, after, moves)[..., 1].astype(int), pasted[..., 1], atol=1)
