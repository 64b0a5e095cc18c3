"""Expected distributions, agreement and correction, against numbers worked out by hand and by SciPy."""

from datetime import datetime, timezone

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from catgan.errors import CatganError
from catgan.modalities import situations
from catgan.modalities.observations import observation
from catgan.modalities.situation_file import SituationFile, Settings, create
from catgan.modalities.situations import agreement, corrected, expected

EMOTIONS = ("happiness", "sadness", "anger")
MONDAY = datetime(2026, 6, 1, 9, 30, tzinfo=timezone.utc)
NOW = MONDAY.timestamp()
MIXED = {"happiness": 0.2, "sadness": 0.5, "anger": 0.3}


@pytest.fixture
def store(tmp_path):
    """An open store without notable decay, whose prior is worth 2 observations; `more` adds observations."""
    create(tmp_path / "store.db", Settings(EMOTIONS, half_life=9e5, prior=2.0))
    with SituationFile(tmp_path / "store.db") as file:
        def add(emotion, count, place="street", time=MONDAY):
            before = sum(cell.count for cell in file.cells(NOW))
            file.add(observation(place, time, emotion, str(before + i), EMOTIONS) for i in range(count))

        file.more = add
        yield file


def posterior(alpha):
    """A situation with these parameters."""
    alpha = np.array(alpha, np.float64)
    return situations.Expected("street", None, None, EMOTIONS, alpha, np.full(3, 1 / 3), int(alpha.sum()), alpha.sum())


def test_expected_of_an_empty_store_is_uniform(store):
    found = expected(store, now=NOW)
    assert found.distribution == pytest.approx([1 / 3] * 3) and found.count == 0


def test_expected_backs_off_from_the_hour_to_the_place_to_all_places(store):
    store.more("happiness", 4)
    store.more("sadness", 2, time=MONDAY.replace(hour=8))
    store.more("anger", 2, place="park")
    everywhere = np.array([4 + 2 / 3, 2 + 2 / 3, 2 + 2 / 3]) / 10
    street = (np.array([4, 2, 0]) + 2 * everywhere) / 8
    hour = (np.array([4, 0, 0]) + 2 * street) / 6
    assert expected(store, now=NOW).distribution == pytest.approx(everywhere)
    assert expected(store, "street", now=NOW).distribution == pytest.approx(street)
    found = expected(store, "street", MONDAY, now=NOW)
    assert found.distribution == pytest.approx(hour) and (found.count, found.weight) == (4, 4.0)
    unseen = expected(store, "street", MONDAY.replace(hour=3), now=NOW)
    assert unseen.distribution == pytest.approx(street) and unseen.alpha.sum() == pytest.approx(2.0)
    assert unseen.situation == "street, Monday 03:00-03:59" and unseen.count == 0


def test_interval_is_that_of_the_beta_distribution_of_each_emotion():
    low, high = posterior([6.0, 3.0, 1.0]).interval()
    assert (low[0], high[0]) == pytest.approx(stats.beta(6, 4).interval(0.95))


@pytest.mark.parametrize("place, when, message", [
    ("steret", None, "Unknown place 'steret'. Did you mean 'street'"), (None, MONDAY, "A time needs a place")])
def test_expected_refuses_what_it_cannot_know(store, place, when, message):
    store.more("happiness", 1)
    with pytest.raises(CatganError, match=message):
        expected(store, place, when, now=NOW)


def test_distance_is_that_of_scipy_and_its_interval_narrows_with_observations():
    few, many = (agreement(MIXED, posterior(scale * np.array([6.0, 3.0, 1.0]))) for scale in (1.0, 100.0))
    assert many.distance == few.distance == pytest.approx(jensenshannon([0.2, 0.5, 0.3], [0.6, 0.3, 0.1], base=2))
    assert few.interval[1] - few.interval[0] > 5 * (many.interval[1] - many.interval[0])
    assert many.interval[0] < many.distance < many.interval[1]


def test_excess_is_beyond_the_same_certainty_at_the_best_emotion():
    best = jensenshannon([0.5, 0.2, 0.3], [0.6, 0.3, 0.1], base=2)
    found = agreement(MIXED, posterior([60.0, 30.0, 10.0]))
    assert found.excess == pytest.approx(found.distance - best)


@pytest.mark.parametrize("emotion, alpha, verdict", [
    ("happiness", (90, 5, 5), "agreement"), ("anger", (90, 5, 5), "conflict"), ("anger", (40, 40, 40), "agreement"),
    ("anger", (1.8, 0.1, 0.1), "too few observations"), ("happiness", (0.7, 0.7, 0.7), "too few observations")])
def test_verdict_of_a_certain_prediction(emotion, alpha, verdict):
    found = agreement({emotion: 1.0}, posterior(alpha))
    assert found.verdict == verdict
    assert "street, all times: happiness is expected most" in found.sentence and emotion in found.sentence


def test_corrected_multiplies_by_what_the_place_expects_beyond_all_places(store):
    store.more("happiness", 6)
    store.more("anger", 2, place="park")
    found, base = expected(store, "street", now=NOW), np.array([20, 2, 8]) / 30
    by_hand = np.array([0.2, 0.5, 0.3]) * found.distribution / base
    result = corrected(MIXED, found)
    assert list(result.with_situation.values()) == pytest.approx(by_hand / by_hand.sum())
    assert result.without == MIXED


def test_corrected_by_all_places_changes_nothing(store):
    store.more("happiness", 6)
    assert corrected(MIXED, expected(store, now=NOW)).with_situation == pytest.approx(MIXED)


def test_agreement_changes_no_bit_of_the_prediction():
    before = {name: float(np.float32(value)) for name, value in MIXED.items()}
    copy = dict(before)
    agreement(before, posterior([6.0, 3.0, 1.0]))
    assert before == copy


@pytest.mark.parametrize("predicted, message", [
    ({"hapiness": 1.0}, "Unknown emotion 'hapiness'"), ({"anger": 0.5}, "with the sum 1"),
    ({"anger": 1.5, "sadness": -0.5}, "probabilities of 0 or more"), ({"anger": float("nan")}, "with the sum 1")])
def test_prediction_must_be_probabilities_of_known_emotions(predicted, message):
    with pytest.raises(CatganError, match=message):
        agreement(predicted, posterior([6.0, 3.0, 1.0]))
