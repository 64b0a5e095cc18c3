"""Imitated Action Units, against faces whose true change is known."""

import numpy as np
import pytest

from catgan.synthesis.face_model import unit_vector
from catgan.synthesis.imitation import Imitator
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

SIDE = 64


@pytest.fixture(scope="module")
def imitator():
    return Imitator(SIDE)


@pytest.fixture(scope="module")
def people():
    return [Sampler(3).person(number) for number in range(6)]


def pictures(scenes, channels=1):
    images, landmarks = Renderer(SIDE).render(scenes, channels)
    return images[..., :channels], landmarks


def units(scenes):
    return np.stack([unit_vector(scene.action_units) for scene in scenes])


def imitated(imitator, scenes, changes, channels=1):
    (images, landmarks), pose = pictures(scenes, channels), np.array([scene.pose[:2] for scene in scenes], np.float32)
    wanted = [scene.with_action_units(changes) for scene in scenes]
    drawn = imitator.imitate(images, landmarks, pose, units(scenes), units(wanted))
    return images, drawn, pictures(wanted, channels)[0]


@pytest.mark.parametrize("number, least", [(1, 0.9), (4, 0.9), (43, 0.9), (12, 0.7), (25, 0.7)])
def test_imitate_is_near_to_the_rendered_truth(imitator, people, number, least):
    before, drawn, truth = (part.astype(float) for part in imitated(imitator, people, {number: 4.0}))
    assert 1.0 - np.square(drawn - truth).sum() / np.square(before - truth).sum() > least


def test_imitate_removes_a_smile(imitator, people):
    smiling = [person.with_action_units({12: 4.0}) for person in people]
    before, drawn, truth = (part.astype(float) for part in imitated(imitator, smiling, {12: 0.0}))
    assert 1.0 - np.square(drawn - truth).sum() / np.square(before - truth).sum() > 0.6


def test_imitate_follows_the_pose_of_the_face(imitator):
    scenes = [scene for scene in map(Sampler(5).scene, range(200)) if abs(scene.pose[0]) > 12.0]
    assert len(scenes) > 5
    before, drawn, truth = (part.astype(float) for part in imitated(imitator, scenes, {1: 4.5, 2: 4.5}))
    assert 1.0 - np.square(drawn - truth).sum() / np.square(before - truth).sum() > 0.8


def test_imitate_without_change_returns_equal_pixels(imitator, people):
    before, drawn, _ = imitated(imitator, people, {}, channels=3)
    np.testing.assert_array_equal(drawn, before)


def test_imitate_keeps_pixels_outside_the_influence_equal(imitator, people):
    before, drawn, _ = imitated(imitator, people, {1: 5.0, 4: 5.0})
    np.testing.assert_array_equal(drawn[:, 44:], before[:, 44:])
    assert (drawn[:, 10:30] != before[:, 10:30]).any()


def test_imitate_moves_colour_pixels(imitator, people):
    before, drawn, truth = (part.astype(float) for part in imitated(imitator, people, {4: 4.0, 12: 4.0}, channels=3))
    assert 1.0 - np.square(drawn - truth).sum() / np.square(before - truth).sum() > 0.5
    assert drawn.shape == (6, SIDE, SIDE, 3)


def test_imitate_of_parting_lips_shows_a_dark_mouth(imitator, people):
    before, drawn, _ = imitated(imitator, people, {25: 5.0, 26: 5.0})
    _, landmarks = pictures([person.with_action_units({25: 5.0, 26: 5.0}) for person in people])
    for face, after, points in zip(before, drawn, landmarks):
        x, y = np.rint(0.5 * (points[13] + points[14])).astype(int)
        assert after[y, x, 0] < face[y, x, 0] - 20


def test_imitate_of_a_dropping_jaw_does_not_stretch_teeth(imitator, people):
    """Of scenes that smile with parted lips already, below the teeth it becomes dark."""
    smiling = [person.with_action_units({12: 4.0, 25: 3.0}) for person in people]
    before, drawn, truth = (part.astype(float) for part in imitated(imitator, smiling, {26: 5.0}))
    assert 1.0 - np.square(drawn - truth).sum() / np.square(before - truth).sum() > 0.6
