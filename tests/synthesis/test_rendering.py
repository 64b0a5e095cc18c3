from dataclasses import replace

import numpy as np
import pytest
from measured_pairs import SELDOM_MEASURED_TOGETHER

from catgan import facs
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler, Scene, possible


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


def test_render_in_grey_has_equal_channels_and_in_colour_not(renderer, people):
    grey, _ = renderer.render(people, channels=1)
    colour, _ = renderer.render(people, channels=3)
    assert (grey[..., 0] == grey[..., 2]).all() and (colour[..., 0] > colour[..., 2]).mean() > 0.5


def test_render_of_darker_skin_is_darker(renderer):
    faces, _ = renderer.render([Scene(skin=skin) for skin in (0.0, 0.5, 1.0)])
    light, middle, dark = faces[:, 30:44, 22:42].mean((1, 2, 3))
    assert light > middle + 10 > dark + 20


def test_render_with_light_from_a_side_brightens_that_side(renderer):
    left, right = (renderer.render([Scene(light=(azimuth, 0.0, 1.0))], 1)[0][0, 25:50, :, 0].astype(float)
                   for azimuth in (-60.0, 60.0))
    assert left[:, 16:28].mean() > left[:, 36:48].mean() + 10
    assert right[:, 36:48].mean() > right[:, 16:28].mean() + 10


@pytest.mark.parametrize("number", ACTION_UNITS)
def test_render_of_each_unit_changes_its_region_only(renderer, people, number):
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


def test_mediapipe_finds_rendered_landmarks_in_their_place(renderer, landmarker):
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


def test_mediapipe_measures_rising_units_as_rising(landmarker):
    """Blendshapes rise with what is drawn, all else at rest."""
    big, person = Renderer(128), Sampler(0).person(1)
    for number in (1, 2, 4, 12, 18, 26, 43):
        images, _ = big.render([person.with_action_units({number: level}) for level in (0.0, 2.5, 5.0)])
        read = [facs.action_units_from_blendshapes(landmarker.detect(image)[0].blendshapes)[number]
                for image in images]
        assert read[2] > read[1] > read[0] and read[2] > read[0] + 0.2, number


def test_mediapipe_measures_units_of_random_faces_with_correlation(landmarker):
    """Wide bounds; the figures are in docs/benchmarks."""
    scenes = [replace(scene, action_units=possible(scene.action_units, (), SELDOM_MEASURED_TOGETHER),
                      pose=(0, 0, 0), light=(0, 0, 0), glasses=0, blur=0, noise=0)
              for scene in map(Sampler(3).scene, range(120))]
    images, _ = Renderer(128).render(scenes)
    read = [facs.action_units_from_blendshapes(landmarker.detect(image)[0].blendshapes) for image in images]
    for number in (1, 2, 4, 12, 26, 43):
        drawn = [scene.action_units.get(number, 0.0) for scene in scenes]
        assert np.corrcoef(drawn, [units[number] for units in read])[0, 1] > 0.65, number


def test_render_alone_and_in_a_batch_gives_equal_pixels(renderer):
    scenes = [Sampler(1).scene(index) for index in range(37)]
    together, landmarks = renderer.render(scenes)
    for index in (0, 15, 16, 36):
        alone, points = renderer.render([scenes[index]])
        np.testing.assert_array_equal(alone[0], together[index])
        np.testing.assert_array_equal(points[0], landmarks[index])


@pytest.mark.parametrize("number, rows", [(24, slice(0, 28)), (12, slice(0, 22)), (26, slice(0, 26)),
                                          (1, slice(38, 64)), (43, slice(48, 64))])
def test_render_of_a_counterfactual_keeps_distant_pixels_equal(renderer, number, rows):
    """Not one bit changes far from the AU: background, noise, light and the other half of the face stay."""
    scenes = [replace(Sampler(1).scene(index), pose=(0.0, 0.0, 0.0), blur=0.0, action_units={}) for index in range(12)]
    before, _ = renderer.render(scenes)
    after, _ = renderer.render([scene.with_action_units({number: 5.0}) for scene in scenes])
    np.testing.assert_array_equal(before[:, rows], after[:, rows])
    assert (before != after).any((1, 2, 3)).all()


def test_light_stays_where_it_is_when_the_head_turns(renderer):
    images, _ = renderer.render([Scene(light=(60.0, 0.0, 1.0), pose=(yaw, 0.0, 0.0)) for yaw in (-15.0, 15.0)], 1)
    contrast = [image[25:50, 36:48, 0].mean() - image[25:50, 16:28, 0].mean() for image in images.astype(float)]
    assert min(contrast) > 10
