import numpy as np
import pytest

from catgan.faces.face_model import ACTION_UNITS
from catgan.faces.rendering import Renderer
from catgan.faces.scene import Sampler, Scene


@pytest.fixture(scope="module")
def renderer():
    return Renderer(64)


@pytest.fixture(scope="module")
def people():
    return [Sampler(0).person(number) for number in range(6)]


def test_rendering_twice_is_bit_equal(renderer):
    scenes = [Sampler(1).scene(index) for index in range(70)]
    first, landmarks = renderer.render(scenes)
    again, _ = Renderer(64).render(scenes)
    np.testing.assert_array_equal(first, again)
    assert first.shape == (70, 64, 64, 3) and first.dtype == np.uint8 and landmarks.shape == (70, 478, 2)


def test_grey_and_colour(renderer, people):
    grey, _ = renderer.render(people, channels=1)
    colour, _ = renderer.render(people, channels=3)
    assert (grey[..., 0] == grey[..., 2]).all() and (colour[..., 0] > colour[..., 2]).mean() > 0.5


def test_skin_goes_from_light_to_dark(renderer):
    faces, _ = renderer.render([Scene(skin=skin) for skin in (0.0, 0.5, 1.0)])
    light, middle, dark = faces[:, 30:44, 22:42].mean((1, 2, 3))
    assert light > middle + 10 > dark + 20


def test_light_comes_from_its_side(renderer):
    left, right = (renderer.render([Scene(light=(azimuth, 0.0, 1.0))], 1)[0][0, 25:50, :, 0].astype(float)
                   for azimuth in (-60.0, 60.0))
    assert left[:, 16:28].mean() > left[:, 36:48].mean() + 10
    assert right[:, 36:48].mean() > right[:, 16:28].mean() + 10


@pytest.mark.parametrize("number", ACTION_UNITS)
def test_every_unit_can_be_seen_and_stays_in_its_place(renderer, people, number):
    before, _ = renderer.render(people, 1)
    after, _ = renderer.render([person.with_action_units({number: 5.0}) for person in people], 1)
    change = np.abs(after.astype(int) - before)[..., 0].mean(0)
    assert change.max() > 4
    # Hair and background hardly move: at most 5 grey levels in the upper corners.
    for corner in (change[:6, :6], change[:6, -6:]):
        assert corner.max() <= 5
    upper, lower = change[:24].sum(), change[40:].sum()
    if number in (1, 2, 4):
        assert lower < 0.1 * upper
    if number in (15, 17, 18, 20, 23, 24, 25, 26):
        assert upper < 0.1 * lower


def test_landmarks_are_where_the_pixels_are(renderer, landmarker):
    """MediaPipe finds the drawn faces where the model says they are."""
    big = Renderer(192)
    scenes = [Sampler(2).scene(index) for index in range(12)]
    images, landmarks = big.render(scenes)
    errors, found = [], 0
    for image, truth in zip(images, landmarks):
        faces = landmarker.detect(image)
        found += bool(faces)
        if faces:
            eyes = np.linalg.norm(truth[33] - truth[263])
            errors.append(np.linalg.norm(faces[0].landmarks[:, :2] - truth, axis=1).mean() / eyes)
    assert found >= 11 and np.median(errors) < 0.08


def test_measured_units_follow_the_drawn_ones(landmarker):
    """Blendshapes of AU12 and AU26 rise when they are drawn."""
    big, person = Renderer(192), Sampler(0).person(1)
    for number, blendshape in ((12, "mouthSmileLeft"), (26, "jawOpen"), (43, "eyeBlinkLeft"), (1, "browInnerUp")):
        images, _ = big.render([person.with_action_units({number: level}) for level in (0.0, 5.0)])
        low, high = (landmarker.detect(image)[0].blendshapes[blendshape] for image in images)
        assert high > low + 0.1, number
