"""Between landmarks and pixels: splines, inverse warps, outlines. In sides of the crop unless pixels are said."""

from __future__ import annotations

import cv2
import numpy as np

_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
         150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

_ANCHORS = np.array([(x, y) for x in np.linspace(-.02, 1.02, 9) for y in np.linspace(-.02, 1.02, 9)
                     if not (0 <= x <= 1 and 0 <= y <= 1)])


def anchored(displacement: np.ndarray) -> np.ndarray:
    """Displacements of the landmarks `(478, 2)` or `(478, 2n)`, with still anchors around the crop added."""
    return np.concatenate([displacement, np.zeros((len(_ANCHORS), displacement.shape[1]), displacement.dtype)])


def interpolation(points: np.ndarray, side: int, smoothing: float = 1e-4) -> np.ndarray:
    """The thin-plate spline from landmarks and anchors to pixels, as a matrix `(side * side, 478 + anchors)`.

    Args:
        points: `(478, 2)`, where the landmarks lie.
        side: pixels of the frame.
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
    """1 inside the oval of the face, 0 outside, soft over two pixels, float32 `(side, side)`."""
    return polygon_mask(points[list(_OVAL)], side, max(side / 64.0, 0.5))


def polygon_mask(outline: np.ndarray, side: int, blur: float) -> np.ndarray:
    """1 inside an outline `(k, 2)` in sides of the crop, with a Gaussian edge of `blur` pixels, float32."""
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.rint(outline * side * 16 - 8).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask, (0, 0), blur).astype(np.float32) / 255.0


# === Warping ===


def pixel_grid(height: int, width: int | None = None) -> np.ndarray:
    """The place of every pixel of a square, or of a picture, `(height, width, 2)`: to the right, below."""
    return np.moveaxis(np.indices((height, width or height), np.float32)[::-1], 0, -1).copy()


def inverted(field: np.ndarray, pixels: np.ndarray, coarse: np.ndarray | None = None) -> np.ndarray:
    """Where pixels come from under a displacement field, by damped fixed-point steps.

    Args:
        field: by how many pixels each place moves, `(side, side, 2)`.
        pixels: `pixel_grid(side)`.
        coarse: `pixel_grid(side // 2)`, to take all steps but the last at half the size; four times as fast, and off by
            less than a tenth of a pixel.
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
    """`image` at `places` (pixels, `(h, w, 2)`), bilinear; the border goes on outside."""
    return cv2.remap(image, places, None, cv2.INTER_LINEAR,  # type: ignore[call-overload]
                     borderMode=cv2.BORDER_REPLICATE)


def shifted(images: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Every pixel taken from where `moves` says: bilinear, the border goes on outside.

    Args:
        images: float32 `(h, w, c)` or `(n, h, w, c)`.
        moves: pixels to the right and below, `(h, w, 2)` or `(n, h, w, 2)`. Pixels that stay are exactly as they were.
    """
    if images.ndim == 4:
        return np.stack([shifted(*pair) for pair in zip(images, moves)]) if len(images) else images
    found = sampled(images, pixel_grid(*moves.shape[:2]) + moves).reshape(images.shape)
    np.copyto(found, images, where=((moves[..., 0] == 0) & (moves[..., 1] == 0))[..., None])
    return found
