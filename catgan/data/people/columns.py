"""Defines the columns that a data set of people has beside those of faces, and reads them.

`image` is the aligned face; where `face_known` is False nothing of it is used. A null is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from catgan.data.people.samples import PeopleSamples
from catgan.data.schema import shard_schema, with_features
from catgan.errors import DataError
from catgan.joints import JOINTS
from catgan.modalities.context_reader import LEAST_SHARE, SIDE
from catgan.modalities.gait_reader import FRAMES, RATE, has_gait
from catgan.modalities.posture_reader import has_posture
from catgan.modalities.registry import MODALITIES, Input

if TYPE_CHECKING:
    from catgan.data.store import DualDataset

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
BOX = pa.list_(pa.float32(), 4)
TEXTS = pa.list_(pa.string())
COLUMNS: Mapping[str, pa.DataType] = {
    "face_known": pa.bool_(), "joints": pa.list_(pa.float32()), "joints_known": pa.list_(pa.bool_()),
    "posture_frame": pa.int32(), "rate": pa.float32(), "context": PICTURE, "context_seen": pa.binary(),
    "place": pa.string(), "place_time": pa.string(), "phrases": TEXTS, "dominance": pa.float32(), "categories": TEXTS,
    "body_box": BOX, "face_box": BOX}
"""Column -> type. `joints` are `(frames, 16, 3)` in metres and `joints_known` `(frames, 16)`; `posture_frame` is the
frame that is the posture; a photograph has one frame. `context` is a PNG without persons, and `context_seen` how much
of each pixel is left, 0..255. `place_time` is ISO text. Boxes are left, top, width, height in pixels. `categories` of
which several may be true are null where unknown; `dataset.json` names all of them in `categories`."""
TRUTH = "shown_"
"""Beginning of the columns of rendered people that name the emotion that a modality shows; null = none."""


def people_schema(action_units: Sequence[int] = (), more: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
    """Returns the columns of a shard.

    Args:
        action_units: FACS numbers.
        more: further columns, such as the truth of rendered people, or `MODALITY.INPUT` of further modalities.
    """
    fields = [pa.field(name, kind) for name, kind in {**COLUMNS, **(more or {})}.items()]
    return with_features(pa.schema([*shard_schema(action_units, timed=True), *fields]))


def is_of_people(dataset: DualDataset) -> bool:
    """Tells whether a data set has the columns of people."""
    return "face_known" in dataset.info["columns"]


def read_people(dataset: DualDataset, split: str, classes: Sequence[str] = ()) -> PeopleSamples:
    """Reads the people of a split.

    Args:
        dataset: the data set.
        split: `train`, `validation`, `test` or `all`.
        classes: emotions; those of the data set by default. Others are unknown.

    Raises:
        DataError: a data set of faces alone, or arrays of joints or pictures of another shape.
    """
    if not is_of_people(dataset):
        raise DataError(f"{dataset.folder} is a data set of faces alone. Draw people with 'catgan render --people N', "
                        "or build a recipe with 'people: true'.")
    columns = set(dataset.info["columns"])
    further = sorted(name for name in columns if "." in name)
    shown = sorted(name for name in columns if name.startswith(TRUTH))
    table = dataset.table(split, ["id", "subject", "expression", "valence", "arousal", *COLUMNS, *shown, *further])
    rows = {name: table[name].to_pylist() for name in table.column_names if name not in ("joints", "joints_known")}
    names = tuple(classes or dataset.spec.expressions)
    n = len(table)
    inputs, available = _known(dataset, split, table, rows)
    for name in further:
        modality, _, key = name.partition(".")
        inputs.setdefault(modality, {})[key] = _array(name, rows[name])
        there = np.array([value is not None for value in rows[name]], bool)
        available[modality] = available.get(modality, np.ones(n, bool)) & there
    for modality in {name.partition(".")[0] for name in further}:  # nothing of a person with a part of it alone
        for array in inputs[modality].values():
            array[~available[modality]] = 0
    dimensions = ("valence", "arousal") + (("dominance",) if table["dominance"].null_count < n else ())
    of_categories = tuple(dataset.info.get("categories", ()))
    return PeopleSamples(
        inputs, available, _indices(rows["expression"], names), names,
        tuple(subject or row for subject, row in zip(rows["subject"], rows["id"])), tuple(rows["id"]),
        np.array([rows[name] for name in dimensions], np.float32).reshape(len(dimensions), n).T, dimensions,
        _categories(rows["categories"], of_categories), of_categories, tuple(rows["place"]),
        tuple(rows["place_time"]), tuple(None if one is None else tuple(one) for one in rows["phrases"]),
        next((float(rate) for rate in rows["rate"] if rate), RATE),
        {name: _indices(rows[name], names) for name in shown})


def _known(dataset: DualDataset, split: str, table: pa.Table, rows: Mapping[str, list]
           ) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Returns the inputs of face, posture, gait and context, and who has them."""
    face = np.array(rows["face_known"], bool)
    joints, known, posture_frame = _joints(table, rows)
    walking = has_gait(known)
    everyone = np.arange(len(table))
    posture = has_posture(known[everyone, posture_frame])
    image, seen = _contexts(rows)
    context = seen.mean((1, 2)) >= LEAST_SHARE
    images = np.array(dataset.images(split, 3)) if len(table) else dataset.images(split, 3)
    inputs: dict[str, dict[str, np.ndarray]] = {
        "face": {"image": np.where(face[:, None, None, None], images, np.uint8(0))},
        "posture": _masked(joints[everyone, posture_frame], known[everyone, posture_frame], posture),
        "gait": _masked(joints, known, walking),
        "context": {"image": np.where(context[:, None, None, None], image, np.uint8(0)),
                    "seen": seen * context[:, None, None]}}
    return inputs, {"face": face, "posture": posture, "gait": walking, "context": context}


