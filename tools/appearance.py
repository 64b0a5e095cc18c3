"""Fits shape and texture of faces as a linear function of Action Units, from landmarks and blendshapes of photographs.

Read from top to bottom. The result is not calibrated yet: see `calibration.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment
from tqdm import tqdm

from catgan import facs
from catgan.faces import alignment, warping
from catgan.synthesis import mouth
from catgan.synthesis.face_model import (ACTION_UNITS, BY_DESCRIPTION, LANDMARKS, SHAPE_COMPONENTS, TEXTURE_COMPONENTS,
                                         TEXTURE_SIDE, region_weight)
from catgan.synthesis.rendering import EYES

SIDE = TEXTURE_SIDE
_SIDED = ["browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn", "eyeLookOut", "eyeLookUp",
          "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile",
          "mouthStretch", "mouthUpperUp", "noseSneer"]
_SINGLE = ["browInnerUp", "cheekPuff", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel",
           "mouthLeft", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
           "mouthShrugUpper"]
BLENDSHAPES = _SINGLE + [name + side for name in _SIDED for side in ("Left", "Right")]

# Blendshapes that no AU of the model corresponds to, but that share its muscles; used by the calibration.
HELPERS = ("mouthClose", "mouthRollLower", "mouthRollUpper", "mouthShrugUpper", "mouthDimple", "mouthLowerDown")

# Landmarks that Action Units hardly move: eye corners, bridge and wings of the nose, forehead.
RIGID = [33, 133, 362, 263, 168, 6, 197, 195, 2, 98, 327, 10, 109, 338, 67, 297]

# The frame of the textures has parted lips and a slightly open jaw, so that there is room for teeth.
FRAME_UNITS = np.array([{25: 3.0, 26: 1.5}.get(number, 0.0) for number in ACTION_UNITS])


@dataclass
class Appearance:
    """Holds the result of `fit`.

    Args:
        arrays: arrays of the face model.
        fields: fields of the AUs, then of `HELPERS`, not yet limited to regions, `(K + H, 478, 3)`.
        maps: texture maps of the AUs, `(K, SIDE, SIDE)`.
        scale: values of `readings` at intensity 0 and 5, `(2, K)`.
    """

    arrays: dict[str, np.ndarray]
    fields: np.ndarray
    maps: np.ndarray
    scale: np.ndarray


# === Shapes without pose ===


def procrustes(points: np.ndarray, rounds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Removes pose from shapes `(n, 478, 3)` by aligning them to their mean over rigid landmarks; also returns the
    removed yaw and pitch in radians, `(n, 2)`."""
    reference = points.mean(0)
    for _ in range(rounds):
        shapes, angles = zip(*(onto(shape, reference) for shape in points))
        reference = np.mean(shapes, axis=0)
    return np.stack(shapes), np.stack(angles)


