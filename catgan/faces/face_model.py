"""The embedded generative face model: identity, light, pose and Action Units -> image, landmarks, truth.

A linear active appearance model driven by Action Units (Cootes, Edwards & Taylor 2001), fitted by
`tools/fit_face_model.py` and shipped as numbers. A face is

    shape   = rest + AUs * fields + coefficients * identity components     (478 landmarks in space, turned by the pose)
    texture = mean + AUs * maps   + coefficients * texture components      (in the frame of the mean face)

and the picture is the texture, lit, warped so that its landmarks lie where the shape has them. Coordinates are in sides
of the crop, x to the right, y down, z away from the camera; eyes and mouth of the rest shape lie on
`alignment.TEMPLATE`.
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

FILE = Path(__file__).with_name("face_model.npz")
LANDMARKS, TEXTURE_SIDE, SMALLEST_SIDE, LARGEST_SIDE = 478, 96, 16, 256

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 10, 12, 15, 17, 18, 20, 23, 24, 25, 26, 43)
BY_GEOMETRY = frozenset({5, 23, 25})
"""AUs that blendshapes do not show: measured on lids and lips of the photographs."""
BY_DESCRIPTION = frozenset({6})
"""AUs that neither blendshapes nor landmarks show: drawn as FACS describes them."""

# The frame of the textures: parted lips and a slightly open jaw, so that teeth have a place in it.
FRAME_UNITS = np.array([{25: 3.0, 26: 1.5}.get(number, 0.0) for number in ACTION_UNITS])

# Where each AU may move the face: from, to (down the crop), and least, greatest distance from the middle line.
REGIONS: Mapping[int, tuple[float, float, float, float]] = {
    1: (.20, .41, -1.0, .17), 2: (.20, .41, .14, .38), 4: (.20, .45, -1.0, .38), 5: (.30, .50, .04, .36),
    6: (.43, .68, .06, .42), 7: (.34, .52, .04, .36), 10: (.54, .80, -1.0, .30), 12: (.52, 1.0, -1.0, .44),
    15: (.64, 1.1, -1.0, .36), 17: (.66, 1.2, -1.0, .30), 18: (.62, 1.0, -1.0, .34), 20: (.62, 1.1, -1.0, .44),
    23: (.64, .92, -1.0, .30), 24: (.64, .96, -1.0, .30), 25: (.62, 1.0, -1.0, .34), 26: (.60, 2.0, -1.0, .48),
    43: (.30, .52, .04, .36)}
_SOFTNESS = 0.05

_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
         150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

# === Interpolation between landmarks, shared with the fit ===

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


# === What an AU may move ===


def region_weight(number: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """0..1 at points of the rest face: where AU `number` may change it."""
    top, bottom, inner, outer = REGIONS[number]
    away = np.abs(x - 0.5)
    weight = np.ones_like(x)
    for distance in (y - top, bottom - y, away - inner, outer - away):
        step = np.clip(distance / _SOFTNESS + 0.5, 0.0, 1.0)
        weight = weight * step * step * (3 - 2 * step)
    return weight


def confined(fields: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """AU fields `(K, 478, 3)` with nothing outside their regions; AUs by description are put in."""
    x, y = rest[:, 0], rest[:, 1]
    result = np.stack([field * region_weight(number, x, y)[:, None] for number, field in zip(ACTION_UNITS, fields)])
    # AU6: orbicularis oculi, outer part: lifts the cheeks and bags the skin under the eyes.
    lift = np.exp(-((np.abs(x - .5) - .21) / .10) ** 2 - ((y - .53) / .07) ** 2)
    lid = np.exp(-((np.abs(x - .5) - .18) / .09) ** 2 - ((y - .445) / .018) ** 2) * (y > .425)
    result[ACTION_UNITS.index(6), :, 1] = -(0.022 * lift + 0.008 * lid) / 5.0 * region_weight(6, x, y)
    return result


def confined_maps(maps: np.ndarray, rest: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """AU texture maps `(K, side, side)`, symmetric and with nothing outside their regions."""
    side = maps.shape[1]
    grid = interpolation(frame[:, :2], side)
    back = (grid @ anchored(rest[:, :2] - frame[:, :2])).reshape(side, side, 2)
    rows, columns = (np.indices((side, side)) + 0.5) / side
    x, y = columns + back[..., 0], rows + back[..., 1]  # where the pixel is on the rest face
    result = np.stack([(image + image[:, ::-1]) / 2 * region_weight(number, x, y)
                       for number, image in zip(ACTION_UNITS, maps)])
    away = np.abs(x - .5)
    bag = np.exp(-((away - .19) / .07) ** 2 - ((y - .485) / .012) ** 2)
    feet = np.exp(-((away - .31) / .03) ** 2 - ((y - .43) / .03) ** 2) * np.sin((y - .43) / .006)
    cheek = np.exp(-((away - .22) / .08) ** 2 - ((y - .54) / .05) ** 2)
    result[ACTION_UNITS.index(6)] = (0.35 * cheek - 0.7 * bag + 0.3 * feet) / 5.0 * region_weight(6, x, y)
    return result


# === File ===


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes the numbers of a model, compressed, the same bytes for the same numbers."""
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    files.write_bytes(path, stream.getvalue())


