"""Fits the embedded face model from the photographs of a recipe, and writes `catgan/faces/face_model.npz`.

    python tools/fit_face_model.py datasets/photos.yaml --work OUT/fit

The file holds means, principal components and regression coefficients; no photograph is in it. Read it from top to
bottom; `catgan/faces/face_model.py` says how the numbers are used, and shares the interpolation with this file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment
from tqdm import tqdm

from catgan import facs
from catgan.data.build import scan
from catgan.data.recipe import read_recipe
from catgan.errors import CatganError
from catgan.faces import alignment, face_model, model_files
from catgan.faces.images import read_image
from catgan.faces.landmarks import FaceLandmarker, without_tensorflow

SIDE = face_model.TEXTURE_SIDE
LARGEST_ANGLE, SMALLEST_EYE_DISTANCE, SMALLEST_SHARE_INSIDE = 20.0, 30.0, 0.7
SHAPE_COMPONENTS, TEXTURE_COMPONENTS = 24, 150

# Landmarks that Action Units hardly move: eye corners, bridge and wings of the nose, forehead.
RIGID = [33, 133, 362, 263, 168, 6, 197, 195, 2, 98, 327, 10, 109, 338, 67, 297]

# === 1. Photographs -> crops, 3-D landmarks, blendshapes ===

_landmarker: FaceLandmarker | None = None


def start_worker(model: str) -> None:
    global _landmarker
    without_tensorflow()
    cv2.setNumThreads(1)
    _landmarker = FaceLandmarker(model, max_faces=1)


def collect_one(path: str) -> tuple | None:
    """Crop uint8 `(SIDE, SIDE)`, points `(478, 3)` in sides of the crop, AUs of the blendshapes; None if not usable."""
    assert _landmarker is not None
    try:
        image = read_image(path)
        found = _landmarker.detect(image)
    except CatganError:
        return None
    if not found or max(abs(found[0].yaw), abs(found[0].pitch), abs(found[0].roll)) > LARGEST_ANGLE:
        return None
    face = alignment.align(image, found[0].landmarks, SIDE)
    quality = alignment.quality(face, found[0], image.shape)
    if quality["eye_distance"] < SMALLEST_EYE_DISTANCE or quality["inside"] < SMALLEST_SHARE_INSIDE:
        return None
    scale = np.hypot(*face.matrix[0, :2])
    points = np.column_stack([face.landmarks, found[0].landmarks[:, 2] * scale]) / SIDE
    units = facs.action_units_from_blendshapes(found[0].blendshapes)
    values = [np.nan if value is None else value for value in units.values()]
    return cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY), points.astype(np.float32), np.array(values, np.float32)


def collect(recipe: str, cache: Path) -> dict[str, np.ndarray]:
    if not cache.is_file():
        records, _ = scan(read_recipe(recipe))
        paths = sorted({str(record.path) for record in records})
        model = str(model_files.find("face_landmarker"))
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(None, context, start_worker, (model,)) as pool:
            rows = list(tqdm(pool.map(collect_one, paths, chunksize=50), total=len(paths), desc="photographs"))
        kept = [row for row in rows if row is not None]
        crops, points, units = (np.stack(part) for part in zip(*kept))
        # Re-encoded copies of one photograph would count twice.
        _, first = np.unique(np.round(points[:, RIGID, :2] * 64).reshape(len(points), -1), axis=0, return_index=True)
        first.sort()
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, crops=crops[first], points=points[first], units=units[first])
    with np.load(cache) as stored:
        return dict(stored)


# === 2. Shapes without pose ===


def procrustes(points: np.ndarray, rounds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Shapes `(n, 478, 3)` turned, scaled and shifted onto their own mean over rigid landmarks; and the angles that
    were taken away, `(n, 2)` (yaw, pitch in radians)."""
    reference = points.mean(0)
    for _ in range(rounds):
        shapes, angles = zip(*(onto(shape, reference) for shape in points))
        reference = np.mean(shapes, axis=0)
    return np.stack(shapes), np.stack(angles)


