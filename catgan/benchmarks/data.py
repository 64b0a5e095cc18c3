"""Speed of rendering, building and reading faces."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from catgan.benchmarks import ROUNDS
from catgan.data import store
from catgan.data.batches import Batches
from catgan.data.builder.build import build
from catgan.data.render import RenderConfig, scene_of
from catgan.data.rendering_work import one_thread
from catgan.errors import CatganError
from catgan.synthesis.rendering import BATCH_SIZE as RENDERED_AT_ONCE
from catgan.synthesis.rendering import Renderer
from catgan.system import process_pool

BATCH_SIZE = 64
"""Faces of a training batch."""


def benchmark_render(n: int, sizes: Sequence[int], channels: int, seed: int) -> dict[int, dict[str, float]]:
    """Measures faces rendered a second by one process on one core, in five rounds.

    Args:
        n: faces a round.
        sizes: sides in pixels.
        channels: 1 grey, 3 colour.

    Returns:
        Per size `{"faces_per_second", "lowest", "highest"}`, median and range of rendering given scenes, and
        `"with_sampling"`, the median of sampling and rendering them.
    """
    if n < RENDERED_AT_ONCE:
        raise CatganError(f"'n' must be {RENDERED_AT_ONCE} or more. Received: {n}.")
    configs = [RenderConfig(max(n, 10), size, seed, channels) for size in sizes]
    with process_pool(1, one_thread) as pool:
        return {config.size: pool.submit(_timed_rendering, config).result() for config in configs}


def _timed_rendering(config: RenderConfig) -> dict[str, float]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    renderer = Renderer(config.size)
    renderer.render([scene_of(index, config) for index in range(RENDERED_AT_ONCE)], config.channels)
    drawn, whole = [], []
    for part in range(ROUNDS):
        started = time.perf_counter()
        scenes = [scene_of(part * config.n + index, config) for index in range(config.n)]
        sampled = time.perf_counter()
        renderer.render(scenes, config.channels)
        finished = time.perf_counter()
        drawn.append(config.n / (finished - sampled))
        whole.append(config.n / (finished - started))
    return {"faces_per_second": round(statistics.median(drawn), 1), "lowest": round(min(drawn), 1),
            "highest": round(max(drawn), 1), "with_sampling": round(statistics.median(whole), 1)}


def benchmark_batches(folder: str | os.PathLike, n: int, seed: int, channels: int = 3) -> float:
    """Measures faces a second that training reads of a data set, shuffled and mirrored: the median of five rounds.

    Args:
        folder: a data set; its training split is read.
        n: faces a round.
        channels: 1 grey, 3 colour.
    """
    dataset = store.load_dataset(folder)
    batches = Batches(dataset.images("train", channels), dataset.labels("train"), BATCH_SIZE, seed)
    steps = max(n // BATCH_SIZE, 1)
    speeds = []
    for part in range(1 + ROUNDS):
        started = time.perf_counter()
        for step in range(part * steps, (part + 1) * steps):
            batches(step)
        speeds.append(steps * BATCH_SIZE / (time.perf_counter() - started))
    return round(statistics.median(speeds[1:]), 1)  # the first round shuffles the faces


def benchmark_build(recipe: str | os.PathLike) -> float:
    """Measures faces a second that `catgan build` makes of a recipe, in a folder that is then removed."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        result = build(recipe, Path(folder) / "dataset")
        return round(result["faces"] / (time.perf_counter() - started), 1)
