"""Trains one run of a sweep, in a process of its own: `python -m catgan.studies.sweep.worker` reads a `Job` as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from catgan import config, files
from catgan.errors import CatganError


class Job(NamedTuple):
    """What a worker is told.

    Attributes:
        experiment: a mapping as `catgan.config.to_mapping` makes it, with the folder of its data set.
        folder: the run folder, new or to be continued.
        cores: numbers of the processor cores that it may use; all of them if empty.
    """

    experiment: Mapping[str, object]
    folder: str
    cores: tuple[int, ...] = ()


class Outcome(NamedTuple):
    """How a training ended.

    Attributes:
        status: `"finished"`, `"failed"` or `"unfinished"` (it was stopped and can go on).
        reason: why it failed, one line.
    """

    status: str
    reason: str | None = None


def train_run(job: Job) -> Outcome:
    """Trains a run, or continues it; errors become an outcome. Call it once in a process."""
    try:
        _train(job)
    except KeyboardInterrupt:
        return Outcome("unfinished")
    except Exception as error:  # whatever it is, the other runs of the sweep go on
        kind = "" if isinstance(error, (CatganError, OSError)) else f"{type(error).__name__}: "
        return Outcome("failed", kind + " ".join(str(error).split())[:500])
    return Outcome("finished")


def _train(job: Job) -> None:
    from catgan.data.store import load_dataset
    from catgan.training import loop
    from catgan.training.experiment import experiment_from

    experiment, folder = experiment_from(job.experiment), Path(job.folder)
    assert experiment.data is not None  # the sweep has looked
    dataset = load_dataset(experiment.data)
    resolved = loop.resolve(experiment, dataset)
    if not (folder / "config.yaml").is_file():
        files.write_text(folder / "config.yaml", config.to_yaml(resolved))
    loop.train(resolved, dataset, folder.parent, folder)


def main() -> None:
    """Reads a job from stdin, trains it, and prints the outcome. Ends at once when stdin closes: then the sweep that
    started this process is gone, and the next one continues the run."""
    content = json.loads(sys.stdin.readline())
    job = Job(content["experiment"], content["folder"], tuple(content["cores"]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if job.cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job.cores)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes to the log
    outcome = train_run(job)
    output.write(json.dumps(outcome._asdict()) + "\n")
    output.close()


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