def onto(shape: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Similarity of least squares in space (Umeyama 1991) over the rigid landmarks."""
    a, b = shape[RIGID], reference[RIGID]
    centred, wanted = a - a.mean(0), b - b.mean(0)
    u, singular, vt = np.linalg.svd(wanted.T @ centred)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = (singular * sign).sum() / (centred ** 2).sum()
    yaw, pitch = np.arctan2(rotation[0, 2], rotation[2, 2]), -np.arcsin(np.clip(rotation[1, 2], -1, 1))
    return scale * (shape - a.mean(0)) @ rotation.T + b.mean(0), np.array([yaw, pitch])


def mirror_map(shape: np.ndarray) -> np.ndarray:
    """The landmark on the other side of each landmark, `(478,)`, of a nearly symmetric shape."""
    other = shape * (-1, 1, 1) + (2 * shape[:, 0].mean(), 0, 0)
    cost = ((shape[:, None] - other[None]) ** 2).sum(-1)
    partner = linear_sum_assignment(cost + cost.T)[1]
    return np.where(partner[partner] == np.arange(len(shape)), partner, np.arange(len(shape)))


# === 3. Action Units of the photographs ===


def action_units(shapes: np.ndarray, blendshapes: np.ndarray) -> np.ndarray:
    """`(n, K)` in the order of `face_model.ACTION_UNITS`: blendshapes where they move, geometry where they do not;
    0 at rest, 5 at the 99th percentile."""
    known = dict(zip(facs.BLENDSHAPES, blendshapes.T))
    height = np.linalg.norm(shapes[:, 10] - shapes[:, 152], axis=1)
    gap = np.linalg.norm(shapes[:, 13] - shapes[:, 14], axis=1) / height
    lips = (np.linalg.norm(shapes[:, 0] - shapes[:, 13], axis=1)
            + np.linalg.norm(shapes[:, 14] - shapes[:, 17], axis=1)) / height
    lids = sum(np.linalg.norm(shapes[:, up] - shapes[:, down], axis=1)
               for up, down in ((159, 145), (386, 374))) / height
    known[5] = np.maximum(lids - np.median(lids), 0.0) * (known[43] < 0.3)
    known[23] = np.maximum(np.median(lips) - lips, 0.0)
    # Lips that part further than the jaw alone would part them.
    slope, level = np.polyfit(known[26], gap, 1)
    known[25] = np.maximum(gap - level - slope * known[26], 0.0)
    columns = []
    for number in face_model.ACTION_UNITS:
        if number in face_model.BY_DESCRIPTION:
            columns.append(np.zeros(len(shapes)))
            continue
        values = np.maximum(known[number] - np.percentile(known[number], 20), 0.0)
        columns.append(5.0 * values / max(np.percentile(values, 99), 1e-6))
    return np.stack(columns, axis=1).astype(np.float64)


# === 4. Regression and components ===


def regress(targets: np.ndarray, units: np.ndarray, nuisance: np.ndarray, ridge: float = 30.0):
    """Coefficients of the AUs `(K, d)` with everything else held constant, the mean at rest, and the residuals."""
    design = np.column_stack([units, nuisance, np.ones(len(units))])
    penalty = np.diag([ridge] * (design.shape[1] - 1) + [0.0])
    weights = np.linalg.solve(design.T @ design + penalty, design.T @ targets)
    count = units.shape[1]
    return weights[:count], weights[-1], targets - design @ weights


def components(residuals: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Principal components `(count, d)` times their standard deviation (randomised range finder, Halko 2011)."""
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


# === 5. All together ===


def fit(data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    points = data["points"].astype(np.float64)
    shapes, angles = procrustes(points)
    mirror = mirror_map(shapes.mean(0))
    middle = shapes.mean(0)[:, 0].mean()

    def mirrored(array):  # `(n, 478, 3)`
        flipped = array[:, mirror].copy()
        flipped[..., 0] = 2 * middle - flipped[..., 0]
        return flipped

    units = action_units(shapes, data["units"])
    both = np.concatenate([shapes, mirrored(shapes)])
    nuisance = np.concatenate([angles, angles * (-1, 1)])
    nuisance = np.column_stack([nuisance, nuisance ** 2])
    doubled = np.concatenate([units, units])

    # The mean face looks straight ahead, and its eyes and mouth lie where alignment puts them.
    coefficients, rest, residuals = regress(both.reshape(len(both), -1), doubled, nuisance)
    rest = rest.reshape(-1, 3)
    matrix = alignment.similarity(alignment.anchors(rest), alignment.TEMPLATE)
    scale = np.hypot(*matrix[0, :2])
    rest = np.column_stack([rest[:, :2] @ matrix[:, :2].T + matrix[:, 2], (rest[:, 2] - rest[RIGID, 2].mean()) * scale])
    fields = coefficients.reshape(-1, face_model.LANDMARKS, 3) * scale
    fields = face_model.confined(fields, rest)
    identity = components((residuals * scale).astype(np.float32), SHAPE_COMPONENTS)

    # Textures, in the frame of a face with parted lips, so that teeth have a place.
    frame = rest + np.tensordot(face_model.FRAME_UNITS, fields, 1)
    grid = face_model.interpolation(frame[:, :2], SIDE)
    crops = np.concatenate([data["crops"], data["crops"][:, :, ::-1]])
    flipped = data["points"][:, mirror].copy()
    flipped[..., 0] = 1 - flipped[..., 0]
    placed = np.concatenate([data["points"], flipped])[..., :2]
    textures = np.stack([unwarp(crop, points - frame[:, :2], grid)
                         for crop, points in zip(tqdm(crops, desc="textures"), placed)])
    inside = face_model.face_weight(frame[:, :2], SIDE).ravel() > 0.5
    flat = textures.reshape(len(textures), -1)
    flat -= flat[:, inside].mean(1, keepdims=True)
    flat /= flat[:, inside].std(1, keepdims=True)
    maps, mean, rest_of_it = regress(flat.astype(np.float64), doubled, nuisance)
    maps = face_model.confined_maps(maps.reshape(-1, SIDE, SIDE), rest, frame)
    faces = components(rest_of_it.astype(np.float32), TEXTURE_COMPONENTS)
    peak = np.abs(faces).max(1)
    print(f"{len(points)} photographs")
    return {"rest": rest.astype(np.float32), "fields": fields.astype(np.float16),
            "identity": identity.reshape(-1, face_model.LANDMARKS, 3).astype(np.float16),
            "texture": mean.reshape(SIDE, SIDE).astype(np.float16), "maps": maps.astype(np.float16),
            "faces": np.rint(faces / peak[:, None] * 127).astype(np.int8).reshape(-1, SIDE, SIDE),
            "face_scales": (peak / 127).astype(np.float32), "photographs": np.int32(len(points))}


def unwarp(crop: np.ndarray, displacement: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """The crop in the frame of the mean face, float32 `(SIDE, SIDE)`."""
    moved = (grid @ face_model.anchored(displacement)).reshape(SIDE, SIDE, 2).astype(np.float32)
    rows, columns = np.indices((SIDE, SIDE), np.float32)
    return cv2.remap(crop.astype(np.float32), columns + moved[..., 0] * SIDE, rows + moved[..., 1] * SIDE,
                     cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is read off the photographs")
    parser.add_argument("--out", type=Path, default=face_model.FILE)
    arguments = parser.parse_args()
    data = collect(arguments.recipe, arguments.work / "photographs.npz")
    model = fit(data)
    face_model.save(arguments.out, model)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