@lru_cache(maxsize=1)
def numbers() -> dict[str, np.ndarray]:
    """The arrays of the model that comes with catgan.

    Raises:
        CatganError: the file is missing or damaged.
    """
    try:
        with np.load(FILE, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise CatganError(f"The embedded face model {FILE} cannot be read ({error}). Install catgan anew.") from None


def identity_size() -> tuple[int, int]:
    """Number of shape and of texture coefficients; both are standard normal over people."""
    return len(numbers()["identity"]), len(numbers()["faces"])


# === Drawing ===


class FaceModel:
    """Draws faces of one size.

    Args:
        size: side of the pictures in pixels.
    """

    def __init__(self, size: int = 64):
        if not SMALLEST_SIDE <= size <= LARGEST_SIDE:
            raise CatganError(f"The face model draws {SMALLEST_SIDE} to {LARGEST_SIDE} px. Received: {size}.")
        self.size, stored = size, numbers()
        self.rest, self.fields = stored["rest"], stored["fields"].astype(np.float32)
        self.identity = stored["identity"].astype(np.float32)
        self.frame = self.rest + np.tensordot(FRAME_UNITS.astype(np.float32), self.fields, 1)
        self.texture = self._resized(stored["texture"].astype(np.float32)[None])[0]
        self.maps = self._resized(stored["maps"].astype(np.float32))
        scaled = stored["faces"].astype(np.float32) * stored["face_scales"][:, None, None]
        self.faces = self._resized(scaled)
        self.grid = interpolation(self.frame[:, :2], size).astype(np.float32)
        depth = (self.grid @ anchored(self.frame[:, 2:])).reshape(size, size) * size
        depth = cv2.GaussianBlur(depth, (0, 0), size / 40.0)
        slope_y, slope_x = np.gradient(depth)
        self.normals = np.stack([slope_x, slope_y, -np.ones_like(depth)], -1) / np.sqrt(
            slope_x ** 2 + slope_y ** 2 + 1)[..., None]
        self.inside = face_weight(self.frame[:, :2], size)
        self.pixels = np.moveaxis(np.indices((size, size), np.float32)[::-1], 0, -1).copy()

    def _resized(self, images: np.ndarray) -> np.ndarray:
        how = cv2.INTER_AREA if self.size < TEXTURE_SIDE else cv2.INTER_CUBIC
        return np.stack([cv2.resize(image, (self.size, self.size), interpolation=how) for image in images])

    def shapes(self, units: np.ndarray, identity: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Landmarks `(n, 478, 3)` in sides of the crop.

        Args:
            units: intensities 0..5, `(n, 17)` in the order of `ACTION_UNITS`.
            identity: `(n, shape coefficients)`.
            pose: yaw, pitch, roll in degrees, `(n, 3)`.
        """
        shapes = self.rest + np.tensordot(units, self.fields, 1) + np.tensordot(identity, self.identity, 1)
        centre = np.array([0.5, 0.55, 0.0], np.float32)
        turned = np.einsum("nij,nkj->nki", rotations(pose), shapes - centre)
        return (turned + centre).astype(np.float32)

    def textures(self, units: np.ndarray, identity: np.ndarray) -> np.ndarray:
        """Textures `(n, size, size)`, mean 0 and deviation 1 inside the face."""
        flat = units.astype(np.float32) @ self.maps.reshape(len(self.maps), -1)
        flat += identity.astype(np.float32) @ self.faces.reshape(len(self.faces), -1)
        return flat.reshape(-1, self.size, self.size) + self.texture

    def backward(self, shapes: np.ndarray, steps: int = 7) -> np.ndarray:
        """For every pixel of the pictures, where it comes from in the frame, in pixels, `(n, size, size, 2)`."""
        moved = (shapes[..., :2] - self.frame[:, :2]).transpose(1, 0, 2).reshape(LANDMARKS, -1)
        forward = self.grid[:, :LANDMARKS] @ moved
        forward = forward.reshape(self.size, self.size, len(shapes), 2).transpose(2, 0, 1, 3) * self.size
        return np.stack([self._inverted(np.ascontiguousarray(field), steps) for field in forward])

    def _inverted(self, field: np.ndarray, steps: int) -> np.ndarray:
        source = self.pixels - field
        for _ in range(steps):
            source = 0.35 * source + 0.65 * (self.pixels - sampled(field, source))
        return source


def sampled(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`image` at `places` (pixels, `(h, w, 2)`), bilinear; the border goes on outside."""
    return cv2.remap(image, places, None, cv2.INTER_LINEAR,  # type: ignore[call-overload]
                     borderMode=cv2.BORDER_REPLICATE)


def rotations(pose: np.ndarray) -> np.ndarray:
    """Rotation matrices `(n, 3, 3)` of yaw, pitch, roll in degrees; positive turns the face to the image's right, up,
    and clockwise."""
    yaw, pitch, roll = np.radians(np.asarray(pose, np.float64)).T
    zero, one = np.zeros_like(yaw), np.ones_like(yaw)

    def stacked(*cells):
        return np.stack(cells, -1).reshape(-1, 3, 3)

    about_y = stacked(np.cos(yaw), zero, -np.sin(yaw), zero, one, zero, np.sin(yaw), zero, np.cos(yaw))
    about_x = stacked(one, zero, zero, zero, np.cos(pitch), np.sin(pitch), zero, -np.sin(pitch), np.cos(pitch))
    about_z = stacked(np.cos(roll), -np.sin(roll), zero, np.sin(roll), np.cos(roll), zero, zero, zero, one)
    return (about_z @ about_y @ about_x).astype(np.float32)


def unit_vector(action_units: Mapping[int, float] | Sequence[float]) -> np.ndarray:
    """Intensities by FACS number -> `(17,)` in the order of `ACTION_UNITS`."""
    if not isinstance(action_units, Mapping):
        return np.asarray(action_units, np.float32)
    unknown = set(action_units) - set(ACTION_UNITS)
    if unknown:
        raise CatganError(f"The face model draws AUs {', '.join(map(str, ACTION_UNITS))}. "
                          f"Received: {', '.join(map(str, sorted(unknown)))}.")
    return np.array([action_units.get(number, 0.0) for number in ACTION_UNITS], np.float32)
