"""Tests of `catgan.studies.elimination.study` from end to end on a tiny data set, with networks of milliseconds."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from catgan.errors import CatganError, DataError
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.studies.elimination.options import ArmOptions, Elimination
from catgan.studies.elimination.study import eliminate
from tests.harness.clips import filmed, write_clips
from tests.harness.eliminations import toy_trainer, write_moving_clips

STUDY = Elimination("toy", {"toy": LandmarkConfig(), "other": LandmarkConfig()}, ClipOptions(length=0.8, rate=5.0),
                    folds=2, validation=0.3, sizes=(40, 10), draws=20, seeds=(0, 1),
                    arms={"random": ArmOptions(draws=2), "joint": ArmOptions(), "roar": ArmOptions(sizes=(40,)),
                          "anatomical": ArmOptions(subsets=("mouth", "brows"))})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_moving_clips(tmp_path_factory.mktemp("clips"), 18, 4)


@pytest.fixture(scope="module")
def done(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "out"
    return eliminate(STUDY, data, out, trainer_of=toy_trainer, verbose=False), out


def test_study_writes_every_file(done):
    result, out = done
    for name in ("curves.png", "curves_toy.png", "curves_other.png", "points_toy.png"):
        assert cv2.imread(str(out / name)).shape[1] > 500
    assert json.loads((out / "elimination.json").read_text())["networks"].keys() == {"toy", "other"}
    page, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    assert "28 clips of 14 people in 2 outer folds" in text and "28 clips of 14 people in 2 outer folds" in page
    assert text.count("\n| happiness |") == 2 * 4 and page.count("data:image/png;base64") == 5


def test_few_points_are_enough_where_few_points_move(done):
    result, _ = done
    for network in result["networks"].values():
        best = network["curves"]["chosen:relevance"]["happiness"][0]
        assert best["points"] == 10 and best["auc"]["value"] > 0.95
        assert best["auc"]["to_random"]["value"] > 0.1
        assert network["chosen"]["relevance"]["happiness"]["size"] == 10
        assert network["curves"]["anatomical:mouth"]["mean"][0]["auc"]["value"] > 0.95
        low, high = best["auc"]["interval"]
        assert low <= best["auc"]["value"] <= high


def test_every_fold_and_seed_is_reported(done):
    network = done[0]["networks"]["toy"]
    assert len(network["chosen"]["relevance"]["happiness"]["sizes"]) == 2 * 3  # two seeds, two folds and the last test
    assert network["stability"]["happiness"]["relevance"]["kendall_tau"]["mean"] > 0.0
    assert network["seconds"]["networks"] == 2 * 3 * (2 + 2 + 2 + 4 + 2 + 4 + 2 + 2 + 4)
    assert network["last_test"]["relevance"]["mean"][0]["points"] == 478
    assert len(network["relevance"]["happiness"]) == 478


@pytest.mark.slow
def test_finished_study_is_only_reported_again(done, data):
    result, out = done

    def refuse(network, study):
        raise AssertionError("nothing is left to train")

    again = eliminate(replace(STUDY, draws=21), data, out, trainer_of=refuse, verbose=False)
    one, other = (found["networks"]["toy"]["curves"]["relevance"]["mean"][1]["auc"] for found in (result, again))
    assert one["value"] == other["value"]


@pytest.mark.slow
def test_processes_give_the_same_figures(done, data, tmp_path):
    again = eliminate(STUDY, data, tmp_path / "out", jobs=2, trainer_of=toy_trainer, verbose=False)
    assert again["networks"]["toy"]["curves"] == done[0]["networks"]["toy"]["curves"]


def test_folder_of_another_study_is_refused(done, data, tmp_path):
    with pytest.raises(CatganError, match="differs in: folds"):
        eliminate(replace(STUDY, folds=3), data, done[1], trainer_of=toy_trainer, verbose=False)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CatganError, match="is not empty and holds no elimination"):
        eliminate(STUDY, data, tmp_path, trainer_of=toy_trainer, verbose=False)


def refused(rows, tmp_path, study=STUDY, jobs=1):
    data = load_dataset(write_clips(tmp_path / "data", rows))
    eliminate(study, data, tmp_path / "out", jobs, toy_trainer, verbose=False)


def talking(label, moves=0.0, person="a"):
    points = np.random.default_rng(0).uniform(0, 16, (4, 956)).astype(np.float32)
    points[1:] = points[0] + moves * np.arange(1, 4)[:, None] * np.linspace(0, 1, 956)
    return filmed(f"{person}{label}", np.arange(4) / 5.0, person, expression=label, landmarks=list(points))


def test_one_expression_is_refused(tmp_path):
    with pytest.raises(DataError, match="at least two expressions. Received: happiness"):
        refused({"train": talking("happiness", 1.0)}, tmp_path)


def test_landmarks_that_never_move_are_refused(tmp_path):
    with pytest.raises(DataError, match="never move"):
        refused({"train": talking("happiness") + talking("neutral", person="b")}, tmp_path)


def test_too_few_people_are_refused(tmp_path):
    with pytest.raises(DataError, match="too few people \\(2\\)"):
        refused({"train": talking("happiness", 1.0) + talking("neutral", 1.0, "b")}, tmp_path)


def test_data_set_without_landmarks_is_refused(drawn, tmp_path):
    dataset = load_dataset(drawn)
    dataset.info["columns"] = [name for name in dataset.info["columns"] if name != "landmarks"]
    with pytest.raises(DataError, match="holds no landmarks"):
        eliminate(STUDY, dataset, tmp_path / "out", trainer_of=toy_trainer, verbose=False)


@pytest.mark.parametrize("change, message", [
    ({"sizes": (), "smallest": 500}, "down to 500 points needs more points"),
    ({"sizes": (500,)}, "must lie in 1..478. Received: 500"),
    ({"expressions": ("joy",)}, "Unknown expression of these clips 'joy'")])
def test_sizes_and_expressions_out_of_range_are_refused(change, message, data, tmp_path):
    with pytest.raises(CatganError, match=message):
        eliminate(replace(STUDY, **change), data, tmp_path / "out", trainer_of=toy_trainer, verbose=False)


def test_jobs_below_one_are_refused(data, tmp_path):
    with pytest.raises(CatganError, match="'jobs' must be 1 or more. Received: 0"):
        eliminate(STUDY, data, tmp_path / "out", 0, toy_trainer, False)
