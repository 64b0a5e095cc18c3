"""Tests of `catgan.studies.sweep`: table, continuation, failures, processes, time left."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from catgan import config
from catgan.errors import CatganError
from catgan.studies.sweep import executors, run
from catgan.studies.sweep.plan import read_sweep
from catgan.studies.sweep.progress import time_left
from catgan.studies.sweep.table import read_table, write_table
from catgan.studies.sweep.worker import Job, Outcome
from tests.harness import schemas
from tests.harness.sweeps import InProcess, write_sweep

GRID = {"labels": {"AU": {"labels.mode": "au"}, "joint": {"labels.mode": "joint"}}}


@pytest.fixture
def in_process(monkeypatch):
    """Trains in this process instead of others."""
    executor = InProcess()
    monkeypatch.setattr(run, "open_executor", lambda *_: contextlib.nullcontext(executor))
    monkeypatch.setattr(run, "POLL_SECONDS", 0.0)
    return executor


def test_table_holds_settings_status_and_figures(tmp_path, drawn, in_process):
    plan = read_sweep(write_sweep(tmp_path, grid=GRID, cells=[
        {"name": "other units", "set": {"labels.action_units": [9]}}]), drawn)
    result = run.sweep(plan, tmp_path / "runs", verbose=False)
    assert (result["runs"], result["finished"]) == (3, 2) and list(result["failures"]) == ["other-units-seed-0"]
    rows = read_table(tmp_path / "runs")
    assert [row["status"] for row in rows] == ["finished", "finished", "failed"]
    assert [row["labels"] for row in rows] == ["AU", "joint", "-"] and {row["seed"] for row in rows} == {0}
    assert [row["labels.mode"] for row in rows] == ["au", "joint", None]
    assert "Unknown Action Unit" in rows[2]["reason"] and rows[2]["score"] is None and rows[2]["images"] == 0
    metrics = json.loads((tmp_path / "runs" / "joint-seed-0" / "best" / "metrics.json").read_text())
    assert rows[1]["score"] == metrics["score"] and rows[1]["images"] == 64 and rows[1]["best_images"] == 64
    summary = json.loads((tmp_path / "runs" / "sweep.json").read_text())
    assert summary == {"name": "tiny", "axes": ["labels"], "seeds": [0], "cells": ["AU", "joint", "other units"]}
    schemas.check("sweep", summary)
    for row in rows:
        schemas.check("sweep_run", row)

    # The same sweep again tries what failed, and nothing else.
    in_process.started.clear()
    run.sweep(plan, tmp_path / "runs", verbose=False)
    assert in_process.started == ["other-units-seed-0"]


def test_some_cells_are_trained_and_all_are_listed(tmp_path, drawn, in_process):
    plan = read_sweep(write_sweep(tmp_path, grid=GRID), drawn)
    result = run.sweep(plan, tmp_path / "runs", cells=["AU"], verbose=False)
    assert result["finished"] == 1 and in_process.started == ["AU-seed-0"]
    assert [row["status"] for row in read_table(tmp_path / "runs")] == ["finished", "unfinished"]


def test_run_of_other_settings_is_refused(tmp_path, drawn, in_process):
    path = write_sweep(tmp_path, grid=GRID)
    plan = read_sweep(path, drawn)
    folder = tmp_path / "runs" / "AU-seed-0"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(config.to_yaml(plan.runs[0].experiment).replace("images: 64", "images: 96"))
    with pytest.raises(CatganError, match=r"other settings \(training.images\)"):
        run.sweep(plan, tmp_path / "runs", verbose=False)
    assert in_process.started == []


def test_two_sweeps_in_one_folder(tmp_path, drawn, in_process):
    plan = read_sweep(write_sweep(tmp_path, grid=GRID), drawn)
    with run._locked(tmp_path / "runs"), pytest.raises(CatganError, match="Another 'catgan sweep' works in"):
        run.sweep(plan, tmp_path / "runs", verbose=False)


def test_data_are_looked_for_first(tmp_path, in_process):
    path = write_sweep(tmp_path, grid=GRID)
    for data, message in ((None, "No data set. Give --data DIR"), (tmp_path / "absent", "absent does not exist")):
        with pytest.raises(CatganError, match=message):
            run.sweep(read_sweep(path, data), tmp_path / "runs", verbose=False)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("change", [{"engine": "slurm"}, {"jobs": 0}, {"cells": ["absent"]}])
def test_wrong_arguments(tmp_path, drawn, change):
    with pytest.raises(CatganError, match="Received|Unknown cell"):
        run.sweep(read_sweep(write_sweep(tmp_path, grid=GRID), drawn), tmp_path / "runs", verbose=False, **change)


def finished(training, seconds=60.0):
    """Waits for the outcome of a training."""
    end = time.monotonic() + seconds
    while (outcome := training.poll()) is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    return outcome


def test_process_reports_an_error_of_the_user(tmp_path, drawn):
    plan = read_sweep(write_sweep(tmp_path, grid=GRID), tmp_path / "absent")  # removed after the sweep began
    job = Job(config.to_mapping(plan.runs[0].experiment), str(tmp_path / "runs" / "AU-seed-0"))
    outcome = finished(executors.LocalExecutor(1).start(job, 0))
    assert outcome.status == "failed" and "absent does not exist" in outcome.reason


def test_process_ends_with_its_parent(tmp_path):
    process = subprocess.Popen([sys.executable, "-m", "catgan.studies.sweep.worker"], stdin=subprocess.PIPE)
    process.stdin.write(b'{"experiment": {"name": "x"}, "folder": "' + str(tmp_path).encode() + b'", "cores": []}')
    process.stdin.close()
    assert process.wait(60) == 1


def test_killed_process_is_a_failure(tmp_path, drawn):
    plan = read_sweep(write_sweep(tmp_path, grid=GRID), drawn)
    training = executors.LocalExecutor(1).start(
        Job(config.to_mapping(plan.runs[0].experiment), str(tmp_path / "runs" / "AU-seed-0")), 0)
    training.process.kill()
    assert finished(training) == Outcome("failed", "its process was killed by signal 9, perhaps for want of memory")


def test_cores_are_shared(monkeypatch):
    monkeypatch.setattr(executors.os, "sched_getaffinity", lambda _: {0, 1, 2, 3, 4}, raising=False)
    assert executors.LocalExecutor(2).cores == [(0, 1), (2, 3)]
    assert executors.LocalExecutor(8).cores == [()] * 8  # more trainings than cores: all of them share all
    assert executors.default_jobs() == 5


def test_time_left_uses_the_speed_of_the_kind(tmp_path):
    plan = read_sweep(write_sweep(tmp_path, grid={"part": {"twin": {}, "gan": {"task": "adversarial"}}}, seeds=[0, 1],
                                  set={"training.images": 6400}))
    lines = {"twin-seed-0": {"images": 6400, "images_per_second": 64.0, "finished": True}, "twin-seed-1": {},
             "gan-seed-0": {"images": 3200, "images_per_second": 16.0}, "gan-seed-1": {}}
    assert time_left(plan.runs, lines, 2) == "6 minutes left"  # (6400 / 64 + 3200 / 16 + 6400 / 16) / 2 = 350 s
    assert time_left(plan.runs, dict.fromkeys(lines, {}), 2) == "time left unknown yet"


def command(path, data, runs, *more):
    return [sys.executable, "-m", "catgan.cli.main", "sweep", str(path), "--data", str(data), "--runs", str(runs),
            "--jobs", "2", *more]


@pytest.mark.slow
def test_killed_sweep_gives_the_table_of_an_undisturbed_one(tmp_path, drawn):
    path = write_sweep(tmp_path, grid=GRID, seeds=[0, 1], set={
        "training.images": 960, "training.snapshot_ticks": 10})
    subprocess.run(command(path, drawn, tmp_path / "undisturbed"), check=True, capture_output=True)
    numbers = random.Random(0)
    for _ in range(5):
        process = subprocess.Popen(command(path, drawn, tmp_path / "killed"), stderr=subprocess.DEVNULL)
        time.sleep(numbers.uniform(4.0, 14.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.5)  # the trainings notice that it is gone
    subprocess.run(command(path, drawn, tmp_path / "killed"), check=True, capture_output=True)
    tables = [pq.read_table(tmp_path / name / "sweep.parquet") for name in ("undisturbed", "killed")]
    assert tables[0].equals(tables[1]) and set(tables[0]["status"].to_pylist()) == {"finished"}


@pytest.mark.slow
def test_ray_gives_the_same_table(tmp_path, drawn, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    plan = read_sweep(write_sweep(tmp_path, grid=GRID), drawn)
    for name in ("local", "ray"):
        run.sweep(plan, tmp_path / name, jobs=1, engine=name, verbose=False)
    tables = [pq.read_table(tmp_path / name / "sweep.parquet") for name in ("local", "ray")]
    assert tables[0].equals(tables[1]) and set(tables[0]["status"].to_pylist()) == {"finished"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_sweep_saves(tmp_path, drawn, number):
    path = write_sweep(tmp_path, grid=GRID, set={"training.images": 64000, "training.tick_images": 32})
    process = subprocess.Popen(command(path, drawn, tmp_path / "runs"), stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    while not (tmp_path / "runs" / "AU-seed-0" / "stats.jsonl").is_file():
        time.sleep(0.1)
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    assert list((tmp_path / "runs" / "AU-seed-0" / "checkpoints").iterdir())


def test_axis_of_data_sets_keeps_its_levels(tmp_path):
    plan = read_sweep(write_sweep(tmp_path, grid={"data": {"small": {"data": "OUT/a"}, "large": {"data": "OUT/b"}}}))
    table = write_table(tmp_path / "runs", plan, {})
    assert table["data"].to_pylist() == ["small", "large"]
