"""Runs the trainings of a sweep in processes of this machine, or as tasks of Ray on this machine or a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from catgan.data.builder.executors import ray_started
from catgan.studies.sweep.worker import Job, Outcome, train_run

ENGINES = ("local", "ray")
LOG = "log.txt"
"""File of a run folder with the messages of its training."""


class Running(Protocol):
    """A training that was started."""

    def poll(self) -> Outcome | None:
        """Returns how it ended, None while it trains."""

    def stop(self) -> None:
        """Asks it to save and stop."""


class Executor(Protocol):
    """Starts trainings.

    Attributes:
        slots: trainings at a time.
    """

    slots: int

    def start(self, job: Job, slot: int) -> Running:
        """Starts a training; `slot` is a number below `slots` that no other running one has."""


def default_jobs() -> int:
    """Returns the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_executor(engine: str, jobs: int | None, address: str | None = None) -> Iterator[Executor]:
    """Opens `"local"` processes, or `"ray"`.

    Args:
        engine: one of `ENGINES`.
        jobs: trainings at a time; by default one per core.
        address: of a Ray cluster; None starts Ray on this machine.

    Raises:
        CatganError: Ray is not installed or cannot be reached.
    """
    if engine == "local":
        yield LocalExecutor(jobs or default_jobs())
        return
    with ray_started(jobs or default_jobs(), address):
        import ray

        yield RayExecutor(jobs or int(ray.cluster_resources().get("CPU", 1)))


class LocalExecutor:
    """Starts one process per training. Each has its share of the cores, so that several do not slow each other down."""

    def __init__(self, slots: int):
        self.slots = slots
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        share = len(cores) // slots
        self.cores = [tuple(cores[slot * share:(slot + 1) * share]) for slot in range(slots)]

    def start(self, job: Job, slot: int) -> LocalRun:
        return LocalRun(job._replace(cores=self.cores[slot]))


class LocalRun:
    """A training in a process of this machine."""

    def __init__(self, job: Job):
        Path(job.folder).mkdir(parents=True, exist_ok=True)
        with open(Path(job.folder) / LOG, "ab") as log:
            # A session of its own: Ctrl-C reaches this process alone, which asks the others to save.
            self.process = subprocess.Popen([sys.executable, "-m", "catgan.studies.sweep.worker"], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            start_new_session=True)
        input_of(self.process).write(json.dumps(job._asdict()) + "\n")
        input_of(self.process).flush()

    def poll(self) -> Outcome | None:
        if self.process.poll() is None:
            return None
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            text = stream.read()
        input_of(self.process).close()
        if text.strip():
            return Outcome(**json.loads(text))
        code = self.process.returncode
        return Outcome("failed", f"its process was killed by signal {-code}, perhaps for want of memory" if code < 0
                       else f"its process ended with code {code}; see {LOG} in its folder")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)


def input_of(process: subprocess.Popen[str]) -> IO[str]:
    """Returns the standard input of a process. It stays open as long as this process lives."""
    assert process.stdin is not None
    return process.stdin


class RayExecutor:
    """Starts trainings as tasks of Ray, each on one CPU and in a process of its own.

    All machines must see the data set and the run folders under the same paths.
    """

    def __init__(self, slots: int):
        import ray

        self.slots = slots
        self.task = ray.remote(num_cpus=1, max_calls=1, max_retries=0)(train_run)

    def start(self, job: Job, slot: int) -> RayRun:
        return RayRun(self.task.remote(job))


class RayRun:
    """A training that is a task of Ray."""

    def __init__(self, reference: object):
        self.reference = reference

    def poll(self) -> Outcome | None:
        import ray

        ready, _ = ray.wait([self.reference], timeout=0)
        if not ready:
            return None
        try:
            return Outcome(*ray.get(ready[0]))
        except ray.exceptions.TaskCancelledError:
            return Outcome("unfinished")
        except ray.exceptions.RayError as error:
            return Outcome("failed", f"Ray: {' '.join(str(error).split())[-300:]}")

    def stop(self) -> None:
        import ray

        ray.cancel(self.reference)
