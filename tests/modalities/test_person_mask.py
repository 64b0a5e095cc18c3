"""Pixels of persons, and photographs without them."""

import numpy as np
import pytest

from catgan.errors import CatganError, DataError
from catgan.faces.images import read_image
from catgan.modalities.person_mask import PersonSegmenter, without_persons

PICTURE = np.random.default_rng(0).integers(0, 256, (120, 200, 3)).astype(np.uint8)


def blob():
    mask = np.zeros((120, 200), np.float32)
    mask[40:80, 60:100] = 1
    return mask


def test_hole_keeps_nothing_of_the_person():
    """Pictures that differ in the person only give the same context."""
    mask, other = blob(), PICTURE.copy()
    other[mask > 0] = 255 - other[mask > 0]
    context = without_persons(PICTURE, mask)
    np.testing.assert_array_equal(context.pixels, without_persons(other, mask).pixels)
    assert (context.seen[mask > 0] == 0).all() and len(np.unique(context.pixels[mask > 0], axis=0)) == 1


def test_outline_is_soft_and_far_pixels_are_unchanged():
    context = without_persons(PICTURE, blob())
    far = context.seen == 1
    np.testing.assert_array_equal(context.pixels[far], PICTURE[far])
    assert far[:, 130:].all() and np.abs(np.diff(context.seen[60, :])).max() < 0.15
    assert 0 < context.share < 1


def test_picture_larger_than_the_blur_is_made_on_loses_all_of_a_thin_person():
    mask = np.zeros((900, 1300), np.float32)
    mask[100:800, 611] = mask[333, 300:900] = 1
    assert (without_persons(np.zeros((900, 1300, 3), np.uint8), mask).seen[mask > 0] == 0).all()


def test_nobody_changes_nothing_and_everybody_leaves_grey():
    empty = without_persons(PICTURE, np.zeros((120, 200), bool))
    np.testing.assert_array_equal(empty.pixels, PICTURE)
    full = without_persons(PICTURE, np.ones((120, 200), bool))
    assert empty.share == 1 and full.share == 0 and (full.pixels == 128).all()


def test_boxes_are_removed_too_and_clipped():
    context = without_persons(PICTURE, np.zeros((120, 200)), [(180.5, 90, 50, 90)])
    assert (context.seen[90:, 180:] == 0).all() and context.seen[0, 0] == 1
    with pytest.raises(DataError, match="outside the image"):
        without_persons(PICTURE, blob(), [(300, 0, 10, 10)])


@pytest.mark.parametrize("mask", [np.zeros((10, 10)), np.full((120, 200), 255.0), np.full((120, 200), np.nan)])
def test_mask_of_another_size_or_range_is_refused(mask):
    with pytest.raises(DataError, match="shape .120, 200. and values 0..1"):
        without_persons(PICTURE, mask)


# === MediaPipe ===


@pytest.fixture(scope="module")
def segmenter(segmenter_file):
    with PersonSegmenter(segmenter_file) as opened:
        yield opened


def test_confidence_of_a_photograph_is_high_on_the_person(segmenter, media):
    mask = segmenter.confidence(read_image(media / "single_face.jpg"))
    assert mask.shape == (562, 572) and mask.dtype == np.float32 and 0 <= mask.min() <= mask.max() <= 1
    assert mask[300:350, 250:300].min() > 0.9 and mask[:100, :100].max() < 0.1


def test_confidence_of_a_landscape_finds_hardly_anybody(segmenter, media):
    assert (segmenter.confidence(read_image(media / "free-mountain-vector-01.jpg")) >= 0.5).mean() < 0.02


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3)])
def test_confidence_of_tiny_pictures_has_their_shape(segmenter, shape):
    assert segmenter.confidence(np.zeros((*shape, 3), np.uint8)).shape == shape


def test_closed_segmenter_says_so(segmenter_file):
    segmenter = PersonSegmenter(segmenter_file)
    segmenter.close()
    segmenter.close()
    with pytest.raises(CatganError, match="This PersonSegmenter is closed"):
        segmenter.confidence(PICTURE)
