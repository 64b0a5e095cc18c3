import numpy as np
import pytest

from catgan.metrics import bootstrap


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
