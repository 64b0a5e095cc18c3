"""Interpolates between landmarks and pixels: splines, inverse warps, outlines.

Coordinates are in sides of the crop unless pixels are mentioned.
"""

from __future__ import annotations

import cv2
import numpy as np

_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
         150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

_ANCHORS = np.array([(x, y) for x in np.linspace(-.02, 1.02, 9) for y in np.linspace(-.02, 1.02, 9)
                     if not (0 <= x <= 1 and 0 <= y <= 1)])


def anchored(displacement: np.ndarray) -> np.ndarray:
    """Appends fixed anchors around the crop to displacements of the landmarks, `(478, 2)` or `(478, 2n)`."""
    return np.concatenate([displacement, np.zeros((len(_ANCHORS), displacement.shape[1]), displacement.dtype)])


def interpolation(points: np.ndarray, side: int, smoothing: float = 1e-4) -> np.ndarray:
    """Computes the thin-plate spline from landmarks and anchors to pixels as a matrix `(side * side, 478 + anchors)`.

    Args:
        points: positions of the landmarks, `(478, 2)`.
        side: side of the frame in pixels.
        smoothing: regularisation of the spline.
    """
    known = np.concatenate([points, _ANCHORS])
    rows, columns = (np.indices((side, side)) + 0.5).reshape(2, -1) / side
    pixels = np.stack([columns, rows], axis=1)
    count = len(known)
    affine = np.column_stack([np.ones(count), known])
    system = np.block([[_plate(known, known) + smoothing * np.eye(count), affine], [affine.T, np.zeros((3, 3))]])
    right = np.concatenate([np.eye(count), np.zeros((3, count))])
    weights = np.linalg.solve(system, right)
    return np.column_stack([_plate(pixels, known), np.ones(len(pixels)), pixels]) @ weights


def _plate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    return 0.5 * squared * np.log(np.maximum(squared, 1e-12))


def face_weight(points: np.ndarray, side: int) -> np.ndarray:
    """Returns 1 inside the oval of the face and 0 outside, with a soft edge of two pixels, float32 `(side, side)`."""
    return polygon_mask(points[list(_OVAL)], side, max(side / 64.0, 0.5))


def polygon_mask(outline: np.ndarray, side: int, blur: float) -> np.ndarray:
    """Returns 1 inside an outline `(k, 2)` in sides of the crop, with a Gaussian edge of `blur` pixels, float32."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline * side * 16 - 8).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), blur).astype(np.float32) / 255.0


# === Warping ===


def pixel_grid(height: int, width: int | None = None) -> np.ndarray:
    """Returns the coordinates (x, y) of every pixel of a square or a picture, `(height, width, 2)`."""
    return np.moveaxis(np.indices((height, width or height), np.float32)[::-1], 0, -1).copy()


def inverted(field: np.ndarray, pixels: np.ndarray, coarse: np.ndarray | None = None) -> np.ndarray:
    """Inverts a displacement field by damped fixed-point steps.

    Args:
        field: displacement of each place in pixels, `(side, side, 2)`.
        pixels: `pixel_grid(side)`.
        coarse: `pixel_grid(side // 2)`, to take all steps but the last at half the size: four times as fast, with an
            error
            below a tenth of a pixel.

    Returns:
        The source of each pixel, `(side, side, 2)`.
    """
    if coarse is None:
        return _steps(field, pixels, pixels - field, 6)
    half = (len(coarse), len(coarse))
    small = cv2.resize(field, half, interpolation=cv2.INTER_AREA) * 0.5
    moved = _steps(small, coarse, coarse - small, 3)
    moved -= coarse
    moved *= 2.0
    return _steps(field, pixels, pixels + cv2.resize(moved, field.shape[:2], interpolation=cv2.INTER_LINEAR), 1)


def _steps(field: np.ndarray, pixels: np.ndarray, source: np.ndarray, count: int) -> np.ndarray:
    for _ in range(count):
        step = sampled(field, source)
        np.subtract(pixels, step, out=step)
        step -= source
        step *= 0.65
        source += step
    return source


def sampled(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Samples `image` at `places` (pixels, `(h, w, 2)`), bilinear; border pixels extend outwards."""
    return cv2.remap(image, places, None, cv2.INTER_LINEAR,  # type: ignore[call-overload]
                     borderMode=cv2.BORDER_REPLICATE)


def shifted(images: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Moves pixels by sampling each from an offset position, bilinear; border pixels extend outwards.

    Args:
        images: float32 `(h, w, c)` or `(n, h, w, c)`.
        moves: offset of the source of each pixel (right, down), in pixels, `(h, w, 2)` or `(n, h, w, 2)`. Where it is
            0,
            pixels stay equal to the bit.
    """
    if images.ndim == 4:
        return np.stack([shifted(*pair) for pair in zip(images, moves)]) if len(images) else images
    found = sampled(images, pixel_grid(*moves.shape[:2]) + moves).reshape(images.shape)
    np.copyto(found, images, where=((moves[..., 0] == 0) & (moves[..., 1] == 0))[..., None])
    return found