def _masked(joints: np.ndarray, known: np.ndarray, available: np.ndarray) -> dict[str, np.ndarray]:
    """Returns joints and their mask, 0 where they are unknown or not available."""
    known = known & available.reshape((-1,) + (1,) * (known.ndim - 1))
    return {"joints": np.where(known[..., None], joints, np.float32(0)), "known": known}


def _joints(table: pa.Table, rows: Mapping[str, list]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns joints `(n, FRAMES, 16, 3)`, their mask, and the frame of each posture."""
    n, count = len(table), len(JOINTS)
    joints = np.zeros((n, FRAMES, count, 3), np.float32)
    known = np.zeros((n, FRAMES, count), bool)
    frame = np.array([place or 0 for place in rows["posture_frame"]], np.int64)
    for row, (values, mask) in enumerate(zip(table["joints"], table["joints_known"])):
        if not values.is_valid:
            continue
        found = values.values.to_numpy(zero_copy_only=False)
        frames, left = divmod(len(found), count * 3)
        if left or frames > FRAMES or len(mask) != frames * count or frame[row] >= FRAMES:
            raise DataError(f"Joints must have the shape (at most {FRAMES}, {count}, 3), with a mask. Received "
                            f"{len(found)} numbers and {len(mask)} marks in row '{rows['id'][row]}'.")
        joints[row, :frames] = found.reshape(frames, count, 3)
        known[row, :frames] = mask.values.to_numpy(zero_copy_only=False).reshape(frames, count)
    known &= np.isfinite(joints).all(-1)
    return np.where(known[..., None], joints, np.float32(0)), known, frame


def _contexts(rows: Mapping[str, list]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the pictures without persons, and what is left of them, 0..1."""
    from catgan.data.store import picture

    n, side = len(rows["id"]), SIDE
    image = np.zeros((n, side, side, 3), np.uint8)
    seen = np.zeros((n, side, side), np.float32)
    for row, (one, left) in enumerate(zip(rows["context"], rows["context_seen"])):
        if one is None or left is None:
            continue
        pixels, mask = picture(one["bytes"]), np.frombuffer(left, np.uint8)
        if pixels.shape != (side, side, 3) or mask.size != side * side:
            raise DataError(f"The context of row '{rows['id'][row]}' must have {side} x {side} pixels. Received: "
                            f"{pixels.shape} and a mask of {mask.size}.")
        image[row], seen[row] = pixels, mask.reshape(side, side) / np.float32(255)
    return image, seen


def _indices(names: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
    """Returns the place of each name in `classes`; -1 = unknown."""
    place = {name: index for index, name in enumerate(classes)}
    return np.array([place.get(name, -1) if name is not None else -1 for name in names], np.int64)


def _categories(values: Sequence[Sequence[str] | None], names: Sequence[str]) -> np.ndarray:
    """Returns 0 or 1 for each name, NaN where unknown, float32 `(n, len(names))`."""
    result = np.full((len(values), len(names)), np.nan, np.float32)
    for row, found in enumerate(values):
        if found is not None:
            result[row] = [name in found for name in names]
    return result


def _array(column: str, values: Sequence) -> np.ndarray:
    """Returns the column of a further modality, `(n, ...)`, 0 where it is null.

    It has the shape and the type that a registered modality declares, and is float32 of one axis otherwise.

    Raises:
        DataError: values of another length, or that are not finite.
    """
    modality, _, key = column.partition(".")
    declared = MODALITIES[modality].inputs.get(key) if modality in MODALITIES else None
    length = max((np.size(value) for value in values if value is not None), default=1)
    wanted = declared or Input((length,))
    result = wanted.zeros(len(values))
    for row, value in enumerate(values):
        if value is None:
            continue
        if np.size(value) != int(np.prod(wanted.shape)) or not np.isfinite(np.asarray(value, float)).all():
            raise DataError(f"The column '{column}' must have {int(np.prod(wanted.shape))} finite numbers a row. "
                            f"Received: {np.size(value)} in row {row}, counted from 0.")
        result[row] = np.reshape(value, wanted.shape)
    return result


def joints_columns(joints: np.ndarray, known: np.ndarray) -> dict[str, list]:
    """Returns the values of `joints` and `joints_known` of one person; arrays `(t, 16, 3)` and bool `(t, 16)`."""
    return {"joints": np.where(known[..., None], joints, 0).astype(np.float32).ravel().tolist(),
            "joints_known": np.asarray(known, bool).ravel().tolist()}
