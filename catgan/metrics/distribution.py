"""Distances between sets of generated and real faces, in the features of a named encoder or in image patches.

None of these is the FID, which is a Frechet distance in the features of one Inception network. An `identifier` names
encoder, image size and number of faces, without which a distance cannot be compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from catgan import random_streams
from catgan.errors import CatganError
from catgan.metrics.figures import Figures
from catgan.metrics.neighbours import feature_sets

Distance = Callable[[np.ndarray, np.ndarray], float]
"""Takes features of real and of generated faces, `(n, d)` and `(m, d)`."""

GRADES = (0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.0)
"""Edges that round AU intensities 0..5 to the FACS grades none, A, B, C, D, E."""

PATCH = 7
"""Side of a patch in pixels (Karras et al. 2018)."""
COARSEST = 16
"""Side of the coarsest level of a pyramid in pixels."""


# === Distances between sets of features ===


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Computes the Frechet distance of two Gaussians, `|mean difference|^2 + tr(A + B - 2 sqrt(A B))` (Dowson & Landau
    1982).

    Its estimate is too large for small sets, the more so the fewer faces: compare figures of equal `n` only, and
    prefer `kernel_distance` below ten thousand faces.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, two rows or more of each; A, B are their covariances.

    Returns:
        0 or more, in squared units of the features; the lower the better.

    Raises:
        CatganError: see `feature_sets`.
    """
    real, fake = feature_sets(real, fake)
    a, b = (np.cov(features, rowvar=False, ddof=1).reshape(real.shape[1], -1) for features in (real, fake))
    shift = real.mean(0) - fake.mean(0)
    # tr sqrt(AB) = sum sqrt(eig(AB)): the singular values of sqrt(A) sqrt(B), which are exact where A B is singular.
    overlap = np.linalg.norm(_root(a) @ _root(b), "nuc")
    return float(max(shift @ shift + np.trace(a) + np.trace(b) - 2.0 * overlap, 0.0))


