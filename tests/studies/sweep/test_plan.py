"""Tests of `catgan.studies.sweep.plan`: cells, seeds, folder names, and what is refused before anything is trained."""

import pytest

from catgan.errors import CatganError
from catgan.studies.sweep.plan import check_cells, read_sweep
from tests.harness.paths import REPOSITORY
from tests.harness.sweeps import write_sweep

LABELS = {"AU": {"labels.mode": "au"}, "joint": {"labels.mode": "joint"}}


def plan_of(folder, **content):
    return read_sweep(write_sweep(folder, **content))


def test_grid_has_all_combinations_seed_by_seed(tmp_path):
    plan = plan_of(tmp_path, grid={"labels": LABELS, "training.batch_size": [8, 16]}, seeds=[3, 1])
    assert plan.axes == ("labels", "training.batch_size")
    assert [(run.cell, run.seed) for run in plan.runs] == [
        (cell, seed) for seed in (3, 1) for cell in ("AU, 8", "AU, 16", "joint, 8", "joint, 16")]
    run = plan.runs[5]
    assert run.folder == "AU-16-seed-1" and run.levels == {"labels": "AU", "training.batch_size": "16"}
    assert run.changes == {"labels.mode": "au", "training.batch_size": 16}
    assert run.experiment.labels.mode == "au"
    assert (run.experiment.training.batch_size, run.experiment.training.seed) == (16, 1)
    assert run.experiment.name == run.folder


def test_cells_are_added_to_a_grid(tmp_path):
    plan = plan_of(tmp_path, grid={"labels": LABELS}, cells=[{"name": "short", "set": {"training.images": 32}}])
    assert [run.cell for run in plan.runs] == ["AU", "joint", "short"]
    assert plan.runs[-1].levels == {"labels": "-"} and plan.runs[-1].experiment.training.images == 32


def test_changes_of_all_and_data(tmp_path):
    path = write_sweep(tmp_path, set={"training.images": 32}, grid={"labels": LABELS})
    plan = read_sweep(path, data="OUT/mine")
    assert {(run.experiment.training.images, run.experiment.data) for run in plan.runs} == {(32, "OUT/mine")}


@pytest.mark.parametrize("content, message", [
    ({"grid": {"labels": {"AU": {"labels.moed": "au"}}}}, "Cell 'AU' of the sweep: Unknown key in labels 'moed'."),
    ({"grid": {"trainin.images": [1]}}, "Cell '1' of the sweep: Unknown key 'trainin'. Did you mean 'training'"),
    ({"grid": {"training.images": [-1]}}, "Cell '-1' of the sweep: 'training.images' must be greater than 0"),
    ({"grid": {"labels": {"AU": "au"}}}, "Level 'AU' of axis 'labels' must be a mapping"),
    ({"grid": {"labels.mode": "au"}}, "Axis 'labels.mode' must be a list of values"),
    ({"grid": {"training.seed": [1, 2]}}, "Give 'seeds' instead"),
    ({"grid": {"run": {"a": {}}}}, "No axis may be called 'run'"),
    ({"grid": {"labels": LABELS}, "seeds": [1, 1]}, "'seeds' must be different"),
    ({"grid": {"labels": LABELS}, "seed": [1]}, "Unknown key 'seed'. Did you mean 'seeds'"),
    ({"cells": [{"name": "a b"}, {"name": "a/b"}]}, "in one folder, 'a-b-seed-0'"),
    ({}, "A sweep needs 'grid'"),
    ({"experiment": "absent.yaml", "grid": {"labels": LABELS}}, "No such file")])
def test_wrong_sweeps_are_refused(tmp_path, content, message):
    with pytest.raises(CatganError) as error:
        plan_of(tmp_path, **content)
    assert message in str(error.value)


def test_unknown_cell(tmp_path):
    plan = plan_of(tmp_path, grid={"labels": LABELS})
    check_cells(plan, ["AU"])
    with pytest.raises(CatganError, match="Did you mean 'joint'"):
        check_cells(plan, ["joimt"])


STUDIES = sorted((REPOSITORY / "experiments" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_committed_studies_are_read(path):
    assert len(read_sweep(path).runs) > 1
