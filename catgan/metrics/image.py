"""Distances of two pictures, uint8 `(h, w, 3)` each."""

from __future__ import annotations

import cv2
import numpy as np

from catgan.errors import CatganError


def _pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if a.shape != b.shape or a.dtype != np.uint8 or b.dtype != np.uint8:
        raise CatganError(f"Two uint8 images of one shape are needed. Received: {a.dtype} {a.shape}, "
                          f"{b.dtype} {b.shape}.")
    return a.astype(np.float64) / 255.0, b.astype(np.float64) / 255.0


def l1(a: np.ndarray, b: np.ndarray) -> float:
    """Computes the mean absolute difference, 0..1."""
    x, y = _pair(a, b)
    return float(np.abs(x - y).mean())


def l2(a: np.ndarray, b: np.ndarray) -> float:
    """Computes the root mean squared difference, 0..1."""
    x, y = _pair(a, b)
    return float(np.sqrt(((x - y) ** 2).mean()))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Computes the peak signal-to-noise ratio in dB; 100 for equal pictures."""
    return min(100.0, -20.0 * float(np.log10(max(l2(a, b), 1e-5))))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Computes structural similarity (Wang et al. 2004): Gaussian window 11 x 11, sigma 1.5, mean over pixels and
    channels."""
    x, y = _pair(a, b)

    def blur(image: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(image, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT_101)

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x ** 2, blur(y * y) - mean_y ** 2
    covariance = blur(x * y) - mean_x * mean_y
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    index = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)
             / ((mean_x ** 2 + mean_y ** 2 + c1) * (var_x + var_y + c2)))
    return float(index.mean())


def sharpness(images: np.ndarray) -> np.ndarray:
    """Computes the energy of the Laplacian of the luminance of uint8 `(n, h, w, 3)`, `(n,)`, in squared grey levels."""
    return np.array([np.square(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_64F)).mean()
                     for image in images])
