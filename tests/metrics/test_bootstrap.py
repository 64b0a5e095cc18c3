import numpy as np

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
