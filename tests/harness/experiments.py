"""A network and a training that take seconds."""

from __future__ import annotations

TINY = {"image_size": 16, "channels": 1, "latent_size": 8, "embedding_size": 8, "style_width": 16,
        "generator_widths": [8, 8, 8], "discriminator_widths": [8, 8, 0], "generator_blocks": [1, 0, 0],
        "discriminator_blocks": [0, 1, 0], "features": 16}


def tiny_experiment(mode: str = "joint", task: str = "adversarial", options: dict | None = None, **training):
    """Makes an experiment that trains in seconds; further keywords are fields of `TrainingConfig`.

    Every step has penalties unless `options` say otherwise, so that one kind of step is compiled and not two.
    """
    from catgan import config
    from catgan.training.experiment import Experiment

    settings = {"images": 96, "batch_size": 8, "tick_images": 32, "snapshot_ticks": 3, "precision": "float32",
                "ema_half_life": 50.0, "learning_rate": 2e-3, **training}
    if task in ("adversarial", "editor"):
        options = {"critic": {"penalty_interval": 1}, **(options or {})}
    return config.from_mapping(Experiment, {"name": f"tiny-{mode}", "task": task, "network": TINY,
                                            "labels": {"mode": mode}, "training": settings, "options": options})
