"""Losses of all networks, in `keras.ops` for every backend.

All take tensors of one batch and return a scalar. `values` and `mask` are `(n, k)` as `Labels.encode` returns them; a
label with mask 0 is in no loss. Sums over a batch go through `catgan.backend.sums`, so that a batch that several
devices share has one loss.
"""

from __future__ import annotations

import math

from keras import ops

from catgan.backend.sums import mean, total

# === Real or fake ===


def discriminator_loss(real, fake):
    """Computes the relativistic pairing loss of the critic (Jolicoeur-Martineau 2019; R3GAN 2024).

    Args:
        real, fake: critic scores `(n,)` of a real and a generated face under the same condition.
    """
    return mean(ops.softplus(fake - real))


def generator_loss(real, fake):
    """Computes the relativistic pairing loss of the generator; arguments as in `discriminator_loss`."""
    return mean(ops.softplus(real - fake))


def gradient_penalty(gradient):
    """Computes R1 (real faces) or R2 (fakes): the squared norm of the critic's gradient `(n, h, w, c)` (Mescheder
    2018)."""
    return mean(ops.sum(ops.square(ops.cast(gradient, "float32")), axis=(1, 2, 3)))


# === Labels of generated faces ===


def mean_matching(reading, bias, mask):
    """Matches the mean prediction on generated faces to that on real faces with the same labels.

    The gradient is that of the squared bias of the conditional mean, (E[f(G(z, c))] - E[f(x) | c])^2, per label: twice
    the bias times the gradient of the prediction. A squared error between prediction and label would add the variance
    of the predictions. The generator would then draw all faces of one label alike and exaggerated (AC-GAN; Odena et
    al. 2017).

    Args:
        reading: predictions of the heads on generated faces, `(n, k)`.
        bias: `catgan.models.gan.bias` of their conditions, `(n, k)`; no gradient goes into it.
        mask: of the labels, `(n, k)`.
    """
    return masked_mean(2.0 * ops.stop_gradient(bias) * reading, mask)


def regression(reading, values, mask):
    """Computes the squared error between predictions on generated faces and their labels, for ablations."""
    return masked_mean(ops.square(reading - values), mask)


# === Edited faces against true ones ===

LENIENCE = 0.05
"""Difference of pixels (-1..1) below which the loss is about quadratic, and above which it is linear (Charbonnier et
al. 1994). A linear loss alone would keep a new editor at the identity, because most pixels are right already. A
quadratic loss alone draws the mean of all possibilities, which is blurred."""


REFERENCE_CHANGE = 0.06
"""Root mean square of pixel differences (-1..1) of a change that gets the factor 1."""
MIN_CHANGE = 0.005
"""Added to the size of every change; eight bits per pixel hide smaller changes."""


def _lenient(difference, small: float):
    return ops.sqrt(ops.square(difference) + small ** 2) - small


def image_distance(drawn, truth, counted=None, small: float = LENIENCE):
    """Computes the mean Charbonnier distance of pixels.

    Args:
        drawn, truth: `(n, h, w, c)`.
        counted: weights of the faces, `(n,)`.
        small: see `LENIENCE`.
    """
    return counted_mean(ops.mean(_lenient(drawn - truth, small), axis=(1, 2, 3)), counted)


def normalise_by_change(before, after):
    """Computes factors that scale each pair of faces by the size of its true change.

    A lid tightener changes a twentieth of the squared grey levels of an open mouth, so that an editor would learn it
    last. With these factors, a squared error is the missed share of the change.

    Args:
        before, after: faces `(n, h, w, c)` in [-1, 1].

    Returns:
        `(n, 1, 1, 1)`.
    """
    size = ops.sqrt(ops.mean(ops.square(after - before), axis=(1, 2, 3), keepdims=True))
    return REFERENCE_CHANGE / (size + MIN_CHANGE)


def edge_distance(drawn, truth, counted=None, small: float = LENIENCE):
    """Computes the mean Charbonnier distance of vertical and horizontal pixel gradients, which penalises blur.

    Arguments as in `image_distance`.
    """
    apart = drawn - truth
    down, across = apart[:, 1:] - apart[:, :-1], apart[:, :, 1:] - apart[:, :, :-1]
    far = ops.mean(_lenient(down, small), axis=(1, 2, 3)) + ops.mean(_lenient(across, small), axis=(1, 2, 3))
    return counted_mean(far, counted)


# === Labels of real faces ===


def presence_loss(logits, values, mask):
    """Computes the binary cross-entropy of Action Unit presences."""
    return masked_mean(ops.softplus(logits) - values * logits, mask)


