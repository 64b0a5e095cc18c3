"""Models faces as images and landmarks with known truth: identity, light, pose and Action Units.

The model is a linear active appearance model driven by Action Units (Cootes, Edwards & Taylor 2001). It was fitted by
`tools/fit_face_model.py` and is shipped as arrays. A face is

    shape   = rest + AUs * fields + pairs of AUs * fields + coefficients * identity components      (then turned)
    texture = mean + AUs * maps + coefficients * texture components      (in a frame: a mean face with parted lips)

where an AU of intensity u enters as 5 (u / 5)^curve, so that its measured strength grows linearly with u. The image is
the texture, lit, and warped so that its landmarks lie where the shape has them. Coordinates are in sides of the crop: x
to the right, y down, z away from the camera. Eyes and mouth of the rest shape lie on `alignment.TEMPLATE`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from catgan import files
from catgan.errors import CatganError
from catgan.faces import warping

FILE = Path(__file__).with_name("face_model.npz")
LANDMARKS = 478
TEXTURE_SIDE = 128
SMALLEST_SIDE = 16
LARGEST_SIDE = 256

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 10, 12, 15, 17, 18, 20, 23, 24, 25, 26, 43)
BY_DESCRIPTION = frozenset({6})
"""AUs that neither blendshapes nor landmarks measure; the model has them as FACS describes them."""

COMBINATIONS = ((1, 4), (2, 4), (7, 10), (10, 12), (10, 25), (12, 25), (20, 25), (25, 26), (12, 20), (15, 17), (12, 26))
"""Pairs of AUs that together look different from the sum of the two (FACS describes such combinations one by one). For
example, drawn-together brows hardly sink while they are raised, and the look of many mouth AUs depends on whether the
mouth is open."""

# Region that each AU may move, in sides of the crop: top, bottom, and smallest, largest distance from the middle line.
REGIONS: Mapping[int, tuple[float, float, float, float]] = {
    1: (.20, .41, -1.0, .17), 2: (.20, .41, .14, .38), 4: (.20, .45, -1.0, .38), 5: (.30, .50, .04, .36),
    6: (.43, .68, .06, .42), 7: (.34, .52, .04, .36), 10: (.54, .80, -1.0, .30), 12: (.52, 1.0, -1.0, .44),
    15: (.64, 1.1, -1.0, .36), 17: (.66, 1.2, -1.0, .30), 18: (.62, .96, -1.0, .28), 20: (.62, 1.1, -1.0, .44),
    23: (.64, .90, -1.0, .24), 24: (.65, .90, -1.0, .24), 25: (.60, 1.0, -1.0, .28), 26: (.60, 2.0, -1.0, .48),
    43: (.30, .52, .04, .36)}
# Width of the border of a region, in sides of the crop, over which an AU fades out; wider for large movements.
_SOFTNESS = 0.05
_WIDE_SOFTNESS = {12: 0.10, 20: 0.10, 25: 0.16, 26: 0.10}

_PAIRS = np.array([[ACTION_UNITS.index(number) for number in pair] for pair in COMBINATIONS])

SHAPE_COMPONENTS = 24
"""Number of shape coefficients of a person, standard normal over people."""
TEXTURE_COMPONENTS = 150
"""Number of texture coefficients of a person, standard normal over people."""

CENTRE = np.array([0.5, 0.55, 0.0], np.float32)
"""Centre of head rotations."""

# === Regions of Action Units ===


def region_weight(number: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns 0..1 at points of the rest face: how far AU `number` may change them; 0.5 at the border of its region."""
    softness = _WIDE_SOFTNESS.get(number, _SOFTNESS)
    return _window(number, x, y, softness, 0.5)


