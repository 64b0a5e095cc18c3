"""Computes the discriminator's loss, which adversarial and editor trainings share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops

from catgan import config
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.models import heads, losses
from catgan.training.experiment import TrainingConfig
from catgan.training.schedules import cosine
from catgan.training.tasks.base import Batch, Report


@dataclass(frozen=True)
class CriticConfig:
    """Holds the options of the discriminator's loss.

    Args:
        gamma, final_gamma: weight of the gradient penalties R1 and R2 (R3GAN, Huang et al. 2024).
        penalty_interval: R1 and R2 are computed every so many steps, and weigh as many times more.
        label_weight: weight of the label heads on real faces.
    """

    gamma: float = 0.5
    final_gamma: float = 0.5
    penalty_interval: int = 4
    label_weight: float = 1.0

    def __post_init__(self) -> None:
        config.check(self, "options.critic", above_zero=("penalty_interval",),
                     from_zero=("gamma", "final_gamma", "label_weight"))

    def gamma_at(self, training: TrainingConfig, images: int) -> float:
        """Returns the weight of R1 and R2 after `images` faces."""
        return cosine(self.gamma, self.final_gamma, images / training.images)


def discriminator_loss(engine: Engine, judge: Callable[[Tensor], tuple], images: Tensor, batch: Batch,
                       label_heads: list, options: CriticConfig, penalise: bool) -> tuple[Tensor, Batch, Report]:
    """Computes the adversarial loss of pairs, the label losses of real faces, and the gradient penalties.

    Args:
        engine: see `catgan.backend`.
        judge: faces `(2 b, h, w, c)` -> their critic scores, and all outputs of the discriminator.
        images: `b` real faces, then their fakes in the same order, under the same (values, mask).
        batch: labels of the real ones, see `heads.label_losses`, and `gamma`.
        label_heads: of the discriminator.
        options: weights of the losses.
        penalise: whether R1 and R2 are part of this step; they then count for all steps up to the next penalty.

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
    loss = adversarial + options.label_weight * sum(label_losses.values())
    report = {"d_loss": adversarial, "gap": sums.mean(gap),
              **heads.label_metrics(label_heads, on_real, batch),
              "sign_rate": sums.mean(ops.cast(gap > 0, "float32"))}
    if penalise:
        r1, r2 = (losses.gradient_penalty(part) for part in (gradient[:size], gradient[size:]))
        loss = loss + 0.5 * batch["gamma"] * options.penalty_interval * (r1 + r2)
        report.update(r1=r1, r2=r2)
    return loss, outputs, report
