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

import numpy as np

from catgan import config, files, system
from catgan.backend import get_engine, sharding
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.models.precision import fastest
from catgan.training import checkpoints, run, schedules, snapshot
from catgan.training.callbacks import Callbacks
from catgan.training.curves import curves
from catgan.training.datasets import Datasets, check_labels, datasets_of
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.progress import Progress
from catgan.training.starting import networks_of
from catgan.training.tasks.adversarial import AdversarialStep
from catgan.training.tasks.adversarial_inputs import Inputs
from catgan.training.tasks.editing import EditingStep
from catgan.training.tasks.editing_inputs import EditingInputs
from catgan.training.tasks.identity import IdentityInputs, IdentityStep
from catgan.training.tasks.legacy import RATES, LegacyStep
from catgan.training.tasks.supervised import SupervisedStep

ATTEMPTS = 3


def train(experiment: Experiment, data: str | Path | DualDataset, runs: str | Path = "runs",
          resume: str | Path | None = None, callbacks: Any = (),
          log: Callable[[str], None] = lambda text: print(text, file=sys.stderr),
          devices: int | str = 1) -> dict[str, Any]:
    """Trains a `CatGAN`, or goes on with an unfinished training of the same experiment.

    Args:
        experiment: what to train; see `catgan.training.experiment`.
        data: a data set or its folder.
        runs: folder of numbered run folders.
        resume: a run folder to go on with; without it the newest unfinished run of the same experiment is taken.
        callbacks: Keras callbacks, or objects with some of their methods. An epoch is a tick; see docs/training.md.
        log: takes the status lines.
        devices: devices of this process that share every batch, or `"all"` GPUs; see `catgan.backend`. If
            `TF_CONFIG` or `srun` names several processes, as many of each. The first process alone writes, logs and
            calls back.

    Returns:
        `{"run", "images", "images_per_second", "score", "finished"}`.

    Raises:
        CatganError: data that do not fit the experiment, a run of another experiment, devices that are not there, or
            losses that became NaN.
        KeyboardInterrupt: after Ctrl-C, with everything saved.
    """
    # === 1. Devices, data, labels ===
    engine = get_engine(devices, hosts=True)
    if not engine.chief:
        log, callbacks = (lambda text: None), ()
    dataset = data if isinstance(data, DualDataset) else load_dataset(data)
    experiment = resolve(experiment, dataset)
    training = experiment.training
    datasets = datasets_of(experiment, dataset)
    spec = experiment.spec(datasets.spec)
    check_labels(experiment, datasets, log)
    sharding.check_batch_size(training.batch_size, engine.devices)

    # === 2. Networks and step, a copy for each device; each kind of step is compiled when it first comes ===
    def make_step() -> Any:
        model, average = networks_of(experiment, spec, log), networks_of(experiment, spec)
        return step_of(experiment)(model, average, training, engine)

    steps = engine.copies(make_step)
    step, copies = steps[0], [copy.variables for copy in steps]
    compiled = functools.cache(lambda *kind: engine.share(
        [lambda batch, copy=copy: copy(batch, *kind) for copy in steps], copies[0],
        getattr(step, "batch_axes", sharding.BATCH_AXES)))
    inputs = inputs_of(experiment, datasets, step)

    # === 3. Start, or go on from the newest checkpoint; the chief alone reads and writes the run ===
    check_alike(engine, experiment)
    folder = Path(engine.on_chief(lambda: str(run.open_run(experiment, runs, resume))))
    progress = go_on(engine, folder, copies) or Progress()
    if engine.chief:
        run.cut_stats(folder, progress.step * training.batch_size)
    log(f"{'Goes on with' if progress.step else 'Starts'} {folder} at {progress.step * training.batch_size} of "
        f"{training.steps * training.batch_size} faces: {len(inputs)} training faces, {', '.join(spec.columns)}; "
        f"{engine.name}, {training.precision}, {engine.devices} device{'s' * (engine.devices > 1)}")

    # === 4. The loop ===
    line: dict[str, Any] = engine.on_chief(lambda: (run.read_stats(folder) or [{"images_per_second": 0.0}])[-1])
    per_tick = training.tick_images // training.batch_size
    heard = Callbacks(callbacks, step.average, engine.synchronize, {
        "epochs": math.ceil(training.steps / per_tick), "steps": per_tick, "samples": len(inputs)})
    begun = ended = False  # the tick; the training, by a callback
    with run.stop_requests() as stops, heard.training(folder, progress.step * training.batch_size, progress.rate):
        tick_started, tick_first = time.perf_counter(), progress.step
        while progress.step < training.steps and not ended:
            if not begun:
                heard.epoch_begins(progress.step // per_tick, progress.step, scheduled_rate(step, training, progress))
                progress.rate, begun = engine.on_chief(lambda: heard.rate), True
            batch = at_rate(inputs(progress.step, progress.attempt), progress.rate)
            heard.batch_begins(progress.step % per_tick)
            report = compiled(*step.kind(progress.step))(batch)
            progress.add(report)
            heard.batch_ends((progress.step - 1) % per_tick, report)

            asked = engine.any(bool(stops) or heard.stopping)
            stop, ended = asked and engine.any(bool(stops)), asked and engine.any(heard.stopping)
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
                    progress = set_back(engine, folder, copies, progress, line, log, ended)
                    tick_started, tick_first, begun = time.perf_counter(), progress.step, False
                    continue
                if engine.chief and (line["tick"] % training.snapshot_ticks == 0 or progress.step == training.steps):
                    measured = snapshot.write(folder, step.average, datasets, experiment, log)
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
                log(run.status_line(line, training.steps // per_tick, training.steps * training.batch_size))
                heard.epoch_ends(line["tick"] - 1, progress.step, scheduled_rate(step, training, progress), line, means,
                                 measured)
                progress.rate, begun = engine.on_chief(lambda: heard.rate), False
                ended = engine.any(heard.stopping)
            if stop or at_tick:
                if engine.chief:
                    checkpoints.save(folder / "checkpoints", copies[0], dataclasses.asdict(progress))
                tick_started, tick_first = time.perf_counter(), progress.step
            if stop:
                log(f"Saved at {progress.step * training.batch_size} faces. The same command goes on from here.")
                engine.any(False)  # nobody leaves before the chief has saved
                raise KeyboardInterrupt

    # === 5. What callbacks have changed at the end, and the result ===
    if engine.chief and (ended or heard.replaced):
        if heard.replaced or "score" not in line:
            line.update(snapshot.write(folder, step.average, datasets, experiment, log))
        line["finished"] = True
        run.cut_stats(folder, line["images"] - 1)
        run.append_stats(folder, line)
        curves(folder / "curves.png", run.read_stats(folder))
        log(f"{'Ended by a callback' if ended else 'A callback has set the weights'} at {line['images']} of "
            f"{training.steps * training.batch_size} faces; last/ holds what it left.")
    return engine.on_chief(lambda: {
        "run": str(folder), "images": line["images"], "images_per_second": line["images_per_second"],
        "score": line.get("score"), "finished": True})


def check_alike(engine: Any, experiment: Experiment) -> None:
    """Raises `CatganError` if this process was given another experiment, or other data, than the chief."""
    given = config.to_yaml(replace(experiment, data=None))  # the folder may be another on every host
    if engine.on_chief(lambda: given) != given:
        raise CatganError("This process was given another experiment or other data than the first process.")


def go_on(engine: Any, folder: Path, copies: Sequence[Sequence]) -> Progress | None:
    """Loads the newest checkpoint into all copies of the variables. None if there is none."""
    def restore() -> dict[str, Any] | None:
        newest = checkpoints.newest(folder / "checkpoints")
        return None if newest is None else checkpoints.restore(newest, copies[0])

    state = engine.on_chief(restore)
    engine.broadcast(copies)
    return None if state is None else Progress(**state)


def scheduled_rate(step: Any, training: TrainingConfig, progress: Progress) -> float:
    """The learning rate of the next step as the schedule has it."""
    rate = RATES["generator"] if isinstance(step, LegacyStep) else schedules.learning_rate(
        training, progress.step * training.batch_size)
    return rate * 0.5 ** progress.attempt


def at_rate(batch: dict[str, Any], factor: float) -> dict[str, Any]:
    """The inputs of a step with another learning rate."""
    return {name: np.float32(value * factor) if name in ("learning_rate", "rate") else value
            for name, value in batch.items()}


def set_back(engine: Any, folder: Path, copies: Sequence[Sequence], progress: Progress, line: Mapping[str, Any],
             log: Callable[[str], None], ended: bool = False) -> Progress:
    """After NaN or infinity: the last good state, to go on from with other faces and noise and half the learning rate.

    Raises:
        CatganError: there is no good state, it was tried often enough, or a callback has ended the training.
    """
    bad = [name for name, value in line.items() if not math.isfinite(value)]
    good = go_on(engine, folder, copies) if progress.attempt < ATTEMPTS and not ended else None
    if good is None:
        if engine.chief:
            files.write_json(folder / "stopped.json", {"reason": "not finite", "names": bad, "images": line["images"]})
        raise CatganError(f"Training stopped at {line['images']} faces: {', '.join(bad)} became NaN or infinite, "
                          f"{progress.attempt + 1} times. Lower training.learning_rate or raise training.gamma.")
    log(f"{', '.join(bad)} became NaN or infinite before {line['images']} faces. Goes on from the last good state with "
        "half the learning rate.")
    return dataclasses.replace(good, attempt=progress.attempt + 1, rate=progress.rate)


def inputs_of(experiment: Experiment, datasets: Datasets, step: Any) -> Any:
    """What makes the inputs of the steps."""
    make: Any = Inputs
    if experiment.training.editing is not None:
        make = EditingInputs
    elif experiment.training.identity:
        make = IdentityInputs
    return make(datasets, step.model, experiment.training, step.latents, experiment.split, experiment.labels.predicted)


def step_of(experiment: Experiment) -> Any:
    """What one step of this training does."""
    if experiment.training.editing is not None:
        return EditingStep
    if experiment.training.supervised:
        return SupervisedStep
    if experiment.training.identity:
        return IdentityStep
    return LegacyStep if experiment.network_config.family == "legacy" else AdversarialStep


def resolve(experiment: Experiment, dataset: DualDataset) -> Experiment:
    """The experiment with everything decided that depends on the machine and the data: what `config.yaml` holds."""
    precision = experiment.training.precision
    training = replace(experiment.training, precision=fastest() if precision == "auto" else precision)
    beside = experiment.beside
    if beside is not None:
        other = load_dataset(beside.data)
        beside = replace(beside, data=str(other.folder), data_hash=other.info["hash"])
    return replace(experiment, training=training, data=str(dataset.folder), data_hash=dataset.info["hash"],
                   beside=beside)
