"""The benchmark of planted causes, small."""

import json

import numpy as np
import pytest

from catgan.benchmarks.landmarks.planted import (PlantedOptions, measure_planted, planted_table, score_network,
                                                 split_people)
from catgan.data.clips.planted import planted_clips
from catgan.errors import CatganError
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.model import LandmarkRecogniser

SMALL = PlantedOptions(clips=100, people=40, kinds=("linear",), explained=8, baselines=("zeros",))


def test_people_are_in_one_split_each():
    clips, _ = planted_clips("mouth", 30, 10)
    parts = split_people(clips)
    people = [{clips.subjects[row] for row in part} for part in parts]
    assert [len(part) for part in people] == [6, 1, 3] and not set.intersection(*people)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(30))


@pytest.mark.slow
def test_figures_of_a_linear_network_are_whole_and_written(tmp_path):
    figures = json.loads(json.dumps(measure_planted(SMALL, ["left_brow"]), allow_nan=False))
    network = figures["tasks"]["left_brow"]["networks"]["linear"]
    assert 0 < network["n"] <= 8 and 0.0 <= network["accuracy"] <= 1.0 and set(network["baselines"]) == {"zeros"}
    found = network["baselines"]["zeros"]
    low, high = found["share_interval"]
    assert low <= found["share"] <= high and sum(found["regions"].values()) == pytest.approx(1.0)
    assert found["regions"]["left_brow"] == pytest.approx(found["share"])
    assert set(found["controls"]) == {"shuffled", "motion", "blurred"}
    lines = planted_table(figures).splitlines()
    assert len(lines) == 3 and lines[2].startswith("| left_brow | linear |")
    assert len({line.count("|") for line in lines}) == 1


def test_network_that_never_says_the_class_has_an_accuracy_alone():
    clips, truth = planted_clips("mouth", 8, 4)
    model = LandmarkRecogniser(LandmarkConfig(kind="linear"), ShapeOptions(), clips.classes, clips.landmark_set,
                               clips.rate, clips.frames)
    for variable, value in zip(model.network.get_layer("readout").variables, (0.0, np.array([[[9.0]], [[-9.0]]]))):
        variable.assign(np.broadcast_to(value, variable.shape))
    found = score_network(model, clips, truth.moments, truth, SMALL)
    assert found["accuracy"] == 0.5 and found["n"] == 0 and found["baselines"] == {}
    table = planted_table({"tasks": {"mouth": {"chance": 0.2, "networks": {"linear": found}}}})
    assert table.splitlines()[2].startswith("| mouth | linear | 0 | 0.50 (")


def test_unknown_task_is_said():
    with pytest.raises(CatganError, match="task of planted clips"):
        measure_planted(SMALL, ["ears"])
