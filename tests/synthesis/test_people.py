import collections

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.people import EMOTIONS, MODALITIES, PeopleSampler, PeopleSettings


def scenes(n=200, **settings):
    sampler = PeopleSampler(PeopleSettings(**settings))
    return [sampler.scene(index) for index in range(n)]


def test_a_scene_depends_on_its_number_alone():
    sampler = PeopleSampler(PeopleSettings(seed=3))
    first = sampler.scene(7)
    sampler.scene(8)
    assert sampler.scene(7) == first == PeopleSampler(PeopleSettings(seed=3)).scene(7)
    assert first.subject == sampler.subject_of(7) and first != sampler.scene(8)


def test_people_keep_their_face_and_body():
    of = collections.defaultdict(list)
    for scene in scenes(60, subjects=10):
        of[scene.subject].append(scene)
    same = next(found for found in of.values() if len(found) > 1)
    assert same[0].body == same[1].body and same[0].face.shape == same[1].face.shape
    assert same[0].walk != same[1].walk


def test_without_contradictions_every_part_shows_the_emotion():
    for scene in scenes(contradicting=0.0, place_prior=1.0):
        assert set(scene.shown.values()) == {scene.emotion} and scene.face.expression == scene.emotion


def test_contradictions_are_of_one_part():
    found = scenes(contradicting=1.0, place_prior=1.0)
    assert all(sorted(shown == scene.emotion for shown in scene.shown.values()) == [False, True, True, True]
               for scene in found)
    assert {name for scene in found for name in MODALITIES if scene.shown[name] != scene.emotion} == set(MODALITIES)


@pytest.mark.parametrize("planted", MODALITIES)
def test_planted_emotions_are_shown_by_one_part_alone(planted):
    found = scenes(800, planted=planted)
    for name in MODALITIES:
        agree = np.mean([scene.shown[name] == scene.emotion for scene in found])
        assert agree == 1 if name == planted else 0.14 < agree < 0.27  # one in five by chance


def test_place_prior_is_how_often_the_place_goes_with_the_emotion():
    def share(prior, **more):
        found = [scene.shown["context"] for scene in scenes(600, place_prior=prior, contradicting=0.0, **more)]
        emotions = [scene.emotion for scene in scenes(600, place_prior=prior, contradicting=0.0, **more)]
        return (np.mean([one is not None for one in found]),
                np.mean([one == emotion for one, emotion in zip(found, emotions)]))

    assert share(0.0) == (0, 0) and share(1.0) == (1, 1) and share(-1.0) == (1, 0)
    known, right = share(0.5)
    assert known == right and 0.43 < known < 0.57


def test_missing_parts_have_their_share_and_something_is_always_left():
    found = scenes(600, missing=0.3)
    rates = [np.mean([name in scene.missing for scene in found]) for name in MODALITIES]
    assert min(rates) > 0.22 and max(rates) < 0.38
    assert all(len(scene.missing) == 3 for scene in scenes(50, missing=1.0))


def test_strength_zero_shows_nothing():
    for scene in scenes(30, strength=0.0):
        faces = PeopleSampler(PeopleSettings(strength=1.0)).scene(scene.number)
        assert sum(scene.face.action_units.values()) <= sum(faces.face.action_units.values()) + 1e-9


def test_affect_is_that_of_the_word_by_intensity():
    scene = next(scene for scene in scenes() if scene.emotion == "sadness")
    np.testing.assert_allclose(scene.affect, np.array([-.63, -.27, -.33]) * scene.intensity)
    assert {scene.emotion for scene in scenes()} == set(EMOTIONS)


@pytest.mark.parametrize("settings, words", [
    ({"planted": "voice"}, "planted modality"), ({"missing": 1.5}, r"lie in 0\.\.1"), ({"place_prior": -2}, r"-1\.\.1"),
    ({"strength": 2.0}, "strength"), ({"subjects": 0}, "subject")])
def test_impossible_settings_are_refused(settings, words):
    with pytest.raises(CatganError, match=words):
        PeopleSettings(**settings)
