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


def of(values, name="mean"):
    return lambda rows: {name: float(values[rows].mean())}


def test_intervals_of_several_figures_are_those_of_each_alone():
    values, people = np.random.default_rng(0).normal(size=(2, 60)), [f"p{row // 3}" for row in range(60)]
    both = bootstrap.intervals(lambda rows: {"a": float(values[0, rows].mean()), "b": None}, people)
    assert both == {"a": bootstrap.interval(lambda rows: float(values[0, rows].mean()), people), "b": None}
    assert bootstrap.intervals(of(values[0]), []) == {}


def test_paired_difference_is_narrower_than_that_of_independent_draws():
    random = np.random.default_rng(0)
    hard = np.repeat(random.normal(size=40), 5)  # people differ much, and alike for both models
    first, second = hard + 0.1 + random.normal(0, 0.1, 200), hard + random.normal(0, 0.1, 200)
    people = np.repeat([f"p{person}" for person in range(40)], 5)
    found = bootstrap.paired(of(first), of(second), people)["mean"]
    assert found["difference"] == pytest.approx(first.mean() - second.mean())
    low, high = found["interval"]
    assert 0 < low < found["difference"] < high < 0.2 and found["p"] < 0.01
    alone = bootstrap.interval(lambda rows: float(first[rows].mean()), people)
    assert alone[1] - alone[0] > 5 * (high - low)


def test_paired_p_by_hand():
    """Two people, differences 1 and -1: half of the draws give 0, a quarter 1, a quarter -1: p = 1."""
    found = bootstrap.paired(of(np.array([1.0, 0.0])), of(np.array([0.0, 1.0])), ["a", "b"])["mean"]
    assert found == {"first": 0.5, "second": 0.5, "difference": 0.0, "interval": [-1.0, 1.0], "p": 1.0}
    found = bootstrap.paired(of(np.array([3.0, 2.0])), of(np.array([2.0, 1.0])), ["a", "b"], n=99)["mean"]
    assert found["interval"] == [1.0, 1.0] and found["p"] == pytest.approx(2 * 1 / 100)


def test_paired_of_an_undefined_figure_is_undefined():
    found = bootstrap.paired(lambda rows: {"f": None, "g": 1.0}, lambda rows: {"f": 1.0}, ["a", "b"], n=10)
    assert found == {"f": {"first": None, "second": 1.0, "difference": None, "interval": None, "p": None}}


@pytest.mark.slow
def test_paired_p_of_equal_models_is_uniform():
    small = 0
    for repetition in range(REPETITIONS):
        random = np.random.default_rng(repetition)
        hard = faces_of_people(random)
        models = [hard + random.normal(size=PEOPLE * FACES) for _ in range(2)]
        groups = np.repeat([f"p{person}" for person in range(PEOPLE)], FACES)
        small += bootstrap.paired(of(models[0]), of(models[1]), groups, 200, repetition)["mean"]["p"] <= 0.05
    assert 0.02 <= small / REPETITIONS <= 0.09  # 5 %, three standard errors of 400 repetitions
