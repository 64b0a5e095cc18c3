"""Reads labels from Arrow tables as NumPy arrays, without a Python object per cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catgan.errors import unknown_name
from catgan.labels import Labels, LabelSpec

Column: TypeAlias = pa.Array | pa.ChunkedArray


def label_columns(spec: LabelSpec, stored: Sequence[str]) -> list[str]:
    """Names the label columns of `spec` that a shard with the columns `stored` has."""
    return [name for name in spec.columns if name in stored]


def labels_of(spec: LabelSpec, table: pa.Table | pa.RecordBatch) -> Labels:
    """Reads the labels of `spec` from the `n` rows of a table; a column that the table lacks is unknown.

    Raises:
        CatganError: an expression that `spec` does not name, or a value outside its range.
    """
    columns = {name: expression_indices(table.column(name), spec.expressions) if name == "expression" else
               numbers(table.column(name)) for name in label_columns(spec, table.schema.names)}
    return Labels.from_columns(spec, columns, table.num_rows)


def numbers(column: Column) -> np.ndarray:
    """Returns a column of numbers as a float array `(n,)`, NaN = unknown. Does not copy floats without nulls."""
    cells = column.to_numpy(zero_copy_only=False)
    return cells if cells.dtype.kind == "f" else cells.astype(np.float64)


def expression_indices(column: Column, expressions: Sequence[str]) -> np.ndarray:
    """Returns the index of each cell in `expressions`, float `(n,)`, NaN = unknown.

    Raises:
        CatganError: a cell that `expressions` does not name.
    """
    found = pc.index_in(column, value_set=pa.array(expressions, column.type))
    foreign = column.filter(pc.and_(pc.is_valid(column), pc.is_null(found)))
    if len(foreign):
        raise unknown_name("expression", foreign[0].as_py(), expressions)
    return numbers(found)