def onto(shape: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fits the least-squares similarity transform in space (Umeyama 1991) over the rigid landmarks."""
    a, b = shape[RIGID], reference[RIGID]
    centred, wanted = a - a.mean(0), b - b.mean(0)
    u, singular, vt = np.linalg.svd(wanted.T @ centred)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = (singular * sign).sum() / (centred ** 2).sum()
    yaw, pitch = np.arctan2(rotation[0, 2], rotation[2, 2]), -np.arcsin(np.clip(rotation[1, 2], -1, 1))
    return scale * (shape - a.mean(0)) @ rotation.T + b.mean(0), np.array([yaw, pitch])


def mirror_map(shape: np.ndarray) -> np.ndarray:
    """Returns the index of the landmark on the other side for each landmark of a nearly symmetric shape, `(478,)`."""
    other = shape * (-1, 1, 1) + (2 * shape[:, 0].mean(), 0, 0)
    cost = ((shape[:, None] - other[None]) ** 2).sum(-1)
    partner = linear_sum_assignment(cost + cost.T)[1]
    return np.where(partner[partner] == np.arange(len(shape)), partner, np.arange(len(shape)))


# === Action Units of photographs and of rendered faces ===


def readings(points: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Measures AUs by blendshapes, or by geometry for AUs whose blendshapes do not move.

    Args:
        points: landmarks in the picture, `(n, 478, 2 or 3)`.
        scores: blendshapes 0..1 in the order of `BLENDSHAPES`, `(n, 51)`.

    Returns:
        `(n, K)` in the order of `ACTION_UNITS`, each on its own scale.
    """
    known = facs.action_units_from_blendshapes(dict(zip(BLENDSHAPES, scores.T)))

    def distance(a: int, b: int) -> np.ndarray:
        return np.linalg.norm(points[:, a] - points[:, b], axis=1)

    height = distance(10, 168) + distance(168, 2)  # hardly changed by any AU
    known[5] = (distance(159, 145) + distance(386, 374)) / height
    known[23] = -(distance(0, 13) + distance(14, 17)) / height
    # Opening of the lips beyond that caused by the jaw.
    known[25] = distance(13, 14) / height - 0.4 * known[26]
    known |= {number: np.zeros(len(points)) for number in BY_DESCRIPTION}
    return np.stack([known[number] for number in ACTION_UNITS], axis=1)


def reading_scale(values: np.ndarray) -> np.ndarray:
    """Returns the measurements that stand for intensity 0 (neutral faces) and 5 (99th percentile), `(2, K)`."""
    rest = np.percentile(values, 20, axis=0)
    for number in (5, 23):  # neutral are open eyes and relaxed lips, not the lowest values
        column = ACTION_UNITS.index(number)
        rest[column] = np.median(values[:, column])
    most = np.percentile(values, 99, axis=0)
    # The widest openings of lips come from smiles and dropped jaws, which are other AUs.
    alone = (values[:, ACTION_UNITS.index(12)] < 0.2) & (values[:, ACTION_UNITS.index(26)] < 0.1)
    column = ACTION_UNITS.index(25)
    most[column] = np.percentile(values[alone, column], 99)
    return np.stack([rest, np.maximum(most, rest + 1e-6)])


def intensities(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Converts measurements to intensities, about 0..5."""
    return 5.0 * (values - scale[0]) / (scale[1] - scale[0])


# === Regression and components ===


def regress(targets: np.ndarray, causes: np.ndarray, held: np.ndarray, ridge: float = 30.0):
    """Returns coefficients of the causes `(k, d)` with other variables held constant, the mean at rest, and the
    residuals."""
    design = np.column_stack([causes, held, np.ones(len(causes))])
    penalty = np.diag([ridge] * (design.shape[1] - 1) + [0.0])
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ targets)
    return weights[:causes.shape[1]], weights[-1], targets - design @ weights


def components(residuals: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Returns principal components `(count, d)` times their standard deviation (randomised range finder, Halko 2011).
    """
    sketch = residuals @ np.random.default_rng(seed).standard_normal((residuals.shape[1], count + 20)).astype(
        residuals.dtype)
    for _ in range(3):
        sketch = residuals @ (residuals.T @ np.linalg.qr(sketch)[0])
    basis = np.linalg.qr(sketch)[0]
    _, singular, vt = np.linalg.svd(basis.T @ residuals, full_matrices=False)
    share = (singular[:count] ** 2).sum() / (residuals ** 2).sum()
    print(f"{count} components carry {100 * share:.1f} % of the residual")
    signs = np.sign(vt[:count, np.abs(vt[:count]).argmax(1)].diagonal())
    return (vt[:count] * signs[:, None]) * (singular[:count, None] / len(residuals) ** 0.5)


# === Regions of Action Units ===


def confined_field(number: int, field: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Returns a field `(478, 3)` that is 0 outside the region of AU `number`."""
    return field * region_weight(number, rest[:, 0], rest[:, 1])[:, None]


def confined_map(number: int, image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Returns a symmetric texture map `(SIDE, SIDE)` that is 0 outside the region; `places` as `rest_places` returns
    them."""
    return (image + image[:, ::-1]) / 2 * region_weight(number, *places)


def rest_places(rest: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the coordinates x and y of the frame's pixels on the rest face, `(SIDE, SIDE)`."""
    back = warping.interpolation(frame[:, :2], SIDE) @ warping.anchored(rest[:, :2] - frame[:, :2])
    rows, columns = (np.indices((SIDE, SIDE)) + 0.5) / SIDE
    return columns + back[:, 0].reshape(SIDE, SIDE), rows + back[:, 1].reshape(SIDE, SIDE)


_grids: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}


def smallest_area(shape: np.ndarray, frame: np.ndarray, side: int = 64) -> float:
    """Returns the smallest area of a skin pixel of the frame on a face: 1 is unchanged, below 0 the skin is folded
    over."""
    if frame.tobytes() not in _grids:
        skin = warping.face_weight(frame[:, :2], side) > 0.9
        for hole in (mouth.INNER_LIPS, *EYES):
            skin &= warping.polygon_mask(frame[hole, :2], side, 1.0) < 0.1
        _grids[frame.tobytes()] = warping.interpolation(frame[:, :2], side), skin
    grid, skin = _grids[frame.tobytes()]
    moved = (grid @ warping.anchored(shape[:, :2] - frame[:, :2])).reshape(side, side, 2) * side
    (across_y, across_x), (down_y, down_x) = np.gradient(moved[..., 0]), np.gradient(moved[..., 1])
    return float(((1 + across_x) * (1 + down_y) - across_y * down_x)[skin].min())


def cheek_raiser_field(rest: np.ndarray) -> np.ndarray:
    """Returns the field of AU6 as FACS describes it: the outer orbicularis oculi lifts the cheeks and bags the skin
    under the eyes."""
    away, y = np.abs(rest[:, 0] - .5), rest[:, 1]
    lift = np.exp(-((away - .21) / .10) ** 2 - ((y - .53) / .07) ** 2)
    lid = np.exp(-((away - .18) / .09) ** 2 - ((y - .445) / .018) ** 2) * (y > .425)
    field = np.zeros((LANDMARKS, 3))
    field[:, 1] = -(0.022 * lift + 0.008 * lid) / 5.0
    return confined_field(6, field, rest)


def cheek_raiser_map(places: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Returns the texture map of AU6: lighter cheeks, a line under the eyes, crow's feet."""
    away, y = np.abs(places[0] - .5), places[1]
    bag = np.exp(-((away - .19) / .07) ** 2 - ((y - .485) / .012) ** 2)
    feet = np.exp(-((away - .31) / .03) ** 2 - ((y - .43) / .03) ** 2) * np.sin((y - .43) / .006)
    cheek = np.exp(-((away - .22) / .08) ** 2 - ((y - .54) / .05) ** 2)
    return (0.35 * cheek - 0.7 * bag + 0.3 * feet) / 5.0 * region_weight(6, *places)


# In FACS, 1+4 and 2+4 draw the brows together, and raise rather than lower them.
_LESS_LOWERING = {(1, 4): 0.4, (2, 4): 0.4}


def described_pair(pair: tuple[int, int], fields: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Returns the field of a pair as FACS describes it: AU4 keeps its pull to the middle, and loses part of its
    lowering."""
    field = -_LESS_LOWERING[pair] * confined_field(4, fields[ACTION_UNITS.index(4)], rest)
    return field * (0.0, 1.0, 0.0)


def steady_mouth(frame: np.ndarray) -> np.ndarray:
    """Returns the share of people's differences in texture that is kept, `(SIDE, SIDE)`. It is smaller around the lips,
    where most residuals come from misplaced landmarks and unmeasured expressions."""
    lips = warping.polygon_mask(frame[mouth.OUTER_LIPS, :2], SIDE, 1.0)
    return 1.0 - 0.75 * cv2.GaussianBlur(cv2.dilate(lips, np.ones((11, 11))), (0, 0), 4.0)


# === All together ===


def fit(data: dict[str, np.ndarray]) -> Appearance:
    """Fits the model to `crops`, `points` and `scores` of photographs, each paired with its mirror image."""
    shapes, angles = procrustes(data["points"].astype(np.float64))
    mirror, middle = mirror_map(shapes.mean(0)), shapes.mean(0)[:, 0].mean()
    flipped = shapes[:, mirror].copy()
    flipped[..., 0] = 2 * middle - flipped[..., 0]
    both = np.concatenate([shapes, flipped]).reshape(2 * len(shapes), -1)

    scores, mirrored = data["scores"].astype(np.float64), _mirrored(data["scores"].astype(np.float64))
    values = readings(data["points"].astype(np.float64), scores)
    scale = reading_scale(values)
    units = np.clip(intensities(values, scale), 0.0, 7.0)
    sums = (scores + mirrored) / 2
    helpers = np.stack([5 * sums[:, _columns(name)].mean(1) / max(np.percentile(sums[:, _columns(name)], 99), .05)
                        for name in HELPERS], axis=1)
    causes = np.concatenate([np.column_stack([units, helpers])] * 2)
    held = np.concatenate([_held(scores, angles), _held(mirrored, angles * (-1, 1))])
    # Identity is the residual after removing all that blendshapes explain linearly or quadratically.
    told = np.concatenate([np.column_stack([some, some ** 2]) for some in (scores, mirrored)])

    # The mean face is frontal, and its eyes and mouth lie on the template of the alignment.
    fields, rest, _ = regress(both, causes, held)
    _, _, of_people = regress(both, np.column_stack([told, causes]), held, ridge=3.0)
    rest = rest.reshape(-1, 3)
    matrix = alignment.similarity(alignment.anchors(rest), alignment.TEMPLATE)
    size = np.hypot(*matrix[0, :2])
    rest = np.column_stack([rest[:, :2] @ matrix[:, :2].T + matrix[:, 2], (rest[:, 2] - rest[RIGID, 2].mean()) * size])
    fields = fields.reshape(-1, LANDMARKS, 3) * size
    fields[ACTION_UNITS.index(6)] = cheek_raiser_field(rest)
    identity = components((of_people * size).astype(np.float32), SHAPE_COMPONENTS)

    frame = rest + sum(amount * confined_field(number, fields[index], rest)
                       for index, (number, amount) in enumerate(zip(ACTION_UNITS, FRAME_UNITS)) if amount)
    textures = _textures(data, frame, mirror)
    maps, mean, _ = regress(textures, causes, held)
    _, _, of_people = regress(textures, np.column_stack([told, causes]), held, ridge=3.0)
    maps = maps[:len(ACTION_UNITS)].reshape(-1, SIDE, SIDE)
    maps[ACTION_UNITS.index(6)] = cheek_raiser_map(rest_places(rest, frame))
    faces = components(of_people.astype(np.float32), TEXTURE_COMPONENTS) * steady_mouth(frame).ravel()
    arrays = {"rest": rest, "frame": frame, "identity": identity.reshape(-1, LANDMARKS, 3),
              "texture": mean.reshape(SIDE, SIDE), "faces": faces.reshape(-1, SIDE, SIDE),
              "photographs": np.int32(len(shapes))}
    return Appearance(arrays, fields, maps, scale)


def _columns(name: str) -> list[int]:
    return [index for index, other in enumerate(BLENDSHAPES) if other in (name, name + "Left", name + "Right")]


def _mirrored(scores: np.ndarray) -> np.ndarray:
    """Returns the blendshapes of the mirror images."""
    swap = {"Left": "Right", "Right": "Left"}
    order = []
    for name in BLENDSHAPES:
        side = next((side for side in swap if name.endswith(side)), None)
        order.append(BLENDSHAPES.index(name.removesuffix(side) + swap[side]) if side else BLENDSHAPES.index(name))
    return scores[:, order]


def _held(scores: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Returns the variables that are held constant: pose, gaze, and differences between the sides."""
    gaze = scores[:, [index for index, name in enumerate(BLENDSHAPES) if name.startswith("eyeLook")]]
    return np.column_stack([angles, angles ** 2, gaze, scores - _mirrored(scores)])


def _textures(data: dict[str, np.ndarray], frame: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """Warps photographs and their mirror images to the frame, mean 0 and deviation 1 inside the face, `(2n, SIDE *
    SIDE)`."""
    grid = warping.interpolation(frame[:, :2], SIDE).astype(np.float32)
    inside = warping.face_weight(frame[:, :2], SIDE).ravel() > 0.5
    flipped = data["points"][:, mirror].copy()
    flipped[..., 0] = 1 - flipped[..., 0]
    points = np.concatenate([data["points"], flipped])[..., :2]
    result = np.empty((len(points), SIDE * SIDE), np.float32)
    pixels = warping.pixel_grid(SIDE)
    for index, one in enumerate(tqdm(points, desc="textures")):
        crop = data["crops"][index % len(data["crops"])]
        crop = (crop if index < len(data["crops"]) else crop[:, ::-1]).astype(np.float32)
        moved = grid @ warping.anchored((one - frame[:, :2]).astype(np.float32)) * SIDE
        flat = warping.sampled(crop, pixels + moved.reshape(SIDE, SIDE, 2)).ravel()
        result[index] = (flat - flat[inside].mean()) / flat[inside].std()
    return result
