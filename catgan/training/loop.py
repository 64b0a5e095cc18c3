"""The training loop."""

from __future__ import annotations

import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from catgan import files
from catgan.data.batches import Batches
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.gan.model import CatGAN, to_network
from catgan.training import checkpoints, run, snapshot
from catgan.training.engine import get_engine
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.precision import fastest
from catgan.training.step import AdversarialStep


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
    batches = Batches(dataset.images("train", network.channels), dataset.labels("train", spec), training.batch_size,
                      training.seed, training.mirror)
    model, average = (CatGAN(network, spec, training.precision, seed=training.seed) for _ in range(2))

    # === 2. The step, compiled with and without penalties ===
    engine = get_engine()
    step = AdversarialStep(model, average, training, engine)
    variables = step.variables
    compiled = {penalise: engine.compile(lambda batch, penalise=penalise: step(batch, penalise), variables)
                for penalise in (False, True)}

    # === 3. Start, or go on from the newest checkpoint ===
    folder = run.open_run(experiment, runs, resume)
    done, seconds = 0, 0.0
    sums: dict[str, float] = defaultdict(float)
    newest = checkpoints.newest(folder / "checkpoints")
    if newest is not None:
        state = checkpoints.restore(newest, variables)
        done, seconds = state["step"], state["seconds"]
        sums.update(state["sums"])
    run.cut_stats(folder, done * training.batch_size)
    log(f"{'Goes on with' if newest else 'Starts'} {folder} at {done * training.batch_size} of "
        f"{training.steps * training.batch_size} faces: {len(batches.images)} training faces, "
        f"{', '.join(spec.columns)}; {engine.name}, {training.precision}")

    # === 4. The loop ===
    line: dict[str, Any] = (run.read_stats(folder) or [{"images_per_second": 0.0}])[-1]
    ticks, per_tick = training.steps * training.batch_size // training.tick_images, \
        training.tick_images // training.batch_size
    with run.stop_requests() as stops:
        tick_started, tick_first = time.perf_counter(), done
        while done < training.steps:
            report = compiled[done % training.penalty_interval == 0](
                make_batch(batches, training, network.latent_size, network.channels, done))
            for name, value in report.items():
                sums[name] += float(value)
            done += 1

            if stops or done % per_tick == 0:
                engine.synchronize()
                now = time.perf_counter()
                seconds += now - tick_started
            if done % per_tick == 0:
                line = {"tick": done // per_tick, "images": done * training.batch_size,
                        **_means(sums, per_tick, training.penalty_interval)}
                _stop_on_nan(line, folder)
                if line["tick"] % training.snapshot_ticks == 0 or done == training.steps:
                    line.update(snapshot.write(folder, average, dataset, training.seed))
                line.update(
                    images_per_second=round((done - tick_first) * training.batch_size / (now - tick_started), 1),
                    seconds=round(seconds, 1), memory_mb=run.memory_mb(), finished=done == training.steps)
                sums.clear()
                run.append_stats(folder, line)
                log(run.status_line(line, ticks, training.steps * training.batch_size))
                for callback in callbacks:
                    callback.on_epoch_end(line["tick"], dict(line))
            if stops or done % per_tick == 0:
                checkpoints.save(folder / "checkpoints", done, variables, {"sums": dict(sums), "seconds": seconds})
                tick_started, tick_first = time.perf_counter(), done
            if stops:
                log(f"Saved at {done * training.batch_size} faces. The same command goes on from here.")
                raise KeyboardInterrupt

    # === 5. The result ===
    return {"run": str(folder), "images": line["images"], "images_per_second": line["images_per_second"],
            "score": line.get("score"), "finished": True}


def resolve(experiment: Experiment, dataset: DualDataset) -> Experiment:
    """The experiment with everything decided that depends on the machine and the data: what `config.yaml` holds."""
    precision = experiment.training.precision
    training = replace(experiment.training, precision=fastest() if precision == "auto" else precision)
    return replace(experiment, training=training, data=str(dataset.folder), data_hash=dataset.info["hash"])


def make_batch(batches: Batches, training: TrainingConfig, latent_size: int, channels: int, step: int) -> dict:
    """All that step number `step` needs: faces, labels, noise and schedules, as a function of the step alone."""
    batch = batches(step)
    noise = np.random.default_rng([training.seed, 2, step])
    images = step * training.batch_size
    return {"images": to_network(batch.images, channels), "values": batch.values, "mask": batch.mask,
            "latents": noise.standard_normal((2, training.batch_size, latent_size), np.float32),
            "learning_rate": np.float32(training.learning_rate_at(images)),
            "ema_decay": np.float32(training.ema_decay_at(step))}


def _means(sums: dict[str, float], steps: int, penalty_interval: int) -> dict[str, float]:
    lazily = {name: -(-steps // penalty_interval) for name in ("r1", "r2")}
    return {name: round(total / lazily.get(name, steps), 6) for name, total in sorted(sums.items())}


def _stop_on_nan(line: dict[str, Any], folder: Path) -> None:
    bad = [name for name, value in line.items() if isinstance(value, float) and not math.isfinite(value)]
    if bad:
        files.write_json(folder / "stopped.json", {"reason": "not finite", "names": bad, "images": line["images"]})
        raise CatganError(f"Training stopped at {line['images']} faces: {', '.join(bad)} became NaN or infinite. "
                          f"The checkpoint before is in {folder / 'checkpoints'}; lower training.learning_rate or "
                          "raise training.gamma.")
