"""The benchmark of planted causes, small."""

import json

import numpy as np
import pytest

from catgan.benchmarks.landmarks.planted import PlantedOptions, measure_planted, planted_table, split_people
from catgan.data.clips.planted import planted_clips
from catgan.errors import CatganError

SMALL = PlantedOptions(clips=100, people=40, kinds=("linear",), explained=8)


def test_people_are_in_one_split_each():
    clips, _ = planted_clips("mouth", 30, 10)
    parts = split_people(clips)
    people = [{clips.subjects[row] for row in part} for part in parts]
    assert [len(part) for part in people] == [6, 1, 3] and not set.intersection(*people)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(30))


def test_figures_of_a_linear_network_are_whole_and_written(tmp_path):
    figures = json.loads(json.dumps(measure_planted(SMALL, ["left_brow"]), allow_nan=False))
    found = figures["tasks"]["left_brow"]["networks"]["linear"]
    assert 0 < found["n"] <= 8 and 0.0 <= found["accuracy"] <= 1.0
    low, high = found["share_interval"]
    assert low <= found["share"] <= high and sum(found["regions"].values()) == pytest.approx(1.0)
    assert found["regions"]["left_brow"] == pytest.approx(found["share"])
    assert set(found["controls"]) == {"shuffled", "motion", "blurred"}
    lines = planted_table(figures).splitlines()
    assert len(lines) == 3 and lines[2].startswith("| left_brow | linear |")
    assert len({line.count("|") for line in lines}) == 1


def test_unknown_task_is_said():
    with pytest.raises(CatganError, match="task of planted clips"):
        measure_planted(SMALL, ["ears"])