def beta_nll(predicted, log_variance, values, mask, beta: float = 0.5):
    """Computes the Gaussian negative log-likelihood weighted by variance ** beta (Seitzer et al. 2022).

    Without the weight, a head predicts a large variance for hard faces and stops learning from them. The factor 5
    gives it about the size of the other losses.
    """
    weight = ops.exp(beta * ops.stop_gradient(log_variance))
    loss = 0.5 * (log_variance + ops.square(predicted - values) * ops.exp(-log_variance))
    return 5.0 * masked_mean(weight * loss, mask)


def huber_loss(predicted, values, mask, delta: float = 0.1):
    """Computes the Huber loss of intensities 0..1, times 10."""
    error = ops.abs(predicted - values)
    return 10.0 * masked_mean(ops.where(error < delta, 0.5 * ops.square(error), delta * (error - 0.5 * delta)), mask)


def ordinal_loss(logits, values, mask):
    """Computes the cross-entropy per threshold; `logits` `(n, k, levels)`, `values` `(n, k)` in 0..1."""
    levels = logits.shape[-1]
    exceeded = ops.clip(values[:, :, None] * levels - ops.arange(levels, dtype="float32"), 0.0, 1.0)
    return masked_mean(ops.mean(ops.softplus(logits) - exceeded * logits, axis=-1), mask)


def concordance_loss(predicted, values, mask):
    """Computes the mean over the columns of 1 - CCC, plus half the mean squared error."""
    return ops.mean(1.0 - batch_ccc(predicted, values, mask)) + 0.5 * masked_mean(ops.square(predicted - values), mask)


def bins_loss(logits, values, mask, centres):
    """Computes the cross-entropy with labels that are smoothed over bins by a Gaussian; `logits` `(n, k, bins)`."""
    width = float(centres[1] - centres[0])
    wanted = ops.softmax(-0.5 * ops.square((centres - values[:, :, None]) / width), axis=-1)
    log_probability = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    return masked_mean(-ops.sum(wanted * log_probability, axis=-1), mask) / math.log(len(centres))


def spread_loss(predicted, log_variance, values, mask):
    """Computes 0.1 * the Gaussian negative log-likelihood of a variance, without a gradient for the mean."""
    error = ops.square(ops.stop_gradient(predicted) - values)
    return 0.1 * masked_mean(0.5 * (log_variance + error * ops.exp(-log_variance)), mask)


def expression_loss(logits, one_hot, mask):
    """Computes the cross-entropy over the faces whose expression is known, `(n, e)`."""
    log_probability = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
    return masked_mean(-ops.sum(one_hot * log_probability, axis=-1, keepdims=True), mask[:, :1])


# === Identity ===


def contrast(one, other, temperature: float = 0.1):
    """Computes the normalised temperature-scaled cross-entropy (Sohn 2016, Chen et al. 2020).

    Args:
        one, other: features `(n, d)` of two faces each of `n` people.
        temperature: of the cosine similarities.

    Returns:
        The loss, and the share of rows of `one` whose nearest row of `other` is of the same person.
    """
    one, other = (features / ops.sqrt(ops.sum(ops.square(features), axis=-1, keepdims=True) + 1e-12)
                  for features in (one, other))
    alike = ops.matmul(one, ops.transpose(other)) / temperature
    same = ops.sum(one * other, axis=-1) / temperature
    loss = 0.5 * (ops.mean(ops.logsumexp(alike, axis=0) - same) + ops.mean(ops.logsumexp(alike, axis=1) - same))
    return loss, ops.mean(ops.cast(same >= ops.max(alike, axis=1) - 1e-5, "float32"))


# === Masked sums ===


def counted_mean(values, counted=None):
    """Computes the mean of `(n,)` with the weights `counted` `(n,)`; 0 if all weights are 0."""
    return mean(values) if counted is None else total(counted * values) / ops.maximum(total(counted), 1.0)


def masked_mean(loss, mask):
    """Computes the mean over the known labels of each face, then over the faces with any; 0 if no label is known."""
    per_face = ops.sum(loss * mask, axis=-1) / ops.maximum(ops.sum(mask, axis=-1), 1.0)
    labelled = ops.cast(ops.any(mask > 0, axis=-1), "float32")
    return total(per_face * labelled) / ops.maximum(total(labelled), 1.0)


def batch_ccc(predicted, values, mask):
    """Computes the concordance correlation (Lin 1989) per column over the known rows, `(n, k) -> (k,)`.

    It is 1 where fewer than two rows are known.
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
