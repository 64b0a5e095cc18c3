"""Corrections of uncertainty, learned on drawn errors whose size is known."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.labels import Labels, LabelSpec
from catgan.models.calibration import LEVELS, Calibration, calibrate

SPEC = LabelSpec((4,), "intensity", True)


def readings(n, factor=3.0, seed=0):
    """Readings whose errors are `factor` times as large as they say, and the truth."""
    random = np.random.default_rng(seed)
    columns, values = {}, {}
    for name, middle, size in (("AU04", 2.5, 0.2), ("valence", 0.0, 0.1), ("arousal", 0.0, 0.05)):
        std = np.full(n, size)
        columns[name], columns[f"{name}_std"] = np.full(n, middle), std
        values[name] = middle + factor * size * random.standard_normal(n).clip(-3, 3)
    return columns, Labels.from_columns(SPEC, values, n)


def test_calibrate_scaled_deviations_gives_true_coverage():
    calibration = calibrate(*readings(4000))
    assert all(scale == pytest.approx(3.0, rel=0.05) for scale in calibration.scales.values())
    columns, truth = readings(4000, seed=1)
    calibration.apply(columns)
    assert columns["AU04_std"][0] == pytest.approx(0.6, rel=0.05)
    for level in LEVELS:
        bounds = calibration.intervals(columns, level, SPEC)
        for name in ("AU04", "valence", "arousal"):
            values, _ = truth.column(name)
            inside = (bounds[f"{name}_low"] <= values) & (values <= bounds[f"{name}_high"])
            assert inside.mean() == pytest.approx(level, abs=0.03)


def test_intervals_of_few_faces_span_the_range():
    calibration = calibrate(*readings(5))
    columns, _ = readings(5)
    calibration.apply(columns)
    bounds = calibration.intervals(columns, 0.95, SPEC)
    assert (bounds["valence_low"] == -1).all() and (bounds["AU04_high"] == 5).all()
    assert calibration.quantiles["AU04"]["0.95"] is None and calibration.quantiles["AU04"]["0.5"] is not None
    with pytest.raises(CatganError, match="0.1, .*0.8, 0.9, 0.95. Received: 0.75"):
        calibration.intervals(columns, 0.75, SPEC)


def test_intervals_at_an_unknown_level_are_refused():
    columns, _ = readings(5)
    older = Calibration({"AU04": 1.0}, {}, {"AU04": {"0.5": 0.7, "0.9": 1.6}})
    assert older.levels == (0.5, 0.9)
    assert Calibration().levels == () and Calibration().intervals(columns, 0.3, SPEC) == {}
    np.testing.assert_allclose(older.intervals(columns, 0.5, SPEC)["AU04_high"], 2.5 + 0.2 * 0.7)
    with pytest.raises(CatganError, match="levels 0.5, 0.9. Received: 0.3"):
        older.intervals(columns, 0.3, SPEC)


def test_calibrate_overconfident_probabilities_raises_the_temperature():
    spec = LabelSpec((4,), "presence")
    random = np.random.default_rng(0)
    odds = random.normal(0, 1.5, 6000)
    present = (random.random(6000) < 1 / (1 + np.exp(-odds))).astype(float)
    said = {"AU04_present": 1 / (1 + np.exp(-2.5 * odds)), "AU04_present_std": np.ones(6000)}
    calibration = calibrate(said, Labels.from_columns(spec, {"AU04_present": present}, 6000))
    assert calibration.temperatures["AU04_present"] == pytest.approx(2.5, rel=0.1)
    calibration.apply(said)
    np.testing.assert_allclose(said["AU04_present"], 1 / (1 + np.exp(-odds)), atol=0.05)
    probability = said["AU04_present"]
    np.testing.assert_allclose(said["AU04_present_std"] ** 2, probability * (1 - probability), rtol=1e-4)


def test_calibrate_without_known_labels_changes_nothing_and_survives_a_round_trip():
    columns, truth = readings(50)
    unknown = Labels(SPEC, truth.values, np.zeros_like(truth.mask))
    assert calibrate(columns, unknown) == Calibration()
    calibration = calibrate(columns, truth)
    assert Calibration.from_dict(calibration.to_dict()) == calibration
