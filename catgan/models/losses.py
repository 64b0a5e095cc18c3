"""The losses, written once in `keras.ops` for every backend.

All take tensors of one batch and return a scalar. `values` and `mask` are `(n, k)` as `Labels.encode` gives them; a
label with mask 0 has no part in any loss. What is summed over a batch goes through `total`, so that a batch shared out
among devices has one loss.
"""

from __future__ import annotations

import math

from keras import ops

from catgan.backend.sums import mean, total

# === Real or fake ===


def discriminator_loss(real, fake):
    """Relativistic pairing (Jolicoeur-Martineau 2019; R3GAN 2024): each real face beats its fake of the same label.

    Args:
        real, fake: critic scores `(n,)` of pairs that share (values, mask).
    """
    return mean(ops.softplus(fake - real))


def generator_loss(real, fake):
    """The mirror image of `discriminator_loss`."""
    return mean(ops.softplus(real - fake))


def gradient_penalty(gradient):
    """R1 (on real faces) or R2 (on fakes): squared norm of the critic's gradient, `(n, h, w, c)` (Mescheder 2018)."""
    return mean(ops.sum(ops.square(ops.cast(gradient, "float32")), axis=(1, 2, 3)))


# === What a generated face shows ===


def mean_matching(reading, bias, mask):
    """Draws the average of what generated faces show towards what real faces of the same labels show.

    The gradient is that of the squared bias of the conditional mean, (E[f(G(z, c))] - E[f(x) | c])^2, label by label:
    twice the bias times the gradient of the reading. A plain squared error between reading and label would add the
    variance of the readings, and the generator would answer by drawing all faces of one label alike, and exaggerated
    (AC-GAN; Odena et al. 2017).

    Args:
        reading: what the heads read off generated faces, `(n, k)`.
        bias: `catgan.models.gan.bias` of their conditions, `(n, k)`, held still here.
    """
    return masked_mean(2.0 * ops.stop_gradient(bias) * reading, mask)


def regression(reading, values, mask):
    """Squared error between what a generated face shows and its label: the auxiliary-classifier loss, for ablations."""
    return masked_mean(ops.square(reading - values), mask)


# === An edited face beside the true one ===

SMALL = 0.05
"""Differences of pixels (-1..1) below about this count by their square, those above by themselves (Charbonnier et al.
1994). By themselves from the start, an editor would not begin to move: most pixels are right as they are. By their
square alone, it is drawn to the mean of what may be there: nearer to the truth, and less sharp."""


USUAL, LEAST = 0.06, 0.005
"""Root mean square of the pixels' differences (-1..1) of a change that counts as it is; what is added to each: eight
bits a pixel hide changes not much smaller."""


def _lenient(difference, small: float):
    return ops.sqrt(ops.square(difference) + small ** 2) - small


def image_distance(drawn, truth, counted=None, small: float = SMALL):
    """Mean lenient difference of pixels `(n, h, w, c)`; `counted` `(n,)` weighs the faces; `small`: see `SMALL`."""
    return counted_mean(ops.mean(_lenient(drawn - truth, small), axis=(1, 2, 3)), counted)


def normalise_by_change(before, after):
    """Factors `(n, 1, 1, 1)` that bring the true changes of pairs of faces to about one size.

    A lid tightener changes a twentieth of what an open mouth does, in squared grey levels. Without them an editor
    learns it last, though it is as much of an answer. With them a squared error is a share of the change that is
    missed.
    """
    size = ops.sqrt(ops.mean(ops.square(after - before), axis=(1, 2, 3), keepdims=True))
    return USUAL / (size + LEAST)


def edge_distance(drawn, truth, counted=None, small: float = SMALL):
    """Mean lenient difference of the steps between neighbouring pixels, down and across: blur is not forgiven."""
    apart = drawn - truth
    down, across = apart[:, 1:] - apart[:, :-1], apart[:, :, 1:] - apart[:, :, :-1]
    far = ops.mean(_lenient(down, small), axis=(1, 2, 3)) + ops.mean(_lenient(across, small), axis=(1, 2, 3))
    return counted_mean(far, counted)


# === What a real face shows ===


def presence_loss(logits, values, mask):
    """Binary cross-entropy per Action Unit."""
    return masked_mean(ops.softplus(logits) - values * logits, mask)


def beta_nll(predicted, log_variance, values, mask, beta: float = 0.5):
    """Gaussian negative log-likelihood, each weighted by its variance ** beta (Seitzer et al. 2022).

    Without the weight, a head calls what it finds hard noise, and stops to learn it. Scaled by 1 / 0.2 so that it
    weighs about as much as the other heads.
    """
    weight = ops.exp(beta * ops.stop_gradient(log_variance))
    loss = 0.5 * (log_variance + ops.square(predicted - values) * ops.exp(-log_variance))
    return 5.0 * masked_mean(weight * loss, mask)


