"""Puts an edited crop back into its photograph, at the photograph's own resolution."""

from __future__ import annotations

import cv2
import numpy as np

from catgan.faces.alignment import Face, pixel_centres
from catgan.faces.images import grey_channel
from catgan.faces.warping import shifted

HALF_REMOVAL_CHANGE = 12.0
"""Size of a change, in grey levels, at which half of the old detail under it is removed."""


def paste(photo: np.ndarray, before: Face, after: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Puts an edit of a crop into the photograph.

    The photograph has more detail than the crop. Parts that moved in the crop (a brow, a lip corner) are moved in the
    photograph with all their detail. Other differences are added. Where something new is painted, the old detail is
    removed.

    Args:
        photo: uint8 `(h, w, 3)`, from which `before` was aligned.
        before: the aligned face.
        after: the edited crop, uint8 `(size, size, 3)`.
        moves: `(size, size, 2)`, for each pixel of `after` the offset (right, down) in crop pixels of its source.

    Returns:
        uint8 `(h, w, 3)`. Pixels outside the crop, and all pixels if nothing changed, are equal to those of `photo`.
    """
    rows, columns, drawn = patch(photo, before, after, moves)
    pasted = photo.copy()
    pasted[rows, columns] = drawn
    return pasted


def patch(photo: np.ndarray, before: Face, after: np.ndarray, moves: np.ndarray) -> tuple[slice, slice, np.ndarray]:
    """Computes the part of a photograph that an edit changes; takes the arguments of `paste`.

    Returns:
        Its rows, its columns, and its new pixels, uint8 `(rows, columns, 3)`.
    """
    linear = np.linalg.inv(before.matrix[:, :2])  # crop pixels -> photograph pixels
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    rows, columns = _around(before, photo.shape, 2.0 * scale)
    parts = [photo[rows, columns], before.image, after]
    if all(grey_channel(part) is not None for part in parts):  # one channel is faster
        parts = [part[..., :1] for part in parts]
    place, old, new = (part.astype(np.float32) for part in parts)
    inside = soft_border(len(before.image))[..., None]
    drawn = (new - shifted(old, moves)) * inside

    # === From the crop to its part of the photograph ===
    def brought(values: np.ndarray, how: int = cv2.INTER_CUBIC) -> np.ndarray:
        matrix = before.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ (columns.start, rows.start)
        shape = (columns.stop - columns.start, rows.stop - rows.start)
        found = cv2.warpAffine(values.astype(np.float32), pixel_centres(matrix), shape,
                               flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT)
        return found.reshape(*shape[::-1], -1)

    # === Old pixels, moved, without the detail under new parts ===
    picture = shifted(place, brought(inside * moves @ linear.T))
    if scale > 1.0:
        detail = picture - cv2.GaussianBlur(picture, (0, 0), 0.5 * scale).reshape(picture.shape)
        picture -= brought(_detail_removal(drawn), cv2.INTER_LINEAR) * detail
    pixels = np.clip(np.rint(picture + brought(drawn)), 0, 255).astype(np.uint8)
    return rows, columns, np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels


def _around(face: Face, shape: tuple[int, ...], margin: float) -> tuple[slice, slice]:
    """Returns the rows and columns of a photograph that a crop covers, with a margin in pixels."""
    size = len(face.image)
    corners = np.array([(0, 0), (size, 0), (0, size), (size, size)]) - face.matrix[:, 2]
    places = corners @ np.linalg.inv(face.matrix[:, :2]).T
    low = np.clip(np.floor(places.min(0) - margin), 0, np.array(shape[1::-1]) - 1).astype(int)
    high = np.clip(np.ceil(places.max(0) + margin), low + 1, shape[1::-1]).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def soft_border(size: int) -> np.ndarray:
    """Returns weights that are 1 inside and fall to 0 over the outer tenth of the crop, float32 `(size, size)`."""
    distance = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5) / (0.1 * size)
    ramp = np.clip(distance, 0.0, 1.0)
    return np.minimum.outer(ramp, ramp).astype(np.float32)


def _detail_removal(drawn: np.ndarray) -> np.ndarray:
    """Returns the share of old detail to remove under a change in grey levels, 0..1, `(size, size)`."""
    size = cv2.GaussianBlur(np.abs(drawn).mean(-1), (0, 0), 1.0)
    return np.square(size) / (np.square(size) + HALF_REMOVAL_CHANGE ** 2)
