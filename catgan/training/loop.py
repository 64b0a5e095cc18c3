"""The training loop."""

from __future__ import annotations

import dataclasses
import functools
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from catgan import files
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.gan.model import CatGAN
from catgan.training import checkpoints, run, snapshot
from catgan.training.engine import get_engine
from catgan.training.experiment import Experiment
from catgan.training.inputs import Inputs
from catgan.training.legacy import LegacyStep
from catgan.training.precision import fastest
from catgan.training.step import AdversarialStep
from catgan.training.supervised import SupervisedStep

ATTEMPTS = 3


def train(experiment: Experiment, data: str | Path | DualDataset, runs: str | Path = "runs",
          resume: str | Path | None = None, callbacks: Sequence[Any] = (),
          log: Callable[[str], None] = lambda text: print(text, file=sys.stderr)) -> dict[str, Any]:
    """Trains a `CatGAN`, or goes on with an unfinished training of the same experiment.

    Args:
        experiment: what to train; see `catgan.training.experiment`.
        data: a data set or its folder.
        runs: folder of numbered run folders.
        resume: a run folder to go on with; without it the newest unfinished run of the same experiment is taken.
        callbacks: objects with `on_epoch_end(tick, stats)` (Keras callbacks), called once a tick.
        log: takes the status lines.

    Returns:
        `{"run", "images", "images_per_second", "score", "finished"}`.

    Raises:
        CatganError: data that do not fit the experiment, a run of another experiment, or losses that became NaN.
        KeyboardInterrupt: after Ctrl-C, with everything saved.
    """
    # === 1. Data, labels, networks ===
    dataset = data if isinstance(data, DualDataset) else load_dataset(data)
    experiment = resolve(experiment, dataset)
    training = experiment.training
    spec, network = experiment.spec(dataset.spec), experiment.network_config
    if dataset.image_size != network.image_size:
        raise CatganError(f"The data set holds faces of {dataset.image_size} px, the networks of "
                          f"'{experiment.name}' need {network.image_size} px. Build it with that image_size.")
    model, average = (CatGAN(network, spec, training.precision, seed=training.seed) for _ in range(2))

    # === 2. The step; each of its kinds is compiled when it first comes ===
    engine = get_engine()
    step = step_of(experiment)(model, average, training, engine)
    variables = step.variables
    compiled = functools.cache(lambda *kind: engine.compile(lambda batch: step(batch, *kind), variables))
    inputs = Inputs(dataset, model, training, step.latents, experiment.split, experiment.labels.predicted)

    # === 3. Start, or go on from the newest checkpoint ===
    folder = run.open_run(experiment, runs, resume)
    newest = checkpoints.newest(folder / "checkpoints")
    progress = Progress() if newest is None else Progress(**checkpoints.restore(newest, variables))
    run.cut_stats(folder, progress.step * training.batch_size)
    log(f"{'Goes on with' if newest else 'Starts'} {folder} at {progress.step * training.batch_size} of "
        f"{training.steps * training.batch_size} faces: {len(inputs)} training faces, "
        f"{', '.join(spec.columns)}; {engine.name}, {training.precision}")

    # === 4. The loop ===
    line: dict[str, Any] = (run.read_stats(folder) or [{"images_per_second": 0.0}])[-1]
    per_tick = training.tick_images // training.batch_size
    with run.stop_requests() as stops:
        tick_started, tick_first = time.perf_counter(), progress.step
        while progress.step < training.steps:
            report = compiled(*step.kind(progress.step))(inputs(progress.step, progress.attempt))
            progress.add(report)

            at_tick = progress.step % per_tick == 0
            if stops or at_tick:
                engine.synchronize()
                now = time.perf_counter()
                progress.seconds += now - tick_started
            if at_tick:
                line = {"tick": progress.step // per_tick, "images": progress.step * training.batch_size,
                        **progress.means()}
                if not all(map(math.isfinite, line.values())):
                    progress = set_back(folder, variables, progress, line, log)
                    tick_started, tick_first = time.perf_counter(), progress.step
                    continue
                if line["tick"] % training.snapshot_ticks == 0 or progress.step == training.steps:
                    line.update(snapshot.write(folder, average, dataset, experiment, log))
                line.update(
                    images_per_second=round(
                        (progress.step - tick_first) * training.batch_size / (now - tick_started), 1),
                    seconds=round(progress.seconds, 1), memory_mb=run.memory_mb(),
                    finished=progress.step == training.steps)
                progress.clear()
                run.append_stats(folder, line)
                log(run.status_line(line, training.steps // per_tick, training.steps * training.batch_size))
                for callback in callbacks:
                    callback.on_epoch_end(line["tick"], dict(line))
            if stops or at_tick:
                checkpoints.save(folder / "checkpoints", variables, dataclasses.asdict(progress))
                tick_started, tick_first = time.perf_counter(), progress.step
            if stops:
                log(f"Saved at {progress.step * training.batch_size} faces. The same command goes on from here.")
                raise KeyboardInterrupt

    # === 5. The result ===
    return {"run": str(folder), "images": line["images"], "images_per_second": line["images_per_second"],
            "score": line.get("score"), "finished": True}


@dataclasses.dataclass
class Progress:
    """How far a training is, and what it has to say since the last tick; stored with every checkpoint.

    Args:
        step: steps done.
        seconds: time they took, of all processes that had a part in this run.
        attempt: times that the training was set back to a good state.
        sums, counts: of each reported figure since the last tick.
    """

    step: int = 0
    seconds: float = 0.0
    attempt: int = 0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, report: Mapping[str, Any]) -> None:
        """Counts one more step."""
        for name, value in report.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
            self.counts[name] = self.counts.get(name, 0) + 1
        self.step += 1

    def means(self) -> dict[str, float]:
        """Mean of each figure over the steps that gave it."""
        return {name: round(self.sums[name] / self.counts[name], 6) for name in sorted(self.sums)}

    def clear(self) -> None:
        self.sums, self.counts = {}, {}


def set_back(folder: Path, variables: Sequence, progress: Progress, line: Mapping[str, Any],
             log: Callable[[str], None]) -> Progress:
    """After NaN or infinity: the last good state, to go on from with other faces and noise and half the learning rate.

    Raises:
        CatganError: there is no good state, or it was tried often enough.
    """
    bad = [name for name, value in line.items() if not math.isfinite(value)]
    newest = checkpoints.newest(folder / "checkpoints")
    if newest is None or progress.attempt >= ATTEMPTS:
        files.write_json(folder / "stopped.json", {"reason": "not finite", "names": bad, "images": line["images"]})
        raise CatganError(f"Training stopped at {line['images']} faces: {', '.join(bad)} became NaN or infinite, "
                          f"{progress.attempt + 1} times. Lower training.learning_rate or raise training.gamma.")
    good = Progress(**checkpoints.restore(newest, variables))
    log(f"{', '.join(bad)} became NaN or infinite before {line['images']} faces. Goes on from the last good state with "
        "half the learning rate.")
    return dataclasses.replace(good, attempt=progress.attempt + 1)


def step_of(experiment: Experiment) -> Any:
    """What one step of this training does."""
    if experiment.training.supervised:
        return SupervisedStep
    return LegacyStep if experiment.network_config.family == "legacy" else AdversarialStep


def resolve(experiment: Experiment, dataset: DualDataset) -> Experiment:
    """The experiment with everything decided that depends on the machine and the data: what `config.yaml` holds."""
    precision = experiment.training.precision
    training = replace(experiment.training, precision=fastest() if precision == "auto" else precision)
    return replace(experiment, training=training, data=str(dataset.folder), data_hash=dataset.info["hash"])
