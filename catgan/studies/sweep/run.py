"""Trains everything that a sweep asks for, several trainings at a time (`catgan sweep`)."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from catgan import config, system
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.studies.sweep.executors import ENGINES, Executor, Running, open_executor
from catgan.studies.sweep.plan import Plan, PlannedRun, check_cells
from catgan.studies.sweep.progress import SweepProgress
from catgan.studies.sweep.table import TABLE, write_table
from catgan.studies.sweep.worker import Job, Outcome
from catgan.system import logger
from catgan.training import run as runs
from catgan.training.experiment import experiment_from

POLL_SECONDS = 0.2


class SweepResult(TypedDict):
    """Counts the trainings of a sweep; `failures` holds the reason by run."""

    folder: str
    table: str
    runs: int
    finished: int
    failures: dict[str, str]
    seconds: float


def sweep(plan: Plan, folder: str | Path, jobs: int | None = None, engine: str = "local", address: str | None = None,
          cells: Sequence[str] = (), verbose: bool = True) -> SweepResult:
    """Trains all runs of a sweep, or what is left of it, and writes `sweep.parquet`.

    A training that fails does not stop the others; calling `sweep` again tries it again.

    Args:
        plan: see `catgan.studies.sweep.plan.read_sweep`.
        folder: of the run folders, new or that of the same sweep.
        jobs: trainings at a time; by default one per processor core.
        engine: `"local"` or `"ray"`.
        address: of a Ray cluster.
        cells: names of the cells to train; all if empty. The table has all in any case.
        verbose: whether to show messages and a progress bar.

    Raises:
        CatganError: an unknown cell, another sweep works in the folder, a run there has other settings, or Ray is not
            there.
        KeyboardInterrupt: after Ctrl-C, with every running training saved.
    """
    if engine not in ENGINES:
        raise CatganError(f"'engine' must be one of {', '.join(ENGINES)}. Received: {engine!r}.")
    if jobs is not None and jobs < 1:
        raise CatganError(f"'jobs' must be 1 or more. Received: {jobs}.")
    check_cells(plan, cells)
    _check_data(plan)
    started, folder = time.perf_counter(), Path(folder).resolve()
    with system.messages_shown(verbose), _locked(folder):
        _check_folders(plan, folder)
        outcomes = {run.folder: Outcome("finished") for run in plan.runs if runs.is_finished(folder / run.folder)}
        write_table(folder, plan, outcomes)
        waiting = [run for run in plan.runs if run.folder not in outcomes and (not cells or run.cell in cells)]
        if waiting:
            logger.info("%s: %d trainings, %d of them finished before.", plan.name, len(plan.runs), len(outcomes))
            with open_executor(engine, jobs, address) as executor:
                _train_all(plan, folder, waiting, outcomes, executor, verbose)
    failures = {name: outcome.reason or "" for name, outcome in outcomes.items() if outcome.status == "failed"}
    return {"folder": str(folder), "table": str(folder / TABLE), "runs": len(plan.runs),
            "finished": sum(outcome.status == "finished" for outcome in outcomes.values()), "failures": failures,
            "seconds": round(time.perf_counter() - started, 1)}


def _train_all(plan: Plan, folder: Path, waiting: list[PlannedRun], outcomes: dict[str, Outcome], executor: Executor,
               verbose: bool) -> None:
    """Keeps all slots of the executor busy until everything is trained; fills `outcomes`.

    After Ctrl-C or SIGTERM the running trainings are asked to save, and waited for.
    """
    running: dict[int, tuple[PlannedRun, Running]] = {}
    queue, stopping = list(reversed(waiting)), False
    with runs.stop_requests() as stops, SweepProgress(plan, folder, executor.slots, verbose) as progress:
        while (queue and not stops) or running:
            for slot in range(executor.slots):
                if queue and slot not in running and not stops:
                    run = queue.pop()
                    job = Job(config.to_mapping(run.experiment), str(folder / run.folder))
                    running[slot] = run, executor.start(job, slot)
            _collect(plan, folder, running, outcomes)
            progress.update([run.folder for run, _ in running.values()])
            if stops and not stopping:
                stopping = True
                logger.info("Saving %d trainings ...", len(running))
                for _, training in running.values():
                    training.stop()
            time.sleep(POLL_SECONDS)
        if stops:
            raise KeyboardInterrupt


def _collect(plan: Plan, folder: Path, running: dict[int, tuple[PlannedRun, Running]],
             outcomes: dict[str, Outcome]) -> None:
    """Takes trainings that have ended out of `running`, and writes the table anew."""
    for slot, (run, training) in list(running.items()):
        outcome = training.poll()
        if outcome is None:
            continue
        del running[slot]
        outcomes[run.folder] = outcome
        write_table(folder, plan, outcomes)
        logger.info("%s: %s", run.folder, outcome.status + (f": {outcome.reason}" if outcome.reason else ""))


def _check_data(plan: Plan) -> None:
    """Refuses a sweep whose data sets are not there."""
    folders = {run.experiment.data or "" for run in plan.runs}
    if "" in folders:
        raise CatganError("No data set. Give --data DIR, or 'data' in the experiment or the sweep.")
    for folder in sorted(folders):
        load_dataset(folder)


def _check_folders(plan: Plan, folder: Path) -> None:
    """Refuses run folders of other settings before anything is trained."""
    for run in plan.runs:
        if not (folder / run.folder / "config.yaml").is_file():
            continue
        found = config.to_mapping(runs.read_config(folder / run.folder))
        asked = config.to_mapping(experiment_from(config.to_mapping(run.experiment)))
        different = [key for key in _different(found, asked) if key not in _RESOLVED]
        if different:
            raise CatganError(f"{folder / run.folder} was trained with other settings ({', '.join(different)}). Give "
                              "another --runs, or remove that folder.")


_RESOLVED = ("data", "data_hash", "auxiliary_data", "training.precision")
"""Keys that a training fills in; the training itself compares them."""


def _different(found: dict, asked: dict, where: str = "") -> list[str]:
    names = []
    for key in asked:
        if isinstance(asked[key], dict) and isinstance(found.get(key), dict):
            names += _different(found[key], asked[key], f"{where}{key}.")
        elif found.get(key) != asked[key]:
            names.append(where + key)
    return names


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Makes sure that one sweep at a time works in a folder; the lock ends with this process."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".sweep.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CatganError(f"Another 'catgan sweep' works in {folder}. Wait for it, or give another --runs.") \
                from None
        yield
