import dataclasses

import numpy as np
import pytest

from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.explain import Counterfactual, counterfactual
from catgan.explain.drawing import InversionDrawer, face_region, invert
from catgan.gan.model import CatGAN
from catgan.metrics import image as image_metrics


@pytest.fixture(scope="module")
def smile(drawn, tiny_gan):
    """A face of the test split in which the model sees AU12."""
    images = load_dataset(drawn).images("test", 3)
    return np.array(images[int(np.argmax(tiny_gan.read(images)["AU12_present"]))])


class BarDrawer:
    """Draws AU12 as what it is in the drawn pictures: a bright bar at the bottom."""

    poor, quality = False, {"psnr": 30.0, "ssim": 0.9}

    def __init__(self, gan, image, settings, seed):
        self.image, self.settings, self.reconstruction = image, settings, image

    def draw(self, changes):
        faces = np.repeat(self.image[None].astype(float), len(changes), axis=0)
        for face, change in zip(faces, changes):
            face[12:] += 16.0 * (change.get(12, self.settings[12]) - self.settings[12])
        return np.clip(faces, 0, 255).astype(np.uint8)


def test_found_with_a_drawer_that_draws_the_truth(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=BarDrawer)
    assert result.status == "ok" and result.validity == 1.0 and "AU12" in result.changes
    before, after = result.changes["AU12"]
    assert after < before
    reading = tiny_gan.read(result.images["counterfactual"][None])["AU12_present"][0]
    assert reading < tiny_gan.thresholds[12]
    assert result.counterfactual["AU12_present"] == pytest.approx(reading, abs=1e-4)
    assert result.proximity["l1"] == pytest.approx(image_metrics.l1(smile, result.images["counterfactual"]))
    assert "AU12 lip corner puller goes from" in result.sentence()
    assert f"(present from {tiny_gan.thresholds[12]:.2f})" in result.sentence()
    assert result.to_dict()["thresholds"] == {"AU12_present": pytest.approx(tiny_gan.thresholds[12], abs=1e-4)}


def test_already_met(tiny_gan, smile):
    result = counterfactual(tiny_gan, smile, "AU12>=1")
    assert result.status == "already met" and result.changes == {} and result.validity == 1.0
    np.testing.assert_array_equal(result.images["counterfactual"], smile)


def test_not_found_is_an_answer(tiny_gan, smile):
    class Nothing(BarDrawer):
        def draw(self, changes):
            return np.repeat(self.image[None], len(changes), axis=0)

    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=Nothing)
    assert result.status == "not found" and result.validity == 0.0 and "No change of up to three" in result.sentence()


def test_poor_inversion_is_said(tiny_gan, smile):
    class Poor(BarDrawer):
        poor, quality = True, {"psnr": 9.0, "ssim": 0.1}

    result = counterfactual(tiny_gan, smile, "AU12=0", drawer=Poor)
    assert result.status == "poor inversion" and "do not rely on this" in result.sentence()


def test_the_inversion_drawer_end_to_end(tiny_gan, smile):
    first, second = (counterfactual(tiny_gan, smile, "AU12=0", seed=1) for _ in range(2))
    assert first.status in ("ok", "not found", "poor inversion")
    assert dataclasses.replace(first, seconds=0, images={}) == dataclasses.replace(second, seconds=0, images={})
    np.testing.assert_array_equal(first.images["counterfactual"], second.images["counterfactual"])
    content = first.to_dict()
    assert set(content) >= {"status", "target", "original", "counterfactual", "changes", "validity", "oracle_validity",
                            "proximity", "sparsity", "identity", "inversion", "seconds"}
    assert content["oracle_validity"] is None and content["identity"] is None  # nobody judged, and none is made up


def test_inversion_finds_a_face_that_the_generator_drew(tiny_gan):
    condition = tiny_gan.condition({12: 5.0})
    latent = np.random.default_rng(3).standard_normal((1, 8)).astype(np.float32)
    face = tiny_gan.draw(latent, condition)[0]
    found = tiny_gan.draw(invert(tiny_gan, face, condition), condition)[0]
    other = tiny_gan.draw(np.random.default_rng(4).standard_normal((1, 8)).astype(np.float32), condition)[0]
    assert image_metrics.psnr(face, found) > max(25.0, image_metrics.psnr(face, other) + 3)


def test_away_from_the_face_the_photograph_stays(tiny_gan, smile):
    drawer = InversionDrawer(tiny_gan, smile, {4: 0.0, 12: 5.0})
    unchanged, changed = drawer.draw([{}, {12: 0.0, 4: 5.0}])
    np.testing.assert_array_equal(unchanged, smile)
    outside = face_region(16) == 0
    assert outside[0, 0] and not outside[8, 8]
    np.testing.assert_array_equal(changed[outside], smile[outside])


def test_a_model_without_action_units(tiny_gan, smile):
    gan = CatGAN(tiny_gan.network, tiny_gan.spec.mode("va"))
    with pytest.raises(CatganError, match="without them"):
        counterfactual(gan, smile, "valence<=0")


def test_a_photograph_of_another_size(tiny_gan):
    with pytest.raises(CatganError, match="16, 16, 3"):
        counterfactual(tiny_gan, np.zeros((64, 64, 3), np.uint8), "AU12=0")


def test_statuses_are_closed():
    from catgan.explain.counterfactual import STATUSES
    assert STATUSES == ("ok", "already met", "not found", "poor inversion") and Counterfactual.__doc__


def test_the_scene_drawer_draws_the_truth(tiny_gan):
    """On drawn faces the counterfactual can be the true one: the same scene with other Action Units."""
    from catgan.explain.drawing import SceneDrawer
    from catgan.faces.rendering import Renderer
    from catgan.faces.scene import Sampler

    scene = Sampler(0).scene(3)
    image = Renderer(16).render([scene], 1)[0][0]
    drawer = SceneDrawer(tiny_gan, image, {4: 0.0, 12: 0.0}, scene=scene, channels=1)
    same, smiling = drawer.draw([{}, {12: 5.0}])
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(smiling, Renderer(16).render([scene.with_action_units({12: 5.0})], 1)[0][0])