def huber_loss(predicted, values, mask, delta: float = 0.1):
    """Huber loss of intensities 0..1, times 10."""
    error = ops.abs(predicted - values)
    return 10.0 * masked_mean(ops.where(error < delta, 0.5 * ops.square(error), delta * (error - 0.5 * delta)), mask)


def ordinal_loss(logits, values, mask):
    """Cross-entropy per threshold; `logits` `(n, k, levels)`, `values` `(n, k)` in 0..1."""
    levels = logits.shape[-1]
    exceeded = ops.clip(values[:, :, None] * levels - ops.arange(levels, dtype="float32"), 0.0, 1.0)
    return masked_mean(ops.mean(ops.softplus(logits) - exceeded * logits, axis=-1), mask)


def concordance_loss(predicted, values, mask):
    """Mean over the columns of 1 - CCC, + 0.5 * mean squared error."""
    return ops.mean(1.0 - batch_ccc(predicted, values, mask)) + 0.5 * masked_mean(ops.square(predicted - values), mask)


def bins_loss(logits, values, mask, centres):
    """Cross-entropy with a label that is spread over bins as a Gaussian of one bin's width; `logits` `(n, k, bins)`."""
    width = float(centres[1] - centres[0])
    wanted = ops.softmax(-0.5 * ops.square((centres - values[:, :, None]) / width), axis=-1)
    log_probability = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    return masked_mean(-ops.sum(wanted * log_probability, axis=-1), mask) / math.log(len(centres))


def spread_loss(predicted, log_variance, values, mask):
    """Gaussian negative log-likelihood of a variance, weighted 0.1; the mean is held still, so that uncertainty is
    learned without a say in the prediction."""
    error = ops.square(ops.stop_gradient(predicted) - values)
    return 0.1 * masked_mean(0.5 * (log_variance + error * ops.exp(-log_variance)), mask)


def expression_loss(logits, one_hot, mask):
    """Cross-entropy over the faces whose expression is known, `(n, e)`."""
    log_probability = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    return masked_mean(-ops.sum(one_hot * log_probability, axis=-1, keepdims=True), mask[:, :1])


# === Who it is ===


def contrast(one, other, temperature: float = 0.1):
    """Normalised temperature-scaled cross-entropy (Sohn 2016, Chen et al. 2020): each row of `one` is to be nearer to
    the same row of `other` than to its other rows, and the other way round.

    Args:
        one, other: features `(n, d)` of two faces each of `n` people.
        temperature: of the cosine similarities.

    Returns:
        The loss, and the share of rows whose nearest is the right one.
    """
    one, other = (features / ops.sqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + 1e-12)
                  for features in (one, other))
    alike = ops.matmul(one, ops.transpose(other)) / temperature
    same = ops.sum(one * other, axis=-1) / temperature
    loss = 0.5 * (ops.mean(ops.logsumexp(alike, axis=0) - same) + ops.mean(ops.logsumexp(alike, axis=1) - same))
    return loss, ops.mean(ops.cast(same >= ops.max(alike, axis=1) - 1e-5, "float32"))


# === Masked sums ===


def counted_mean(values, counted=None):
    """Mean of `(n,)` under the weights `counted` `(n,)`, or of all; 0 where nothing counts."""
    return mean(values) if counted is None else total(counted * values) / ops.maximum(total(counted), 1.0)


def masked_mean(loss, mask):
    """Mean over the known labels of each face, then over the faces that have any. 0 if nothing is known."""
    per_face = ops.sum(loss * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)
    labelled = ops.cast(ops.any(mask > 0, axis=-1), "float32")
    return total(per_face * labelled) / ops.maximum(total(labelled), 1.0)


def batch_ccc(predicted, values, mask):
    """Concordance correlation (Lin 1989) per column over the known rows, `(n, k) -> (k,)`.

    1 (no loss) where fewer than two rows are known.
    """
    count = total(mask, axis=0)
    safe = ops.maximum(count, 1.0)
    mean_p = total(mask * predicted, axis=0) / safe
    mean_v = total(mask * values, axis=0) / safe
    centred_p, centred_v = mask * (predicted - mean_p), mask * (values - mean_v)
    covariance = total(centred_p * centred_v, axis=0) / safe
    variances = (total(ops.square(centred_p), axis=0) + total(ops.square(centred_v), axis=0)) / safe
    ccc = 2.0 * covariance / (variances + ops.square(mean_p - mean_v) + 1e-6)
    return ops.where(count >= 2.0, ccc, ops.ones_like(ccc))
