"""Computes the statistics of a data set for the figures of its card, in one pass over the shards."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catgan import facs
from catgan.data.schema import SPLITS

CELLS = 40
CORNERS = {"+V +A": (1, 1), "-V +A": (-1, 1), "-V -A": (-1, -1), "+V -A": (1, -1)}
SHOWN_CORNER = 12


@dataclass(frozen=True)
class Regression:
    """Holds a least-squares regression of valence or arousal on AU presence (0/1).

    Args:
        units: FACS numbers.
        slopes: `(units,)`, change of the dimension if the AU is present and all other AUs stay fixed.
        intervals: `(units,)`, half widths of the 95 % confidence intervals (normal errors).
        r2: explained share of the variance.
        n: number of faces; all AUs of the regression are known for them.
    """

    units: tuple[int, ...]
    slopes: np.ndarray
    intervals: np.ndarray
    r2: float
    n: int


class Summary:
    """Computes the statistics that the figures show.

    Args:
        folder: folder of a data set with its shards.
        units: FACS numbers of its AUs.
    """

    def __init__(self, folder: Path, units: Sequence[int]):
        self.units = tuple(units)
        count = len(self.units)
        self.density = np.zeros((CELLS, CELLS), np.int64)
        """Number of faces by valence and arousal, `(CELLS, CELLS)`."""
        self.known, self.present = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        """(source, AU) -> number of faces where the AU is known; number of faces where it is present."""
        self.grades: dict[tuple[str, int], np.ndarray] = {}
        """(source, AU) -> number of faces by rounded intensity 0..5, `(6,)`."""
        self.expressions: dict[str, np.ndarray] = {}
        """Expression -> number of faces, sums of valence and arousal, sums of their squares, `(5,)`."""
        self._both, self._first, self._shown = (np.zeros((count, count), np.int64) for _ in range(3))
        self._moments: dict[int, tuple[np.ndarray, np.ndarray, int]] = {}
        self._nearest: dict[str, list[tuple[float, int, int]]] = {name: [] for name in CORNERS}
        self._paths = [path for split in SPLITS for path in sorted((folder / "shards").glob(f"{split}-*.parquet"))]
        self._pass()

    @property
    def cooccurrence(self) -> np.ndarray:
        """Returns the correlation (phi) of every two AUs over faces where both are known, `(units, units)`.

        The correlation is NaN if one of the AUs is constant, or for two faces or fewer.
        """
        n, a, both = (part.astype(np.float64) for part in (self._both, self._first, self._shown))
        b = a.T
        with np.errstate(divide="ignore", invalid="ignore"):
            phi = (n * both - a * b) / np.sqrt(a * (n - a) * b * (n - b))
        return np.where((n > 2) & np.isfinite(phi), phi, np.nan)

    def regression(self, dimension: str) -> Regression | None:
        """Fits the regression of valence or arousal on the presence of the AUs.

        Returns:
            The regression; None with too few labelled faces, dependent AUs, or constant valence or arousal.
        """
        column = ("valence", "arousal").index(dimension)
        if not self._moments:
            return None
        # Faces differ in the set of AUs that are known; the set with most faces is used.
        subset, (squares, products, n) = max(self._moments.items(), key=lambda item: (item[1][2], item[0]))
        chosen = [index for index in range(len(self.units)) if subset >> index & 1]
        vary = [0] + [1 + place for place in range(len(chosen))
                      if 0 < squares[0, 1 + place] < n and squares[0, 1 + place] >= 5]
        if n < 10 * len(vary) or len(vary) < 2:
            return None
        x, xy = squares[np.ix_(vary, vary)], products[vary, column]
        solution, _, rank, _ = np.linalg.lstsq(x, xy, rcond=None)
        if rank < len(vary):
            return None
        total, mean = products[-1, column], products[0, column] / n
        spread = total - n * mean ** 2
        if spread <= 1e-9 * n:  # valence or arousal is constant
            return None
        residual = max(total - solution @ xy, 0.0)
        errors = np.sqrt(residual / (n - len(vary)) * np.diag(np.linalg.inv(x)))
        return Regression(tuple(self.units[chosen[place - 1]] for place in vary[1:]), solution[1:], 1.96 * errors[1:],
                          float(1.0 - residual / spread), n)

    def corners(self) -> dict[str, list[bytes]]:
        """Returns corner -> PNG pictures of the faces nearest to that corner of the plane of valence and arousal."""
        found = {}
        for name, nearest in self._nearest.items():
            pictures = []
            for _, shard, row in sorted(nearest, reverse=True):
                table = pq.read_table(self._paths[-shard], columns=["image"])
                pictures.append(table["image"][-row].as_py()["bytes"])
            found[name] = pictures
        return found

    def _pass(self) -> None:
        names = [facs.au_name(number) for number in self.units]
        columns = ["valence", "arousal", "expression", *(column for name in names for column in (
            name, facs.presence_column(name), f"{facs.presence_column(name)}_source"))]
        for number, path in enumerate(self._paths):
            row = 0
            file = pq.ParquetFile(path)
            wanted = [column for column in columns if column in file.schema_arrow.names]
            for batch in file.iter_batches(4096, columns=wanted):
                self._add(batch, names, number, row)
                row += batch.num_rows

    def _add(self, batch: pa.RecordBatch, names: Sequence[str], shard: int, first_row: int) -> None:
        plane = np.column_stack([_floats(batch, "valence"), _floats(batch, "arousal")])
        rated = ~np.isnan(plane).any(1)
        cells = np.clip(((plane[rated] + 1.0) / 2.0 * CELLS).astype(int), 0, CELLS - 1)
        np.add.at(self.density, (cells[:, 0], cells[:, 1]), 1)
        present = np.empty((batch.num_rows, len(names)))
        for index, name in enumerate(names):
            present[:, index] = _floats(batch, facs.presence_column(name))
        coded = ~np.isnan(present)
        shown = np.where(coded, present, 0.0)
        self._both += coded.T.astype(np.int64) @ coded
        self._first += (shown.T @ coded).astype(np.int64)
        self._shown += (shown.T @ shown).astype(np.int64)
        self._count_sources(batch, names, present)
        self._count_expressions(batch, plane, rated)
        self._add_moments(plane[rated], coded[rated], shown[rated])
        self._keep_nearest(plane, rated, shard, first_row)

    def _count_sources(self, batch: pa.RecordBatch, names: Sequence[str], present: np.ndarray) -> None:
        for index, (unit, name) in enumerate(zip(self.units, names)):
            if f"{facs.presence_column(name)}_source" not in batch.schema.names:
                continue
            sources = np.array(batch.column(f"{facs.presence_column(name)}_source").to_pylist(), object)
            grades = _floats(batch, name)
            for source in {name for joined in set(sources) - {None} for name in joined.split("+")}:
                mine = np.array([one is not None and source in one.split("+") for one in sources])
                self.known[source, unit] += int(mine.sum())
                self.present[source, unit] += int(np.nansum(present[mine, index]))
                graded = grades[mine & ~np.isnan(grades)]
                if len(graded):
                    counts = np.bincount(np.rint(graded).astype(int), minlength=6)[:6]
                    self.grades[source, unit] = self.grades.get((source, unit), np.zeros(6, np.int64)) + counts

    def _count_expressions(self, batch: pa.RecordBatch, plane: np.ndarray, rated: np.ndarray) -> None:
        words = np.array(batch.column("expression").to_pylist(), object)
        for word in {word for word in words if word is not None}:
            points = plane[rated & (words == word)]
            sums = np.concatenate([[len(points)], points.sum(0), (points ** 2).sum(0)])
            self.expressions[word] = self.expressions.get(word, np.zeros(5)) + sums

    def _add_moments(self, plane: np.ndarray, coded: np.ndarray, shown: np.ndarray) -> None:
        """Adds faces to the normal equations of their set of known AUs.

        The last row of the products holds the sums of squares of valence and arousal.
        """
        sets = [sum(1 << int(index) for index in np.flatnonzero(row)) for row in coded]
        for subset in set(sets) - {0}:
            mine = np.array([one == subset for one in sets])
            units = [index for index in range(len(self.units)) if subset >> index & 1]
            x = np.column_stack([np.ones(mine.sum()), shown[mine][:, units]])
            y = plane[mine]
            squares, products = x.T @ x, np.vstack([x.T @ y, (y ** 2).sum(0)])
            before = self._moments.get(subset, (np.zeros_like(squares), np.zeros_like(products), 0))
            self._moments[subset] = (before[0] + squares, before[1] + products, before[2] + len(x))

    def _keep_nearest(self, plane: np.ndarray, rated: np.ndarray, shard: int, first_row: int) -> None:
        for name, corner in CORNERS.items():
            distances = np.hypot(*(plane - corner).T)
            nearest = self._nearest[name]
            for row in np.flatnonzero(rated & (distances < 1.0)):
                item = (-float(distances[row]), -shard, -(first_row + int(row)))  # among equal distances, the first
                if len(nearest) < SHOWN_CORNER:
                    heapq.heappush(nearest, item)
                elif item > nearest[0]:
                    heapq.heapreplace(nearest, item)


def _floats(batch: pa.RecordBatch, column: str) -> np.ndarray:
    if column not in batch.schema.names:
        return np.full(batch.num_rows, np.nan)
    return batch.column(column).cast(pa.float64()).to_numpy(zero_copy_only=False)


def expression_means(summary: Summary) -> dict[str, dict[str, Any]]:
    """Returns expression -> `{"n", "mean", "sd"}` of valence and arousal, for expressions with five or more faces."""
    found = {}
    for word, (n, *sums) in sorted(summary.expressions.items()):
        if n >= 5:
            mean = np.array(sums[:2]) / n
            found[word] = {"n": int(n), "mean": mean, "sd": np.sqrt(np.maximum(np.array(sums[2:]) / n - mean ** 2, 0))}
    return found
