"""Shows how far a sweep is, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from tqdm import tqdm

from catgan.studies.sweep.plan import Plan, PlannedRun
from catgan.system import progress_bar
from catgan.training import run as runs

SECONDS_BETWEEN = 2.0
"""Seconds between two looks at the runs."""


class SweepProgress:
    """Shows a bar over the faces of all trainings, with the time that is left.

    Args:
        plan: all trainings.
        folder: of the run folders.
        slots: trainings at a time.
        verbose: whether to show it.
    """

    def __init__(self, plan: Plan, folder: Path, slots: int, verbose: bool = True):
        self.plan, self.folder, self.slots = plan, folder, slots
        self.lines = {run.folder: _last(folder / run.folder) for run in plan.runs}
        self.bar: tqdm[None] = progress_bar(
            description=plan.name, total=sum(map(_images, plan.runs)), unit="faces", initial=self._done(),
            verbose=verbose, delay=0.0)
        self.bar.bar_format = "{desc}: {percentage:3.0f}% |{bar}| {postfix}"
        self.looked = 0.0

    def __enter__(self) -> SweepProgress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.bar.close()

    def update(self, running: Sequence[str]) -> None:
        """Looks at the runs anew; `running` are the names of those that are being trained."""
        if self.bar.disable or time.monotonic() - self.looked < SECONDS_BETWEEN:
            return
        self.looked = time.monotonic()
        self.lines = {name: _last(self.folder / name) for name in self.lines}
        finished = sum(bool(line.get("finished")) for line in self.lines.values())
        self.bar.n = self._done()
        self.bar.set_postfix_str(f"{finished} of {len(self.plan.runs)} trained, {len(running)} running, "
                                 f"{time_left(self.plan.runs, self.lines, self.slots)}")

    def _done(self) -> int:
        return int(sum(line.get("images", 0) for line in self.lines.values()))


def time_left(planned: Sequence[PlannedRun], lines: Mapping[str, runs.Line], slots: int) -> str:
    """Estimates the time until everything is trained, as text.

    A training of which no speed is known is taken to be as fast as those of the same kind and networks, else as the
    others.

    Args:
        planned: all trainings.
        lines: newest line of `stats.jsonl` by run folder; empty where there is none.
        slots: trainings at a time.
    """
    speeds: dict[tuple[str, str], list[float]] = {}
    for run in planned:
        if speed := lines[run.folder].get("images_per_second"):
            speeds.setdefault(_kind(run), []).append(speed)
    if not speeds:
        return "time left unknown yet"
    others = float(np.mean([speed for found in speeds.values() for speed in found]))
    seconds = 0.0
    for run in planned:
        left = max(0.0, _images(run) - lines[run.folder].get("images", 0))
        seconds += left / float(np.mean(speeds.get(_kind(run), [others])))
    minutes = seconds / slots / 60
    return f"{minutes / 60:.1f} hours left" if minutes >= 90 else f"{minutes:.0f} minutes left"


def _kind(run: PlannedRun) -> tuple[str, str]:
    return run.experiment.task, run.experiment.architecture


def _images(run: PlannedRun) -> int:
    return run.experiment.training.steps * run.experiment.training.batch_size


def _last(folder: Path) -> runs.Line:
    return (runs.read_stats(folder) or [{}])[-1]
