"""What the discriminator is trained to do in every adversarial step, whoever draws the fakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from catgan.backend import sums
from catgan.models import heads, losses
from catgan.training.experiment import TrainingConfig


def discriminator_loss(engine, judge: Callable[[Any], tuple], images, batch: dict, label_heads: list,
                       training: TrainingConfig, penalise: bool) -> tuple[Any, dict, dict]:
    """Real against fake in pairs, labels on the real ones, R1 and R2 where it is their turn.

    Args:
        engine: see `catgan.backend`.
        judge: faces `(2 b, h, w, c)` -> their critic scores, and all outputs of the discriminator.
        images: `b` real faces, then their fakes in the same order, under the same (values, mask).
        batch: labels of the real ones, see `heads.label_losses`, and `gamma`.
        label_heads: of the discriminator.
        training: weights of the losses.
        penalise: whether R1 and R2 are part of this step; they then count for all steps up to the next ones.

    Returns:
        The loss, all outputs `(2 b, ...)`, and scalars by name.
    """
    size = images.shape[0] // 2
    if penalise:
        outputs, gradient = engine.input_gradient(judge, images)
    else:
        _, outputs = judge(images)
    on_real = {name: value[:size] for name, value in outputs.items()}
    gap = on_real["critic"] - outputs["critic"][size:]
    adversarial = losses.discriminator_loss(on_real["critic"], outputs["critic"][size:])
    label_losses = heads.label_losses(label_heads, on_real, batch)
    loss = adversarial + training.label_weight * sum(label_losses.values())
    report = {"d_loss": adversarial, "gap": sums.mean(gap),
              **heads.label_metrics(label_heads, on_real, batch),
              "sign_rate": sums.mean(ops.cast(gap > 0, "float32"))}
    if penalise:
        r1, r2 = (losses.gradient_penalty(part) for part in (gradient[:size], gradient[size:]))
        loss = loss + 0.5 * batch["gamma"] * training.penalty_interval * (r1 + r2)
        report.update(r1=r1, r2=r2)
    return loss, outputs, report
