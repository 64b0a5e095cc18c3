"""Speed of a training step, compared with its convolutions and dense layers alone."""

from __future__ import annotations

import functools
import math
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras

from catgan import random_streams, system
from catgan.backend import get_engine
from catgan.benchmarks import ROUNDS
from catgan.benchmarks.layer_speed import seconds_a_pass
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.metrics.figures import Figures
from catgan.models.cost import multiply_adds
from catgan.models.gan.architectures import network_config
from catgan.models.gan.model import CatGAN
from catgan.models.precision import fastest
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, experiment_from
from catgan.training.tasks.base import GanTask

FACES = 512
"""Rendered faces, unless two batches need more."""
UNKNOWN_SHARE = 0.3
"""Share of them without Action Units, and without valence and arousal."""
STEPS: dict[str, dict[str, float]] = {"strided": {"penalty_interval": 8},
                                      "filtered": {"penalty_interval": 1, "augment": 0.3}}
"""Options of a training step by kind of resampling, as in the experiments of the architectures."""


def benchmark_train(preset: str = "xs_64", batch: int = 64, n: int = 1000, seed: random_streams.Seed = 0,
                    precision: str = "auto", network: Mapping[str, object] | None = None,
                    verbose: bool = True) -> Figures:
    """Times the training of one architecture on rendered faces.

    Args:
        preset: architecture, the sizes of the networks.
        batch: faces per step.
        n: faces per round, rounded to whole cycles of steps with and without penalties.
        seed: of faces, weights and noise.
        precision: `"auto"`, `"float32"` or `"mixed_bfloat16"`.
        network: fields of `NetworkConfig` that differ from the architecture.
        verbose: whether to show a progress bar.

    Returns:
        `"images_per_second"`, real faces, the median of five rounds, with `"lowest"` and `"highest"`;
        `"gmac_per_image"`, 10^9 multiply-adds of a step per real face; `"share_of_convolution_rate"`, multiply-adds a
        second of the step, divided by those of the same convolutions and dense layers alone
        (`catgan.benchmarks.layer_speed`); `"loader_share"`, seconds that faces, labels and noise take, of the seconds
        of a step; `"first_step_seconds"`, from before the networks are built to the end of the first step, without
        imports; `"peak_memory_mb"`, the most main memory that the process had, MiB; and `"preset"`, `"batch_size"`,
        `"precision"`, `"engine"`.

    Raises:
        CatganError: an unknown architecture or precision, or a number out of range.
    """
    if n < 1:
        raise CatganError(f"'n' must be 1 or more. Received: {n}.")
    seed = random_streams.seed_of(seed)
    experiment = _experiment(preset, network, batch, seed, precision)
    with tempfile.TemporaryDirectory() as folder:
        render(_faces(experiment), Path(folder) / "faces")
        measured = _time_steps(experiment, Path(folder) / "faces", n, verbose)
    alone = seconds_a_pass((measured.model.generator, measured.model.discriminator), batch, verbose)
    return {**_figures(experiment, measured, alone), "preset": preset, "batch_size": batch,
            "precision": experiment.training.precision, "engine": keras.backend.backend()}


def _experiment(preset: str, network: Mapping[str, object] | None, batch: int, seed: int, precision: str) -> Experiment:
    steps = STEPS[network_config(preset, network).resampling]
    return experiment_from({
        "name": "benchmark", "architecture": preset, "network": dict(network or {}),
        "training": {"batch_size": batch, "tick_images": batch, "matching_weight": 1.0, "seed": seed,
                     "precision": fastest() if precision == "auto" else precision, **steps}})


def _faces(experiment: Experiment) -> RenderConfig:
    """Returns the plan of the rendered faces that the training is timed on."""
    sizes, training = experiment.network_config, experiment.training
    return RenderConfig(max(FACES, 2 * training.batch_size), sizes.image_size, training.seed, sizes.channels,
                        missing_au=UNKNOWN_SHARE, missing_va=UNKNOWN_SHARE)


class _Trainer:
    """Runs the steps of `catgan.training.loop` on one device, without files."""

    def __init__(self, experiment: Experiment, data: Path):
        training, dataset = experiment.training, load_dataset(data)
        spec = experiment.spec(dataset.spec)
        self.model, average = (CatGAN(experiment.network_config, spec, training.precision, seed=training.seed)
                               for _ in range(2))
        self.engine = engine = get_engine()
        self.step = step = experiment.kind.step(self.model, average, experiment, engine)
        variables = step.variables
        self.compiled = functools.cache(lambda *kind: engine.compile(lambda batch: step(batch, *kind), variables))
        self.inputs = experiment.kind.inputs(Datasets(dataset), self.model, experiment)
        self.steps = 0

    def __call__(self, number: int) -> float:
        """Step number `number`; returns the seconds that its inputs took."""
        self.steps += 1
        started = time.perf_counter()
        batch = self.inputs(number)
        loaded = time.perf_counter() - started
        for value in self.compiled(*self.step.kind(number))(batch).values():
            float(value)  # the loop reads every figure too, and so waits for the device
        return loaded


class _Measured(NamedTuple):
    model: CatGAN
    speeds: list[float]
    loader_share: float
    first_step: float
    memory: float
    steps: int


def _time_steps(experiment: Experiment, data: Path, n: int, verbose: bool = False) -> _Measured:
    # === The first step ===
    started = time.perf_counter()
    trainer = _Trainer(experiment, data)
    trainer(0)
    first_step = time.perf_counter() - started

    # === Every kind of step compiled, and run once more ===
    cycle, batch = _gan_task(experiment).cycle(experiment), experiment.training.batch_size
    for number in range(1, 2 * cycle):
        trainer(number)

    # === The rounds ===
    length = cycle * max(1, round(n / (cycle * batch)))
    loading, seconds = 0.0, []
    for part in system.progress_bar(range(ROUNDS), "rounds", unit="round", verbose=verbose):
        started = time.perf_counter()
        loading += sum(trainer(2 * cycle + part * length + number) for number in range(length))
        seconds.append(time.perf_counter() - started)
    trainer.engine.synchronize()
    return _Measured(trainer.model, [length * batch / spent for spent in seconds], loading / sum(seconds), first_step,
                     system.memory_mb(), trainer.steps)


def _figures(experiment: Experiment, measured: _Measured, alone: Sequence[float]) -> dict[str, float]:
    """Computes the figures; `alone` are the seconds of a pass of the generator's and the discriminator's layers."""
    networks, passes = (measured.model.generator, measured.model.discriminator), _passes(experiment)
    speed, work = statistics.median(measured.speeds), sum(map(math.prod, zip(passes, map(multiply_adds, networks))))
    return {"images_per_second": round(speed, 1), "lowest": round(min(measured.speeds), 1),
            "highest": round(max(measured.speeds), 1), "gmac_per_image": round(work / 1e9, 4),
            "share_of_convolution_rate": round(speed * sum(map(math.prod, zip(passes, alone))), 3),
            "loader_share": round(measured.loader_share, 4), "first_step_seconds": round(measured.first_step, 2),
            "peak_memory_mb": measured.memory}


def _passes(experiment: Experiment) -> tuple[float, float]:
    """Forward passes of the generator and of the discriminator that a step spends on one real face."""
    return _gan_task(experiment).passes(experiment)


def _gan_task(experiment: Experiment) -> GanTask:
    assert isinstance(experiment.kind, GanTask)
    return experiment.kind
