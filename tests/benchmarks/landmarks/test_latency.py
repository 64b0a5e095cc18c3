"""Tests of `catgan.benchmarks.landmarks.latency`."""

import pytest

from catgan.benchmarks.landmarks.latency import latency, latency_lines, latency_table
from catgan.models.landmarks.architectures import LandmarkConfig
from tests.harness.untrained_landmarks import untrained_landmarks


def test_latency_is_measured_per_clip_and_per_frame():
    model = untrained_landmarks(chosen=9)
    found = latency(model, "surprise", clips=2, round_seconds=0.005)
    assert 0 < found["lowest"] <= found["ms_per_clip"] <= found["highest"] < 1000
    assert found["ms_per_frame"] == pytest.approx(found["ms_per_clip"] / 8)
    assert found["points"] == 8  # the last binary reads one fewer


def test_latency_table_has_a_row_for_each_number_of_landmarks():
    rows = latency_table(LandmarkConfig("linear"), counts=(2, 3), frames=4, round_seconds=0.005)
    assert [row["count"] for row in rows] == [2, 3]
    assert rows[0]["alone"]["parameters"] == 3 * 4 + 1 and rows[0]["together"]["multiply_adds"] == 7 * 12
    lines = latency_lines(rows)
    assert len(lines) == 4 and {line.count("|") for line in lines} == {10}
    assert "| - | - | - | - |" in latency_lines([{**rows[0], "alone": None}])[2]
