import numpy as np
import pytest

from catgan.explain.people.regions import Hiding, face_words, occlusion_map, picture_words, region_evidence
from tests.harness.fusion import AdditiveModel


def hiding(seen=False, name="context"):
    """A picture whose white upper left corner says the second emotion."""
    model = AdditiveModel(("face", "context"))
    image = np.zeros((1, 64, 64, 3), np.uint8)
    image[:, :8, :8] = 255
    arrays = {"image": image, **({"seen": np.ones((1, 64, 64), np.float32)} if seen else {})}
    other = "face" if name == "context" else "context"
    features = {**model.features({name: arrays}), other: np.zeros((1, 3), np.float32)}
    return Hiding(model, arrays, features, {"face": np.ones(1, bool), "context": np.ones(1, bool)}, name, 1)


@pytest.mark.parametrize("seen", [False, True])
def test_hiding_the_corner_costs_what_it_adds(seen):
    masks = np.zeros((2, 64, 64), bool)
    masks[0, :8, :8] = masks[1, 32:, 32:] = True
    dropped, kept = hiding(seen).drops(masks)
    # The mean colour of the picture is 1/64 white, which leaves 4/64 of the logit.
    assert dropped == pytest.approx(4.0 - 4.0 * round(255 / 64) / 255, abs=1e-4)
    assert kept == pytest.approx(0.0, abs=1e-6)


def test_occlusion_finds_the_corner_and_checks_it():
    found = region_evidence(hiding(True))
    assert found.method == "occlusion" and found.named == ["the upper left"]
    assert found.heat.argmax() // 64 < 16 and found.shares["the upper left"] == pytest.approx(1.0)
    assert found.drop > 3.5 and found.drop_elsewhere == pytest.approx(0.0, abs=1e-6) and found.confirmed
    assert len(found.to_dict()["heat"]) == 8
    assert occlusion_map(hiding())[40:, 40:].max() == pytest.approx(0.0, abs=1e-6)


def test_attention_is_shown_as_given_and_is_not_confirmed_where_nothing_depends_on_it():
    heat = np.zeros((64, 64))
    heat[46:52, 24:40] = 1.0
    found = region_evidence(hiding(name="face"), heat)
    assert found.method == "attention" and found.named == ["the mouth"] and not found.confirmed
    assert found.drop == pytest.approx(0.0, abs=1e-6)


def test_no_heat_names_nothing():
    found = region_evidence(hiding(), np.zeros((64, 64)))
    assert found.named == [] and set(found.shares.values()) == {0.0}


@pytest.mark.parametrize("words", [face_words(64), picture_words(64), picture_words(50)])
def test_every_pixel_lies_in_one_region(words):
    assert np.array_equal(sum(mask.astype(int) for mask in words.values()), np.ones_like(next(iter(words.values()))))
    assert all(name.startswith(("the ", "what ")) for name in words)
