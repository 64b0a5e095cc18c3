"""Drawn faces with drawn coverings. Figures on photographs are in docs/journal/2026-11-27-faces.md."""

import cv2
import numpy as np
import pytest

from catgan.faces import coverage
from catgan.faces.alignment import align
from catgan.faces.images import to_rgb
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler


@pytest.fixture(scope="module")
def faces():
    """32 aligned drawn faces of 128 pixels, some with thin-rimmed glasses."""
    sampler = Sampler(seed=21)
    images, landmarks = Renderer(128).render([sampler.scene(number) for number in range(32)])
    return [align(to_rgb(image), points, 128).image for image, points in zip(images, landmarks)]


def test_covered_of_visible_faces_is_empty(faces):
    assert sum(bool(coverage.covered(face)) for face in faces) <= 2


def with_mask(face):
    covered = face.copy()
    cv2.ellipse(covered, (64, 101), (46, 30), 0, 0, 360, (225, 230, 235), -1, cv2.LINE_AA)
    return covered


def with_sunglasses(face):
    covered = face.copy()
    for middle in (41, 87):
        cv2.ellipse(covered, (middle, 55), (19, 13), 0, 0, 360, (18, 18, 20), -1, cv2.LINE_AA)
    return cv2.line(covered, (50, 52), (78, 52), (18, 18, 20), 3)


@pytest.mark.parametrize("cover, regions", [(with_mask, {"nose", "mouth"}), (with_sunglasses, {"eyes"})])
def test_covered_names_the_covered_regions(faces, cover, regions):
    told = [set(coverage.covered(cover(face))) for face in faces]
    assert np.mean([bool(found & regions) for found in told]) >= 0.85
    # A bright mask makes the eyes look dark beside it: they are flagged too in a third of these faces.
    assert np.mean([bool(found - regions) for found in told]) <= 0.4


def test_covered_accepts_any_size_and_is_empty_for_small_crops(faces):
    masked = with_mask(faces[0])
    for side in (64, 96, 200):
        assert "mouth" in coverage.covered(cv2.resize(masked, (side, side), interpolation=cv2.INTER_AREA))
    assert coverage.covered(cv2.resize(masked, (32, 32))) == ()
    assert set(coverage.covered(np.zeros((64, 64, 3), np.uint8))) <= set(coverage.REGIONS)
