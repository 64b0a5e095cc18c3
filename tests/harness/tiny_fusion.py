"""Experiments on people with tiny networks."""

from __future__ import annotations

from typing import Any

from catgan import config
from catgan.training.experiment import Experiment

TINY = {"face_widths": [4, 4, 4, 8], "context_widths": [4, 4, 4, 8], "graph_widths": [4], "recurrent_units": 6,
        "posture_units": 12, "features": 12, "hidden": 16, "dropout": 0.1}


def tiny_fusion(options: dict[str, Any] | None = None, mode: str = "both", network: dict[str, Any] | None = None,
                **training: Any) -> Experiment:
    """An experiment of four steps of 16 people, with two ticks."""
    settings = {"images": 64, "batch_size": 16, "tick_images": 32, "snapshot_ticks": 1, "precision": "float32",
                "ema_half_life": 20.0, "learning_rate": 0.005, "final_learning_rate": 0.0005, **training}
    return config.from_mapping(Experiment, {
        "name": "tiny-people", "task": "fusion", "labels": {"mode": mode}, "training": settings,
        "options": {"network": {**TINY, **(network or {})}, **(options or {})}})
