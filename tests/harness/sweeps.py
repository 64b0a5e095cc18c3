"""Sweeps of trainings that take seconds, and an executor that trains in this process."""

from __future__ import annotations

from pathlib import Path

import yaml

from catgan.studies.sweep.worker import Job, Outcome, train_run
from tests.harness.experiments import TINY

BASE = {"name": "base", "task": "recogniser", "network": TINY,
        "training": {"images": 64, "batch_size": 8, "tick_images": 32, "snapshot_ticks": 2, "precision": "float32",
                     "ema_half_life": 50.0, "learning_rate": 2e-3}}


def write_sweep(folder: Path, **content: object) -> Path:
    """Writes a sweep file beside its base experiment; keywords are keys of the sweep."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(yaml.safe_dump(BASE))
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({"name": "tiny", "experiment": "base.yaml", **content}, sort_keys=False))
    return path


class InProcess:
    """Trains each run at once, in this process."""

    slots = 2

    def __init__(self):
        self.started: list[str] = []

    def start(self, job: Job, slot: int) -> Ended:
        self.started.append(Path(job.folder).name)
        return Ended(train_run(job))


class Ended:
    """A training that has ended."""

    def __init__(self, outcome: Outcome):
        self.outcome = outcome

    def poll(self) -> Outcome:
        return self.outcome

    def stop(self) -> None:
        """Has nothing to stop."""
