"""What a logistic regression reads from walkers: small runs of the benchmark, and one at its size."""

import numpy as np
import pytest

from catgan.benchmarks.walkers import (INPUTS, ONE_FRAME, ONE_POSTURE, WalkerOptions, inputs_of, measure_planted_walks,
                                       measure_walkers, recognised, walkers_table)
from catgan.modalities.gait_features import FEATURES
from catgan.synthesis.walks import walks

SMALL = WalkerOptions(walks=300, people=30)


def test_inputs_have_the_named_columns():
    found = inputs_of(walks(6, 3, heading=20))
    assert {name: values.shape for name, values in found.items()} == {
        **{name: (6, len(columns)) for name, columns in INPUTS.items()}, ONE_FRAME: (6, 48),
        ONE_POSTURE: (6, len(INPUTS["posture"]))}
    assert INPUTS["speed"] == [[feature.name for feature in FEATURES].index("root_speed")]
    np.testing.assert_allclose(found[ONE_FRAME][:, :3], 0, atol=1e-9)


def test_unknown_values_get_the_mean_of_training():
    values = np.array([[0.0], [1.0], [0.0], [1.0], [np.nan], [1.1]])
    labels, training = np.array([0, 1, 0, 1, 0, 1]), np.array([True] * 4 + [False] * 2)
    assert recognised(values, labels, training)[[0, 1, 5]].tolist() == [0, 1, 1]
    with_empty = np.hstack([values, np.full((6, 1), np.nan), np.ones((6, 1))])
    np.testing.assert_array_equal(recognised(with_empty, labels, training), recognised(values, labels, training))


def test_speed_only_classes_are_in_the_gait_and_not_in_the_posture():
    found = measure_planted_walks("gait_speed", SMALL)
    assert found["gait"]["macro_f1"] > 0.95 and found[ONE_POSTURE]["macro_f1"] < 0.65
    assert found["gait"]["n"] == 120 and found["gait"]["people"] == 12
    low, high = found["gait"]["interval"]
    assert low <= found["gait"]["macro_f1"] <= high


def test_table_has_a_row_for_each_input():
    figures = {"speed": {"macro_f1": 0.5, "interval": [0.25, 0.75]}, "gait": {"macro_f1": 1.0, "interval": None}}
    assert walkers_table({"a": figures}) == ("| input | a |\n|---|---|\n| speed | 0.500 (0.250 .. 0.750) |\n"
                                             "| gait | 1.000 |\n")


@pytest.mark.slow
def test_figures_of_emotions_on_people_never_seen():
    """docs/results/people_walkers.md has them of five seeds."""
    found = {strength: measure_walkers(WalkerOptions(1500, 100), strength=strength) for strength in (0.5, 1.0)}
    full, half = found[1.0], found[0.5]
    assert full["all features"]["macro_f1"] > 0.85
    assert full["all features"]["macro_f1"] > full["angles"]["macro_f1"] > full["speed"]["macro_f1"]
    assert full["all features"]["macro_f1"] > full[ONE_FRAME]["macro_f1"] + 0.1
    assert 0.45 < half["all features"]["macro_f1"] < 0.7
