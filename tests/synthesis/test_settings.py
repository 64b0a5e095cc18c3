import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.places import EMOTIONS, hours_of
from catgan.synthesis.settings import PAIRS, chances, expected, posterior, sample_setting


def test_expectation_is_the_place_times_the_phrase():
    np.testing.assert_allclose(expected("street"), np.array([3, 1, 1, 1, 2]) / 8)
    np.testing.assert_allclose(expected("street", "rainy street"), np.array([3, 1, 40, 1, 2]) / 47)


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.9, 1.0])
def test_chances_are_distributions_over_pairs(strength):
    np.testing.assert_allclose(chances(strength).sum(0), 1.0)
    assert (chances(strength) > 0).all()


def test_places_say_nothing_at_strength_zero_and_more_with_strength():
    def information(strength):
        joint = chances(strength) / 5
        return (joint * np.log(joint / (joint.sum(1, keepdims=True) * 0.2))).sum()

    assert information(0.0) == pytest.approx(0.0, abs=1e-12)
    assert information(0.0) < information(0.5) < information(0.9) < information(1.0)
    np.testing.assert_allclose(posterior("alley", "dark alley", 0.0), 0.2)


def test_best_guess_from_the_place_is_right_as_often_as_documented():
    """The accuracy of the best guess from place and phrase, see docs/people.md."""
    best = [(chances(strength) / 5).max(1).sum() for strength in (0.0, 0.5, 0.9, 1.0)]
    np.testing.assert_allclose(best, [0.2, 0.51, 0.75, 0.81], atol=0.01)


def test_posterior_is_what_samples_show():
    pair, counts = ("park", "sunny park"), np.zeros(5)
    for number in range(8000):
        setting = sample_setting(EMOTIONS[number % 5], 0.9, number)
        counts[number % 5] += (setting.place, setting.phrase) == pair
    truth = posterior(*pair, 0.9)
    assert counts.sum() > 80
    assert np.abs(counts / counts.sum() - truth).max() < 4 * np.sqrt(0.25 / counts.sum())


def test_sampled_settings_are_possible_and_reproducible():
    for seed in range(60):
        setting = sample_setting("happiness", 1.0, seed)
        assert (setting.place, setting.phrase) in PAIRS and setting.hour in hours_of(setting.place, setting.phrases)
        assert setting == sample_setting("happiness", 1.0, seed)


@pytest.mark.parametrize("arguments, words", [(("joy", 0.5), "Unknown emotion 'joy'"), (("fear", 1.5), r"0\.\.1")])
def test_unknown_emotions_and_strengths_are_refused(arguments, words):
    with pytest.raises(CatganError, match=words):
        sample_setting(*arguments)
