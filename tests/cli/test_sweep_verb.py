"""Tests of `catgan sweep` as a user calls it."""

import json

import pytest

from catgan.cli.main import main
from catgan.studies.sweep.table import read_table
from tests.harness.sweeps import write_sweep

GRID = {"labels": {"AU": {"labels.mode": "au"}, "other units": {"labels.action_units": [9]}}}


def test_sweep_trains_in_processes_and_names_what_failed(tmp_path, drawn, capsys):
    path, runs, out = write_sweep(tmp_path, grid=GRID), tmp_path / "runs", tmp_path / "result.json"
    code = main(["sweep", str(path), "--data", str(drawn), "--runs", str(runs), "--jobs", "2", "--json", str(out)])
    printed = capsys.readouterr()
    assert code == 2 and "1 of 2 trainings finished" in printed.out
    assert "catgan sweep: other-units-seed-0: Unknown Action Unit" in printed.err and "Traceback" not in printed.err
    assert json.loads(out.read_text())["finished"] == 1
    assert [row["status"] for row in read_table(runs)] == ["finished", "failed"]
    assert "Starts" in (runs / "AU-seed-0" / "log.txt").read_text()
    assert not list(runs.rglob("*.tmp*"))


def test_dry_run_lists_and_writes_nothing(tmp_path, drawn, capsys):
    path = write_sweep(tmp_path, grid=GRID, seeds=[0, 7])
    assert main(["sweep", str(path), "--runs", str(tmp_path / "runs"), "--cell", "AU", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == ["AU-seed-0: AU, seed 0", "AU-seed-7: AU, seed 7"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("content, message", [
    ({"grid": {"trainin.images": [1]}}, "Cell '1' of the sweep: Unknown key 'trainin'. Did you mean 'training'?"),
    ({}, "A sweep needs 'grid'"), ({"grid": {"labels.mode": ["au"]}}, "No data set. Give --data DIR")])
def test_wrong_sweep_ends_before_anything_is_written(tmp_path, capsys, content, message):
    path = write_sweep(tmp_path, **content)
    assert main(["sweep", str(path), "--runs", str(tmp_path / "runs")]) == 2
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1 and not (tmp_path / "runs").exists()
