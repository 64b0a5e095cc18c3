"""Verification by hand; Fisherfaces on the embedded face model's people."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.metrics.identity import Fisherfaces, cosine_similarity, verification
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler


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


def test_verification_by_hand():
    """Two people, two faces each: pairs of one person at 0 and 45 degrees, of two at 90, 90, 90 and 45."""
    features = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    found = verification(features, ["a", "a", "b", "b"])
    half = np.sqrt(0.5)
    assert found["pairs"] == 2 and found["same"] == pytest.approx((1 + half) / 2)
    assert found["others"] == pytest.approx((0 + half + 0 + half) / 4)
    assert found["auc"] == pytest.approx((4 + 2 + 2 * 0.5) / 8)  # one pair beats all, the other two, and ties with two
    assert found["others_95"] == pytest.approx(half)
    assert verification(features, list("abcd"))["auc"] is None and verification(features, list("aaaa"))["auc"] is None


def test_cosine_similarity_by_hand():
    a, b = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [4.0, -3.0], [1.0, 1.0]])
    np.testing.assert_allclose(cosine_similarity(a, b), [1.0, 0.0, 0.0], atol=1e-12)
