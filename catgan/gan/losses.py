"""The losses, written once in `keras.ops` for every backend.

All take tensors of one batch and return a scalar. `values` and `mask` are `(n, spec.width)` as `Labels.encode`
gives them; a label with mask 0 has no part in any loss.
"""

from __future__ import annotations

from keras import ops

from catgan.labels import LabelSpec


def discriminator_loss(real, fake):
    """Relativistic pairing (Jolicoeur-Martineau 2019; R3GAN 2024): each real face beats its fake of the same label.

    Args:
        real, fake: critic scores `(n,)` of pairs that share (values, mask).
    """
    return ops.mean(ops.softplus(fake - real))


def generator_loss(real, fake):
    """The mirror image of `discriminator_loss`."""
    return ops.mean(ops.softplus(real - fake))


def gradient_penalty(gradient):
    """R1 (on real faces) or R2 (on fakes): squared norm of the critic's gradient, `(n, h, w, c)` (Mescheder 2018)."""
    gradient = ops.cast(gradient, "float32")
    return ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))


def label_losses(outputs: dict, values, mask, spec: LabelSpec) -> dict:
    """One loss per head of the discriminator, for real faces.

    Args:
        outputs: what the discriminator returned.
        values, mask: encoded labels `(n, spec.width)`.

    Returns:
        Some of `"action_units"`, `"valence_arousal"`, `"expression"`.
    """
    losses, start = {}, 0
    if spec.action_units:
        stop = len(spec.action_units)
        loss = presence_loss if spec.scale == "presence" else intensity_loss
        losses["action_units"] = loss(outputs["action_units"], values[:, :stop], mask[:, :stop])
        start = stop
    if spec.valence_arousal:
        truth, known = values[:, start:start + 2], mask[:, start:start + 2]
        losses["valence_arousal"] = (
            valence_arousal_loss(outputs["valence_arousal"], truth, known)
            + spread_loss(outputs["valence_arousal"], outputs["valence_arousal_log_variance"], truth, known))
        start += 2
    if spec.expressions:
        losses["expression"] = expression_loss(outputs["expression"], values[:, start:], mask[:, start:])
    return losses


def presence_loss(logits, values, mask):
    """Binary cross-entropy per Action Unit, `(n, k)`."""
    return masked_mean(ops.softplus(logits) - values * logits, mask)


def intensity_loss(logits, values, mask):
    """Huber loss (delta 0.1) between the sigmoid of the logits and intensity / 5, times 10, `(n, k)`."""
    error = ops.abs(ops.sigmoid(logits) - values)
    huber = ops.where(error < 0.1, 0.5 * ops.square(error), 0.1 * (error - 0.05))
    return 10.0 * masked_mean(huber, mask)


def valence_arousal_loss(predicted, values, mask):
    """Mean over valence and arousal of (1 - CCC) + 0.5 * MSE, over the known rows of the batch, `(n, 2)`."""
    concordance = batch_ccc(predicted, values, mask)
    error = masked_mean(ops.square(predicted - values), mask)
    return ops.mean(1.0 - concordance) + 0.5 * error


def spread_loss(predicted, log_variance, values, mask):
    """Gaussian negative log-likelihood of the variance head, weighted 0.1; the mean is held still, so that
    uncertainty is learned without a say in the prediction (Seitzer et al. 2022 on why)."""
    log_variance = ops.clip(log_variance, -8.0, 2.0)
    error = ops.square(ops.stop_gradient(predicted) - values)
    return 0.1 * masked_mean(0.5 * (log_variance + error * ops.exp(-log_variance)), mask)


def expression_loss(logits, one_hot, mask):
    """Cross-entropy over the faces whose expression is known, `(n, e)`."""
    log_probability = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    return masked_mean(-ops.sum(one_hot * log_probability, axis=-1, keepdims=True), mask[:, :1])


def masked_mean(loss, mask):
    """Mean over the known labels of each face, then over the faces that have any. 0 if nothing is known."""
    per_face = ops.sum(loss * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)
    labelled = ops.cast(ops.any(mask > 0, axis=-1), "float32")
    return ops.sum(per_face * labelled) / ops.maximum(ops.sum(labelled), 1.0)


def batch_ccc(predicted, values, mask):
    """Concordance correlation (Lin 1989) per column over the known rows, `(n, k) -> (k,)`.

    1 (no loss) where fewer than two rows are known.
    """
    count = ops.sum(mask, axis=0)
    safe = ops.maximum(count, 1.0)
    mean_p = ops.sum(mask * predicted, axis=0) / safe
    mean_v = ops.sum(mask * values, axis=0) / safe
    centred_p, centred_v = mask * (predicted - mean_p), mask * (values - mean_v)
    covariance = ops.sum(centred_p * centred_v, axis=0) / safe
    variances = (ops.sum(ops.square(centred_p), axis=0) + ops.sum(ops.square(centred_v), axis=0)) / safe
    ccc = 2.0 * covariance / (variances + ops.square(mean_p - mean_v) + 1e-6)
    return ops.where(count >= 2.0, ccc, ops.ones_like(ccc))