def _root(matrix: np.ndarray) -> np.ndarray:
    """Computes the symmetric square root of a covariance matrix `(d, d)`."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def kernel_distance(real: np.ndarray, fake: np.ndarray, subsets: int = 100, size: int = 1000, seed: int = 0) -> float:
    """Computes the unbiased squared maximum mean discrepancy with the kernel (x.y / d + 1)^3 (Binkowski et al. 2018).

    Its size depends on the scale of the features: compare figures of one encoder only.

    Args:
        real, fake: features `(n, d)` and `(m, d)`, two rows or more of each.
        subsets: how many pairs of subsets are drawn; one where both sets are no larger than a subset.
        size: rows of a subset, two or more, at most those of the smaller set.
        seed: the same seed gives the same figure.

    Returns:
        Mean over the subsets; 0 is expected of equal distributions, so it may be negative. The lower the better.

    Raises:
        CatganError: no subsets, subsets of fewer than two rows; and see `feature_sets`.
    """
    real, fake = feature_sets(real, fake)
    if subsets < 1 or size < 2:
        raise CatganError(f"At least one subset of two rows is needed. Received: {subsets} of {size}.")
    rows = min(size, len(real), len(fake))
    random = random_streams.generator("kernel_subsets", seed)
    times = 1 if rows == len(real) == len(fake) else subsets
    return float(np.mean([_discrepancy(*(part[random.choice(len(part), rows, replace=False)] for part in (real, fake)))
                          for _ in range(times)]))


def _discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """Computes the unbiased squared discrepancy of two sets of equally many rows."""
    n, cross = len(x), _cubic(x, y)
    within = [kernel.sum() - np.trace(kernel) for kernel in (_cubic(x, x), _cubic(y, y))]
    return float(sum(within) / (n * (n - 1)) - 2.0 * cross.mean())


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    kernel = x @ y.T / x.shape[1] + 1.0
    return kernel * kernel * kernel


# === The same inside bins of a label: does a face lie near the real faces of its own label? ===


def by_level(real: np.ndarray, fake: np.ndarray, real_values: np.ndarray, fake_values: np.ndarray,
             edges: Sequence[float] = GRADES, least: int = 30, distance: Distance = kernel_distance) -> Figures:
    """Computes a distance within bins of one label: real faces of a level against faces generated for it.

    The idea is CcGAN's Sliding FID (Ding et al. 2021). In a bin are few faces, and every bin has its own number of
    them. A Frechet distance would mostly tell that number; the kernel distance expects 0 whatever it is.

    Args:
        real, fake: features `(n, d)` and `(m, d)`.
        real_values, fake_values: the label of each, `(n,)` and `(m,)`; for generated faces what was asked. NaN =
            unknown. What is unknown or outside the edges is in no bin.
        edges: rising; a bin holds its lower edge, the last one its upper edge too. AU grades when not given.
        least: a bin with fewer real or fewer generated faces has no value.
        distance: takes two sets of features.

    Returns:
        `mean` over the bins that have a value, each counting the same (None if none has), and `bins`: per bin, from
        the lowest up, `value` (or None), and the counts `real` and `generated`.

    Raises:
        CatganError: edges that do not rise, not one value per face; and see `feature_sets`.
    """
    steps = np.asarray(edges, np.float64)
    if steps.ndim != 1 or len(steps) < 2 or not (np.diff(steps) > 0).all():
        raise CatganError(f"Bins need two or more rising edges. Received: {tuple(edges)}.")
    names = [f"{low:g}..{high:g}" for low, high in zip(steps, steps[1:])]
    numbers = [_levels(np.asarray(values, np.float64), steps) for values in (real_values, fake_values)]
    return _by_bin(real, fake, numbers, names, least, distance)


def by_affect(real: np.ndarray, fake: np.ndarray, real_affect: np.ndarray, fake_affect: np.ndarray,
              radius: float = 0.2, sectors: int = 8, least: int = 30,
              distance: Distance = kernel_distance) -> Figures:
    """Computes a distance within bins of the valence-arousal plane: a neutral disc, and sectors of the ring around it.

    Args:
        real_affect, fake_affect: valence and arousal, -1..1, `(n, 2)` and `(m, 2)`; NaN = unknown.
        radius: of the neutral disc.
        sectors: of equal angle, counted from positive valence towards positive arousal.

    Returns:
        As `by_level`; bins are `neutral`, then sectors by their degrees, `0..45` first.
    """
    angles = np.linspace(0.0, 360.0, sectors + 1)
    names = ["neutral"] + [f"{low:g}..{high:g}" for low, high in zip(angles, angles[1:])]
    numbers = [_sectors(np.asarray(affect, np.float64).reshape(-1, 2), radius, sectors)
               for affect in (real_affect, fake_affect)]
    return _by_bin(real, fake, numbers, names, least, distance)


def _levels(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    numbers = np.digitize(values, edges) - 1  # NaN counts as above the last edge
    numbers[values == edges[-1]] = len(edges) - 2
    return np.where(numbers < len(edges) - 1, numbers, -1)


def _sectors(affect: np.ndarray, radius: float, sectors: int) -> np.ndarray:
    valence, arousal = np.where(np.isfinite(affect).all(1), affect.T, 0.0)
    turn = np.arctan2(arousal, valence) / (2.0 * np.pi) % 1.0
    numbers = 1 + (turn * sectors).astype(int) % sectors
    numbers[np.hypot(valence, arousal) <= radius] = 0
    return np.where(np.isfinite(affect).all(1), numbers, -1)


def _by_bin(real: np.ndarray, fake: np.ndarray, numbers: Sequence[np.ndarray], names: Sequence[str], least: int,
            distance: Distance) -> Figures:
    sets = feature_sets(real, fake)
    if any(len(features) != len(bins) for features, bins in zip(sets, numbers)):
        raise CatganError(f"One label per face is needed. Received: {[len(bins) for bins in numbers]} labels of "
                          f"{[len(features) for features in sets]} faces.")
    bins: dict[str, Figures] = {}
    for number, name in enumerate(names):
        inside = [features[places == number] for features, places in zip(sets, numbers)]
        counts = [len(features) for features in inside]
        bins[name] = {"value": distance(*inside) if min(counts) >= max(least, 2) else None,
                      "real": counts[0], "generated": counts[1]}
    known = [entry["value"] for entry in bins.values() if entry["value"] is not None]
    return {"mean": float(np.mean(known)) if known else None, "bins": bins}


# === Without a network: patches of a Laplacian pyramid ===


def sliced_wasserstein(real: np.ndarray, fake: np.ndarray, patches: int = 16384, directions: int = 256,
                       seed: int = 0) -> Figures:
    """Computes the sliced Wasserstein distance of 7 x 7 patches of a Laplacian pyramid (Karras et al. 2018).

    Unlike there, both sets are scaled by the patches of the real faces, not each by its own: a generator that is too
    dark or too flat is seen.

    Args:
        real, fake: images uint8 `(n, h, w, c)` and `(m, h, w, c)`, c = 1 or 3, sides of 16 pixels or more.
        patches: how many of each set and level, spread evenly over as many images of each set.
        directions: random projections.
        seed: of patches and directions; both sets are cut in the same places, so that equal sets have distance 0.

    Returns:
        `mean` over the levels, and `levels`: per level, by its height in pixels, finest first. In deviations of the
        real faces' patches, 0 or more; the lower the better.

    Raises:
        CatganError: images of other types or shapes, or no images.
    """
    _check_images(real, fake)
    images = min(len(real), len(fake), patches)
    cut = [_patches(faces, images, -(-patches // images), seed) for faces in (real, fake)]
    random = random_streams.generator("distance_projections", seed)
    levels = {str(height): _sliced(cut[0][height], cut[1][height], directions, random) for height in cut[0]}
    return {"mean": float(np.mean(list(levels.values()))), "levels": levels}


def _check_images(real: np.ndarray, fake: np.ndarray) -> None:
    for images in (real, fake):
        if (images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images)
                or min(images.shape[1:3]) < COARSEST or images.shape[1:] != real.shape[1:]):
            raise CatganError(f"Two uint8 sets (n, h, w, 1 or 3) of one size, {COARSEST} px or more, are needed. "
                              f"Received: {real.dtype} {real.shape} and {fake.dtype} {fake.shape}.")


def _patches(faces: np.ndarray, images: int, each: int, seed: int) -> dict[int, np.ndarray]:
    """Draws patches float32 `(images * each, c, 7, 7)` per height of a level, of images drawn without replacement."""
    order = random_streams.generator("distance_faces", seed).permutation(len(faces))[:images]
    random = random_streams.generator("distance_labels", seed)
    levels: dict[int, list[np.ndarray]] = {}
    for number in order:
        for level in _pyramid(faces[number].astype(np.float32)):
            windows = np.lib.stride_tricks.sliding_window_view(level, (PATCH, PATCH), axis=(0, 1))
            rows, columns = (random.integers(length, size=each) for length in windows.shape[:2])
            levels.setdefault(len(level), []).append(windows[rows, columns])
    return {height: np.concatenate(parts) for height, parts in levels.items()}


def _pyramid(image: np.ndarray) -> list[np.ndarray]:
    """Computes the Laplacian pyramid of one picture `(h, w, c)`, finest level first; the last is the low-pass rest."""
    levels = []
    while min(image.shape[:2]) // 2 >= COARSEST:
        smaller = cv2.pyrDown(image)
        levels.append(image - cv2.pyrUp(smaller, dstsize=image.shape[1::-1]).reshape(image.shape))
        image = smaller.reshape(*smaller.shape[:2], image.shape[2])
    return [*levels, image]


def _sliced(real: np.ndarray, fake: np.ndarray, directions: int, random: np.random.Generator) -> float:
    """Averages the distance between sorted projections of patches `(p, c, 7, 7)` over random directions."""
    mean, deviation = (np.asarray(figure(real, axis=(0, 2, 3), dtype=np.float64)).reshape(1, -1, 1, 1)
                       for figure in (np.mean, np.std))
    scale = np.where(deviation > 1e-6, deviation, 1.0)
    axes = random.standard_normal((int(np.prod(real.shape[1:])), directions))
    axes /= np.linalg.norm(axes, axis=0)
    projected = [np.sort(((patches - mean) / scale).reshape(len(patches), -1) @ axes, axis=0)
                 for patches in (real, fake)]
    return float(np.abs(projected[0] - projected[1]).mean())


# === Names ===


def identifier(name: str, encoder: str, size: int, n: int | tuple[int, int]) -> str:
    """Formats the protocol of a figure: `fd:affect-64:n=5000`.

    Args:
        name: of the metric.
        encoder: what made the features.
        size: side of the images it saw, in pixels.
        n: faces of each set; a pair (real, generated) where they differ, written `n=5000+2000`.

    Raises:
        CatganError: a name or encoder that is not of small letters, digits, `.`, `_` and `-`.
    """
    for word in (name, encoder):
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", word):
            raise CatganError(f"Names of metrics and encoders are of a-z, 0-9, '.', '_' and '-'. Received: {word!r}.")
    real, fake = n if isinstance(n, tuple) else (n, n)
    return f"{name}:{encoder}-{size}:n={real}" + (f"+{fake}" if fake != real else "")
