"""The training loop, for every kind of training (`catgan.training.tasks`)."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from catgan import config, files, system
from catgan.backend import get_engine, sharding
from catgan.backend.engine import Engine
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.models.precision import fastest
from catgan.system import logger
from catgan.training import checkpoints, run, snapshot
from catgan.training.callbacks import CallbackList
from catgan.training.curves import curves
from catgan.training.datasets import check_labels, datasets_of
from catgan.training.experiment import Experiment
from catgan.training.progress import Progress
from catgan.training.run import TrainingResult
from catgan.training.tasks.base import Batch, Step

MAX_ATTEMPTS = 3
"""Times that a training is rolled back after NaN or infinity."""


def train(experiment: Experiment, data: str | Path | DualDataset, runs: str | Path = "runs",
          resume: str | Path | None = None,
          callbacks: Sequence[keras.callbacks.Callback | object] | keras.callbacks.CallbackList = (),
          log: Callable[[str], None] | None = None, devices: int | str = 1, verbose: bool = True) -> TrainingResult:
    """Trains a `CatGAN`, or continues an unfinished training of the same experiment.

    Args:
        experiment: see `catgan.training.experiment`.
        data: a data set or its folder.
        runs: folder of numbered run folders.
        resume: a run folder to continue; without it the newest unfinished run of the same experiment is taken.
        callbacks: Keras callbacks, or objects with some of their methods. An epoch is a tick; see docs/training.md.
        log: deprecated; a function that is called with every message. Use `logging.getLogger("catgan")`.
        devices: devices of this process that share every batch, or `"all"` GPUs; see `catgan.backend`. If
            `TF_CONFIG` or `srun` names several processes, as many of each. The first process alone writes, logs and
            calls back.
        verbose: whether messages and status lines are shown on stderr, where logging is not set up otherwise.

    Returns:
        The run's folder and the figures of its end.

    Raises:
        CatganError: data that do not fit the experiment, a run of another experiment, devices that are not there, or
            losses that became NaN.
        KeyboardInterrupt: after Ctrl-C, with everything saved.
    """
    if log is not None:
        warnings.warn("'log' is deprecated: add a handler to logging.getLogger(\"catgan\").", DeprecationWarning,
                      stacklevel=2)
    with system.messages_shown(verbose and log is None), system.messages_to(log):
        return _train(experiment, data, Path(runs), resume, callbacks, devices)


def _train(experiment: Experiment, data: str | Path | DualDataset, runs: Path, resume: str | Path | None,
           callbacks: object, devices: int | str) -> TrainingResult:
    # === 1. Devices, data, labels ===
    engine = get_engine(devices, hosts=True)
    if not engine.chief:
        callbacks = ()
    log = logger.info if engine.chief else logger.debug
    dataset = data if isinstance(data, DualDataset) else load_dataset(data)
    experiment = resolve(experiment, dataset)
    training, kind = experiment.training, experiment.kind
    datasets = datasets_of(experiment, dataset)
    spec = experiment.spec(datasets.spec)
    check_labels(experiment, datasets)
    sharding.check_batch_size(training.batch_size, engine.devices)

    # === 2. Networks and step, a copy for each device; each case of a step is compiled when it first comes ===
    def make_step() -> Step:
        model = kind.networks(experiment, spec)
        with system.muted():  # the same messages again
            average = kind.networks(experiment, spec)
        return kind.step(model, average, experiment, engine)

    steps = engine.copies(make_step)
    step, copies = steps[0], [copy.variables for copy in steps]
    compiled = functools.cache(lambda *kind: engine.share(
        [lambda batch, copy=copy: copy(batch, *kind) for copy in steps], copies[0],
        step.batch_axes))
    inputs = kind.inputs(datasets, step.model, experiment)

    # === 3. Start, or continue from the newest checkpoint; the chief alone reads and writes the run ===
    check_alike(engine, experiment)
    folder = Path(engine.on_chief(lambda: str(run.open_run(experiment, runs, resume))))
    progress = restore_latest(engine, folder, copies) or Progress()
    if engine.chief:
        run.cut_stats(folder, progress.step * training.batch_size)
    log(f"{'Continues' if progress.step else 'Starts'} {folder} at {progress.step * training.batch_size} of "
        f"{training.steps * training.batch_size} faces: {len(inputs)} training faces, {', '.join(spec.columns)}; "
        f"{engine.name}, {training.precision}, {engine.devices} device{'s' * (engine.devices > 1)}")

    # === 4. The loop ===
    line: run.Line = engine.on_chief(lambda: (run.read_stats(folder) or [{"images_per_second": 0.0}])[-1])
    per_tick = training.tick_images // training.batch_size
    listeners = CallbackList(callbacks, step.average, engine.synchronize, {
        "epochs": math.ceil(training.steps / per_tick), "steps": per_tick, "samples": len(inputs)})
    begun = ended = False  # the tick; the training, by a callback
    with run.stop_requests() as stops, listeners.training(folder, progress.step * training.batch_size, progress.rate):
        tick_started, tick_first = time.perf_counter(), progress.step
        while progress.step < training.steps and not ended:
            if not begun:
                listeners.epoch_begins(progress.step // per_tick, progress.step,
                                       scheduled_rate(step, training.batch_size, progress))
                progress.rate, begun = engine.on_chief(lambda: listeners.rate), True
            batch = scaled_rate(inputs(progress.step, progress.attempt), progress.rate)
            listeners.batch_begins(progress.step % per_tick)
            report = compiled(*step.kind(progress.step))(batch)
            progress.add(report)
            listeners.batch_ends((progress.step - 1) % per_tick, report)

            asked = engine.any(bool(stops) or listeners.stopping)
            stop, ended = asked and engine.any(bool(stops)), asked and engine.any(listeners.stopping)
            at_tick = ended or progress.step % per_tick == 0
            if stop or at_tick:
                engine.synchronize()
                now = time.perf_counter()
                progress.seconds += now - tick_started
            if at_tick:
                means, measured = progress.means(), dict[str, float]()
                line = {"tick": math.ceil(progress.step / per_tick), "images": progress.step * training.batch_size,
                        **means}
                if not all(map(math.isfinite, line.values())):
                    progress = roll_back(engine, folder, copies, progress, line, ended)
                    tick_started, tick_first, begun = time.perf_counter(), progress.step, False
                    continue
                if engine.chief and (line["tick"] % training.snapshot_ticks == 0 or progress.step == training.steps):
                    measured = snapshot.write(folder, step.average, datasets, experiment, line)
                line.update(
                    measured, images_per_second=round(
                        (progress.step - tick_first) * training.batch_size / (now - tick_started), 1),
                    seconds=round(progress.seconds, 1), memory_mb=system.memory_mb(),
                    finished=progress.step == training.steps)
                progress.clear()
                if engine.chief:
                    run.append_stats(folder, line)
                    if "score" in line:
                        curves(folder / "curves.png", run.read_stats(folder))
                log(run.status_line(line, training.steps // per_tick, training.steps * training.batch_size,
                                    kind.columns))
                listeners.epoch_ends(int(line["tick"]) - 1, progress.step,
                                     scheduled_rate(step, training.batch_size, progress), line, means, measured)
                progress.rate, begun = engine.on_chief(lambda: listeners.rate), False
                ended = engine.any(listeners.stopping)
            if stop or at_tick:
                if engine.chief:
                    checkpoints.save(folder / "checkpoints", copies[0], dataclasses.asdict(progress))
                tick_started, tick_first = time.perf_counter(), progress.step
            if stop:
                log(f"Saved at {progress.step * training.batch_size} faces. The same command continues from here.")
                engine.any(False)  # nobody leaves before the chief has saved
                raise KeyboardInterrupt

    # === 5. What callbacks have changed at the end, and the result ===
    if engine.chief and (ended or listeners.replaced):
        if listeners.replaced or "score" not in line:
            line.update(snapshot.write(folder, step.average, datasets, experiment, line))
        line["finished"] = True
        run.cut_stats(folder, int(line["images"]) - 1)
        run.append_stats(folder, line)
        curves(folder / "curves.png", run.read_stats(folder))
        log(f"{'Ended by a callback' if ended else 'A callback has set the weights'} at {line['images']} of "
            f"{training.steps * training.batch_size} faces; last/ holds what it left.")
    return engine.on_chief(lambda: TrainingResult(
        run=str(folder), images=int(line["images"]), images_per_second=line["images_per_second"],
        score=line.get("score"), finished=True))


def check_alike(engine: Engine, experiment: Experiment) -> None:
    """Raises `CatganError` if this process was given another experiment, or other data, than the chief."""
    given = config.to_yaml(replace(experiment, data=None))  # the folder may be another on every host
    if engine.on_chief(lambda: given) != given:
        raise CatganError("This process was given another experiment or other data than the first process.")


def restore_latest(engine: Engine, folder: Path, copies: Sequence[Sequence]) -> Progress | None:
    """Loads the newest checkpoint into all copies of the variables; returns None if there is none."""
    def restore() -> dict | None:
        newest = checkpoints.newest(folder / "checkpoints")
        return None if newest is None else checkpoints.restore(newest, copies[0])

    state = engine.on_chief(restore)
    engine.broadcast(copies)
    return None if state is None else Progress(**state)


def scheduled_rate(step: Step, batch_size: int, progress: Progress) -> float:
    """Returns the scheduled learning rate of the next step."""
    return step.learning_rate(progress.step * batch_size) * 0.5 ** progress.attempt


def scaled_rate(batch: Batch, factor: float) -> Batch:
    """Multiplies the learning rate among the inputs of a step."""
    return {**batch, "learning_rate": np.float32(batch["learning_rate"] * factor)}


def roll_back(engine: Engine, folder: Path, copies: Sequence[Sequence], progress: Progress, line: Mapping[str, float],
              ended: bool = False) -> Progress:
    """Loads the last good state after NaN or infinity, to continue with other faces and half the learning rate.

    Raises:
        CatganError: there is no good state, it was tried often enough, or a callback has ended the training.
    """
    bad = [name for name, value in line.items() if not math.isfinite(value)]
    good = restore_latest(engine, folder, copies) if progress.attempt < MAX_ATTEMPTS and not ended else None
    if good is None:
        if engine.chief:
            files.write_json(folder / "stopped.json", {"reason": "not finite", "names": bad, "images": line["images"]})
        raise CatganError(f"Training stopped at {line['images']} faces: {', '.join(bad)} became NaN or infinite, "
                          f"{progress.attempt + 1} times. Lower training.learning_rate or raise options.critic.gamma.")
    if engine.chief:
        logger.warning(f"{', '.join(bad)} became NaN or infinite before {line['images']} faces. Continues from the "
                       "last good state with half the learning rate.")
    return dataclasses.replace(good, attempt=progress.attempt + 1, rate=progress.rate)


def resolve(experiment: Experiment, dataset: DualDataset) -> Experiment:
    """Fills in everything that depends on the machine and the data; the result is what `config.yaml` holds."""
    precision = experiment.training.precision
    training = replace(experiment.training, precision=fastest() if precision == "auto" else precision)
    auxiliary = experiment.auxiliary_data
    if auxiliary is not None:
        other = load_dataset(auxiliary.data)
        auxiliary = replace(auxiliary, data=str(other.folder), data_hash=other.info["hash"])
    return replace(experiment, training=training, data=str(dataset.folder), data_hash=dataset.info["hash"],
                   auxiliary_data=auxiliary)
