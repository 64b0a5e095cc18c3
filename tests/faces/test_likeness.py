import cv2
import expected_faces
import numpy as np

from catgan.faces import likeness
from catgan.faces.alignment import align
from catgan.faces.images import to_rgb
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler


def test_expected_faces_equal_those_of_the_face_model():
    stored = cv2.imread(str(likeness.EXPECTED), cv2.IMREAD_GRAYSCALE)
    assert np.abs(stored.astype(int) - expected_faces.expected_faces()).max() <= 1


def test_likeness_of_faces_is_high_and_of_other_pictures_low():
    sampler = Sampler(seed=2)
    images, landmarks = Renderer(96).render([sampler.scene(number) for number in range(16)])
    crops = [align(to_rgb(image), points, likeness.SIDE).image for image, points in zip(images, landmarks)]
    upright = [likeness.likeness(crop) for crop in crops]
    upside_down = [likeness.likeness(np.ascontiguousarray(crop[::-1])) for crop in crops]
    assert np.median(upright) > 0.4 and min(upright) > likeness.likeness(np.zeros((64, 64, 3), np.uint8)) + 0.1
    assert max(upside_down) < 0.3
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert likeness.likeness(noise) < 0.15
