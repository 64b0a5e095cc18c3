"""Defines the columns of a shard: one row per face; a null is an unknown label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from catgan import facs

SPLITS = ("train", "validation", "test")
QUALITY = ("eye_distance", "yaw", "pitch", "roll", "sharpness", "inside")
"""Columns that describe the photograph of a face."""
Info: TypeAlias = dict[str, Any]
"""Content of `dataset.json` or of a part of it, as JSON values."""
LANDMARKS = 478
"""Number of landmarks of a face; each has x and y."""


def shard_schema(action_units: Sequence[int], timed: bool = False) -> pa.Schema:
    """Returns the columns of a shard of a data set with these Action Units.

    Args:
        action_units: FACS numbers.
        timed: whether there is a column `time`: the time of the frame in its video, in seconds. Data sets with frames
            of videos have it.
    """
    columns: list[tuple[str, pa.DataType]] = [
        ("id", pa.string()), ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("subject", pa.string()), ("video", pa.string()), ("frame", pa.int64()),
        *([("time", pa.float64())] if timed else []), ("sources", pa.list_(pa.string())), ("split", pa.string())]
    for number in action_units:
        name = facs.au_name(number)
        columns += [(name, pa.float32()), (facs.presence_column(name), pa.int8()), (f"{name}_source", pa.string()),
                    (f"{facs.presence_column(name)}_source", pa.string())]
    columns += [("valence", pa.float32()), ("valence_source", pa.string()), ("arousal", pa.float32()),
                ("arousal_source", pa.string()), ("expression", pa.string()), ("expression_source", pa.string()),
                ("landmarks", pa.list_(pa.float32(), 2 * LANDMARKS))]
    return with_features(pa.schema(columns + [(name, pa.float32()) for name in QUALITY]))


def with_features(columns: pa.Schema) -> pa.Schema:
    """Adds the metadata from which Hugging Face `datasets` decodes `image` as pictures."""
    metadata = {b"huggingface": json.dumps({"info": {"features": features(columns)}}).encode()}
    return columns.with_metadata({**(columns.metadata or {}), **metadata})


def features(columns: pa.Schema) -> Info:
    """Returns the columns of a shard as `Features` of Hugging Face `datasets`, in their JSON form."""
    return {field.name: {"_type": "Image"} if field.name == "image" else _feature(field.type) for field in columns}


def _feature(kind: pa.DataType) -> Info:
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        length = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
        # 'Sequence' is read by every version of `datasets`; 'List', which 4 and later write, is unknown to older ones.
        return {"feature": _feature(kind.value_type), "length": length, "_type": "Sequence"}
    return {"dtype": {"float": "float32", "double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}


def label_schema(action_units: Sequence[int], timed: bool = False) -> pa.Schema:
    """Returns the columns of a shard that are joined from the rows of a face; arguments as for `shard_schema`."""
    columns = shard_schema(action_units, timed)
    others = {"id", "image", "subject", "split", "landmarks", *QUALITY}
    return pa.schema([field for field in columns if field.name not in others])
