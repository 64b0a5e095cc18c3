"""Measures how long a network on landmarks takes on one core, from landmarks in pixels to calibrated probabilities."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from catgan.benchmarks import ROUNDS
from catgan.errors import CatganError
from catgan.exporters.landmarks import landmark_graph
from catgan.faces.frontal import mean_face
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions
from catgan.metrics.figures import Figures
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.models.landmarks.cost import cost_of
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.system import progress_bar

CLASSES = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""Expressions of networks that are made to be timed."""
COUNTS = (8, 16, 32, 64, 128, 256, 478)
"""Numbers of landmarks at which networks are timed."""
ROUND_SECONDS = 0.2
"""A fifth of the length of a measurement."""


def latency(model: LandmarkRecogniser, expression: str | None = None, clips: int = 1,
            round_seconds: float = ROUND_SECONDS) -> Figures:
    """Measures the time of the ONNX file of a model with onnxruntime, in one thread.

    Args:
        model: the model.
        expression: time the binary of this expression alone; None times all together.
        clips: at once.
        round_seconds: the measurement lasts for `ROUNDS` times as long.

    Returns:
        `ms_per_clip` and `ms_per_frame`, medians over calls; `lowest` and `highest`, milliseconds per clip of the
        fastest call and of 95 % of them: where others share the core, the fastest tells what the network needs;
        `points`, how many different landmarks are read; `parameters` and `multiply_adds` per clip.

    Raises:
        CatganError: as `catgan.exporters.landmarks.export_onnx`, or onnxruntime is missing.
    """
    run = _runner(model, expression, clips)
    run(3)  # allocates
    calls = max(3, int(np.ceil(ROUNDS * round_seconds / max(float(run(3).min()), 1e-6))))
    times = 1e3 * run(calls) / clips
    middle, cost = float(np.median(times)), cost_of(model, expression)
    points = model.points if expression is None else model.points[[model.classes.index(expression)]]
    return {"ms_per_clip": middle, "ms_per_frame": middle / model.frames, "lowest": float(times.min()),
            "highest": float(np.percentile(times, 95)), "points": len(set(points.ravel().tolist()) - {-1}),
            "parameters": cost.parameters, "multiply_adds": cost.multiply_adds}


def _runner(model: LandmarkRecogniser, expression: str | None, clips: int) -> Callable[[int], np.ndarray]:
    """Returns a function of a number of calls that gives the seconds of each, float64 `(calls,)`."""
    try:
        import onnxruntime
    except ImportError:
        raise CatganError("Timing a network needs onnxruntime: pip install 'catgan[export]'.") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(landmark_graph(model, expression).SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    moves = np.sin(np.arange(clips * model.frames)).reshape(clips, model.frames, 1, 1)
    points = 32.0 + 23.0 * mean_face(model.landmark_set)[:, :2] + moves
    given = {"landmarks": points.astype(np.float32), "seen": np.ones(points.shape[:2], np.float32)}

    def run(calls: int) -> np.ndarray:
        clock = [time.perf_counter()]
        for _ in range(calls):
            session.run(["probabilities"], given)
            clock.append(time.perf_counter())
        return np.diff(clock)

    return run


def latency_table(landmarks: LandmarkConfig, shape: ShapeOptions = ShapeOptions(), counts: Sequence[int] = COUNTS,
                  frames: int = 20, round_seconds: float = ROUND_SECONDS) -> list[Figures]:
    """Measures networks of one kind at several numbers of landmarks; time does not depend on training.

    Args:
        landmarks: kind and sizes. Each expression's binary reads other landmarks.
        shape: how landmarks become the input.
        counts: how many landmarks each network reads.
        frames: of a clip.
        round_seconds: as in `latency`.

    Returns:
        One row per count: `count`, `together`, `latency` of all expressions, and `alone`, that of one binary; None for
        a joint network.
    """
    rows, total = list[Figures](), landmark_set("mediapipe_478").count
    members = np.arange(1 if landmarks.joint else len(CLASSES))[:, None]
    for count in progress_bar(counts, "latency", unit="network"):
        points = np.sort((np.arange(count) * total // count + members) % total, axis=1)
        model = LandmarkRecogniser(landmarks, shape, CLASSES, "mediapipe_478", 6.25, frames, points)
        rows.append({"count": count, "together": latency(model, round_seconds=round_seconds),
                     "alone": None if landmarks.joint else latency(model, CLASSES[1], round_seconds=round_seconds)})
    return rows


def latency_lines(rows: Sequence[Figures]) -> list[str]:
    """Formats the rows of `latency_table` as a table in Markdown."""
    titles = ["landmarks each"] + [f"{who}: {what}" for who in ("all", "one") for what in (
        "ms a clip (fastest)", "ms a frame", "parameters", "multiply-adds")]
    lines = [f"| {' | '.join(titles)} |", "|---:" * len(titles) + "|"]
    for row in rows:
        cells = [str(row["count"])]
        for figures in (row["together"], row["alone"]):
            cells += ["-"] * 4 if figures is None else [
                f"{figures['ms_per_clip']:.3f} ({figures['lowest']:.3f})", f"{figures['ms_per_frame']:.4f}",
                f"{figures['parameters']:,}", f"{figures['multiply_adds']:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
