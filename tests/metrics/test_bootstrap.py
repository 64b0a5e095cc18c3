import numpy as np
import pytest

from catgan.metrics import bootstrap
from catgan.metrics.moments import Moments


def test_interval_of_a_mean():
    values = np.random.default_rng(0).normal(5, 1, 400)
    low, high = bootstrap.interval(lambda rows: values[rows].mean(), [str(i) for i in range(400)], n=400)
    assert low < values.mean() < high
    assert 0.15 < high - low < 0.25  # 2 * 1.96 / sqrt(400)


def test_subjects_are_drawn_whole():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 10), 40)
    people = np.repeat([f"p{i}" for i in range(10)], 40)
    whole = bootstrap.interval(lambda rows: values[rows].mean(), people)
    apart = bootstrap.interval(lambda rows: values[rows].mean(), [str(i) for i in range(400)])
    assert whole[1] - whole[0] > 3 * (apart[1] - apart[0])


def test_same_seed_same_interval_and_undefined():
    people = ["a", "b", "c"]
    assert bootstrap.interval(lambda rows: float(rows.sum()), people) == \
        bootstrap.interval(lambda rows: float(rows.sum()), people)
    assert bootstrap.interval(lambda rows: None, people) is None
    assert bootstrap.interval(lambda rows: 1.0, []) is None


def test_jackknife_of_a_mean_by_hand():
    # leaving out one of 1, 2, 6: means 4, 3.5, 1.5; error sqrt(2 / 3 * (1 + .25 + 2.25)) = 1.5275 = s / sqrt(3)
    values = np.array([1.0, 2.0, 6.0])
    low, high = bootstrap.jackknife(lambda rows: values[rows].mean(), ["a", "b", "c"])
    assert (low, high) == pytest.approx((3 - 1.96 * 1.527525, 3 + 1.96 * 1.527525), abs=1e-5)


def test_jackknife_leaves_out_whole_subjects():
    values = np.repeat(np.random.default_rng(0).normal(0, 1, 100), 10)
    people = np.repeat([f"p{i}" for i in range(100)], 10)
    low, high = bootstrap.jackknife(lambda rows: values[rows].mean(), people)
    assert 0.25 < high - low < 0.6  # 2 * 1.96 / sqrt(100) = .39; by faces it would be .12
    seen = []
    bootstrap.jackknife(lambda rows: seen.append(set(people[rows])) or 0.0, people, blocks=4)
    assert sorted(len(part) for part in seen) == [75, 75, 75, 75, 100]
    assert bootstrap.jackknife(lambda rows: 1.0, ["a", "a"]) is None
    assert bootstrap.jackknife(lambda rows: 1.0, []) is None


PEOPLE, FACES, REPETITIONS = 50, 6, 400


def coverage(make_interval, truth, draw):
    """In how many of `REPETITIONS` drawn data sets the interval holds the true value."""
    groups, inside = np.repeat([f"p{person}" for person in range(PEOPLE)], FACES), 0
    for repetition in range(REPETITIONS):
        low, high = make_interval(draw(np.random.default_rng(repetition)), groups, repetition)
        inside += low <= truth <= high
    return inside / REPETITIONS


def faces_of_people(random):
    """Values whose variance lies half between people and half within, mean 1."""
    return 1.0 + np.repeat(random.normal(size=PEOPLE), FACES) + random.normal(size=PEOPLE * FACES)


@pytest.mark.slow
def test_bootstrap_interval_over_people_covers_the_mean_in_95_of_100_data_sets():
    def over(values, groups, seed):
        return bootstrap.interval(lambda rows: float(values[rows].mean()), groups, seed=seed)

    shares = coverage(over, 1.0, faces_of_people)
    assert 0.91 <= shares <= 0.98  # three standard errors of 400 repetitions, and the optimism of percentiles
    alone = coverage(lambda values, groups, seed: over(values, np.arange(len(values)).astype(str), seed), 1.0,
                     faces_of_people)
    assert alone < 0.8  # faces taken as independent promise too much


@pytest.mark.slow
def test_jackknife_interval_over_people_covers_the_mean_in_95_of_100_data_sets():
    share = coverage(lambda values, groups, seed: bootstrap.jackknife(lambda rows: float(values[rows].mean()), groups,
                                                                      seed=seed), 1.0, faces_of_people)
    assert 0.91 <= share <= 0.98


@pytest.mark.slow
def test_bootstrap_interval_covers_the_ccc_of_the_population():
    """Prediction = truth + an error of each person + an error of each face, all of variance 1: CCC = 2 / (1 + 3)."""
    def draw(random):
        truth = random.normal(size=PEOPLE * FACES)
        error = np.repeat(random.normal(size=PEOPLE), FACES) + random.normal(size=PEOPLE * FACES)
        return np.stack([truth, truth + error])

    share = coverage(lambda pair, groups, seed: bootstrap.interval(
        lambda rows: Moments.of(pair[0][rows], pair[1][rows]).ccc, groups, seed=seed), 0.5, draw)
    assert 0.91 <= share <= 0.98
