"""Fisherfaces on the embedded face model's people."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces.rendering import Renderer
from catgan.faces.scene import Sampler
from catgan.metrics.identity import Fisherfaces


@pytest.fixture(scope="module")
def people():
    sampler = Sampler(3, 40)
    scenes = [sampler.scene(index) for index in range(400)]
    return Renderer(32).render(scenes, 1)[0], [scene.subject for scene in scenes]


def test_one_person_is_nearer_than_another(people):
    images, subjects = people
    identity = Fisherfaces.fit(images[:300], subjects[:300])
    features = identity(images[300:])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    alike = features @ features.T
    same = np.array(subjects[300:])[:, None] == np.array(subjects[300:])
    other = ~same
    np.fill_diagonal(same, False)
    chance = (alike[same][:, None] > alike[other][None, ::7]).mean()  # area under the curve of verification
    assert chance > 0.95


def test_too_few_people(people):
    images, subjects = people
    with pytest.raises(CatganError, match="needs 20 people with 3 faces each. Received: "):
        Fisherfaces.fit(images[:20], subjects[:20])