def influence(number: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns 1 in the region of AU `number`, falling to exactly 0 around it.

    Splines have global support; this window keeps an AU from moving pixels far away.
    """
    return _window(number, x, y, 0.12, 1.0)


def _window(number: int, x: np.ndarray, y: np.ndarray, softness: float, at_border: float) -> np.ndarray:
    top, bottom, inner, outer = REGIONS[number]
    away = np.abs(x - 0.5)
    weight = np.ones_like(x)
    for distance in (y - top, bottom - y, away - inner, outer - away):
        step = np.clip(distance / softness + at_border, 0.0, 1.0)
        weight = weight * step * step * (3 - 2 * step)
    return weight


# === File ===


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes the arrays of a model, compressed; the same arrays give the same bytes."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    files.write_bytes(path, stream.getvalue())


@lru_cache(maxsize=1)
def numbers() -> dict[str, np.ndarray]:
    """Loads the arrays of the model that comes with catgan.

    Raises:
        CatganError: the file is missing or damaged.
    """
    try:
        with np.load(FILE, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise CatganError(f"The embedded face model {FILE} cannot be read ({error}). Install catgan anew.") from None


# === Shapes and textures ===


def check_size(size: int) -> None:
    """Raises `CatganError` if the face model draws no images of this side in pixels."""
    if not SMALLEST_SIDE <= size <= LARGEST_SIDE:
        raise CatganError(f"The face model draws {SMALLEST_SIDE} to {LARGEST_SIDE} px. Received: {size}.")


class FaceModel:
    """Computes shapes and textures of faces at one image size, and the warp from texture to image.

    Args:
        size: side of the images in pixels, 16..256.
        arrays: arrays of a model; by default those that come with catgan.
    """

    def __init__(self, size: int = 64, arrays: Mapping[str, np.ndarray] | None = None):
        check_size(size)
        stored = arrays or numbers()
        self.size = size
        self.rest, self.fields, self.identity = (stored[name].astype(np.float32)
                                                 for name in ("rest", "fields", "identity"))
        self.frame, self.curves = stored["frame"].astype(np.float32), stored["curves"]
        # All linear parts are one matrix: [1, AUs, pairs, identity] -> shape, [1, AUs, identity] -> texture.
        combined = stored["combined"].astype(np.float32)
        self.shape_basis = np.concatenate([self.rest[None] - CENTRE, self.fields, combined, self.identity])
        self.texture_basis = self._resized(np.concatenate([
            stored["texture"].astype(np.float32)[None],
            stored["maps"].astype(np.float32) * stored["map_scales"][:, None, None],
            stored["faces"].astype(np.float32) * stored["face_scales"][:, None, None]])).reshape(
                -1, size * size)
        self.inside = warping.face_weight(self.frame[:, :2], size)
        self.pixels = warping.pixel_grid(size)
        self.coarse_pixels = warping.pixel_grid(size // 2) if size >= 64 and size % 2 == 0 else None
        grid = warping.interpolation(self.frame[:, :2], size)[:, :LANDMARKS].astype(np.float32)
        self.dense_basis = self._dense(grid).reshape(-1, size * size)
        self.dense_offset = (grid @ (CENTRE - self.frame)[:, :2]).T
        self.normals = _normals((grid @ self.frame[:, 2]).reshape(size, size) * size)

    def _dense(self, grid: np.ndarray) -> np.ndarray:
        """Returns the shape basis at every pixel of the frame, `(rows, 3, pixels)`; AUs and pairs are 0 outside their
        area of influence."""
        dense = np.stack([(grid @ part).T for part in self.shape_basis])
        # Coordinates of the frame's pixels on the rest face.
        x, y = ((self.pixels.reshape(-1, 2) + 0.5) / self.size + grid @ (self.rest - self.frame)[:, :2]).T
        for row, numbers in enumerate([(number,) for number in ACTION_UNITS] + list(COMBINATIONS), 1):
            dense[row] *= np.max([influence(number, x, y) for number in numbers], axis=0)
        return dense

    def _resized(self, images: np.ndarray) -> np.ndarray:
        how = cv2.INTER_AREA if self.size < TEXTURE_SIDE else cv2.INTER_CUBIC
        return np.stack([cv2.resize(image, (self.size, self.size), interpolation=how) for image in images])

    def _amounts(self, units: np.ndarray) -> np.ndarray:
        """Returns the coefficients of AU fields and maps, `(n, 17)`, 0..5."""
        return 5.0 * (units / 5.0) ** self.curves

    def shape_coefficients(self, units: np.ndarray, identity: np.ndarray) -> np.ndarray:
        """Returns the coefficients of the rows of the shape basis, float32 `(n, rows)`."""
        pairs = units[:, _PAIRS[:, 0]] * units[:, _PAIRS[:, 1]] / 5.0
        return np.column_stack([np.ones(len(units)), self._amounts(units), pairs, identity]).astype(np.float32)

    def shapes(self, units: np.ndarray, identity: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Computes landmarks `(n, 478, 3)` in sides of the crop.

        Args:
            units: intensities 0..5, `(n, 17)` in the order of `ACTION_UNITS`.
            identity: `(n, SHAPE_COMPONENTS)`.
            pose: yaw, pitch, roll in degrees, `(n, 3)`.
        """
        shapes = np.tensordot(self.shape_coefficients(units, identity), self.shape_basis, 1)
        return shapes @ rotations(pose).transpose(0, 2, 1) + CENTRE

    def textures(self, units: np.ndarray, identity: np.ndarray) -> np.ndarray:
        """Computes textures `(n, size, size)` with mean 0 and standard deviation 1 inside the face.

        Args:
            units: as for `shapes`.
            identity: `(n, TEXTURE_COMPONENTS)`.
        """
        coefficients = np.column_stack([np.ones(len(units)), self._amounts(units), identity]).astype(np.float32)
        return (coefficients @ self.texture_basis).reshape(-1, self.size, self.size)

    def sources(self, units: np.ndarray, identity: np.ndarray, pose: np.ndarray) -> list[np.ndarray]:
        """Computes the inverse warp: for every pixel of an image its position in the texture frame, in pixels.

        Takes the arguments of `shapes`. Returns `n` arrays `(size, size, 2)`.
        """
        turned = np.einsum("nij,nk->nikj", rotations(pose)[:, :2], self.shape_coefficients(units, identity))
        moved = turned.reshape(2 * len(units), -1) @ self.dense_basis
        moved = (moved.reshape(len(units), 2, -1) + self.dense_offset) * self.size
        return [warping.inverted(cv2.merge([x, y]), self.pixels, self.coarse_pixels)
                for x, y in moved.reshape(len(units), 2, self.size, self.size)]


def _normals(depth: np.ndarray) -> np.ndarray:
    """Computes surface normals of the skin, `(size, size, 3)`."""
    slope_y, slope_x = np.gradient(cv2.GaussianBlur(depth, (0, 0), len(depth) / 40.0))
    normals = np.stack([slope_x, slope_y, -np.ones_like(depth)], -1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def rotations(pose: np.ndarray) -> np.ndarray:
    """Returns rotation matrices `(n, 3, 3)` of yaw, pitch, roll in degrees. Positive angles turn the face to the
    image's right, up, and clockwise."""
    yaw, pitch, roll = np.radians(np.asarray(pose, np.float64)).T
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def stacked(*cells: np.ndarray) -> np.ndarray:
        return np.stack(cells, -1).reshape(-1, 3, 3)

    about_y = stacked(np.cos(yaw), zero, -np.sin(yaw), zero, one, zero, np.sin(yaw), zero, np.cos(yaw))
    about_x = stacked(one, zero, zero, zero, np.cos(pitch), np.sin(pitch), zero, -np.sin(pitch), np.cos(pitch))
    about_z = stacked(np.cos(roll), -np.sin(roll), zero, np.sin(roll), np.cos(roll), zero, zero, zero, one)
    return (about_z @ about_y @ about_x).astype(np.float32)


def unit_vector(action_units: Mapping[int, float] | Sequence[float]) -> np.ndarray:
    """Converts intensities by FACS number to a vector `(17,)` in the order of `ACTION_UNITS`.

    Raises:
        CatganError: an AU that the model does not have.
    """
    if not isinstance(action_units, Mapping):
        return np.asarray(action_units, np.float32)
    unknown = set(action_units) - set(ACTION_UNITS)
    if unknown:
        raise CatganError(f"The face model draws AUs {', '.join(map(str, ACTION_UNITS))}. "
                          f"Received: {', '.join(map(str, sorted(unknown)))}.")
    return np.array([action_units.get(number, 0.0) for number in ACTION_UNITS], np.float32)
