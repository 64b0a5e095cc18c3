"""Counts what a data set holds: splits and sources, coverage, valence-arousal, Action Units together. Computed once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from catgan import facs, files
from catgan.data.card.summary import CELLS, Summary
from catgan.data.schema import SPLITS, Info
from catgan.data.store import DualDataset
from catgan.errors import CatganError, DataError
from catgan.metrics.figures import Figures
from catgan.web.inside import inside

NAME = "app-overview-2.json"
"""Name of the file in the cache of the data set; a change of its content changes the number."""
MAX_CACHED_BYTES = 16 << 20
BATCH_ROWS = 4096
Report = Callable[[float, str], None]
"""Is called with the share of the work that is done and a line of text; may raise to end the work."""


def facts_of(dataset: DualDataset) -> dict[str, object]:
    """Describes a data set by what `dataset.json` says, without reading rows."""
    info = dataset.info
    return {"name": str(info.get("name", "")), "image_size": dataset.image_size, "faces": len(dataset),
            "splits": {split: dataset.count(split) for split in SPLITS}, "sources": list(map(_source, _sources(info))),
            "rejected": _count(info, "rejected_rows"), "conflicts": _count(info, "conflicts"),
            "units": list(dataset.spec.action_units), "expressions": list(dataset.spec.expressions),
            "dimensions": bool(dataset.spec.valence_arousal), "presence_from": info.get("presence_from"),
            "built_by": str(info.get("version", ""))}


def _sources(info: Info) -> list[Info]:
    sources = info.get("sources")
    return [one for one in sources if isinstance(one, dict)] if isinstance(sources, list) else []


def _source(source: Info) -> dict[str, object]:
    return {"name": str(source.get("name", "")), "kind": str(source.get("kind", "")),
            "terms": str(source.get("terms", "")), "used": _count({"counts": source}, "used_rows"),
            "rejected": _count({"counts": source}, "rejected_rows")}


def _count(info: Info, name: str) -> int | None:
    counts = info.get("counts")
    value = counts.get(name) if isinstance(counts, dict) else None
    return value if isinstance(value, int) else None


def cached(dataset: DualDataset) -> Figures | None:
    """Returns the overview if it was computed before for the same content, else None."""
    path = _cache_path(dataset)
    if path is None or not path.is_file() or path.stat().st_size > MAX_CACHED_BYTES:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "density" in found else None


def overview(dataset: DualDataset, report: Report = lambda share, message: None) -> Figures:
    """Counts the faces of a data set in two passes over its labels, and keeps the result in its cache.

    Returns:
        `sources`: name to number of faces by split. `coverage`: list of `{"label", "known", "present", "graded"}` with
        numbers by split; `present` and `graded` are None except for Action Units. `density`: faces by valence and
        arousal, `(40, 40)`, first index valence. `cooccurrence`: correlation (phi) of Action Units, None where it is
        not defined; `both_known`: its number of faces. `expressions`: name to number of faces.

    Raises:
        DataError: a damaged shard.
    """
    try:
        counts = _Counts(dataset, report)
        summary = _Reported(dataset, report)
    except (OSError, pa.ArrowException, KeyError) as error:
        if isinstance(error, CatganError):
            raise
        raise DataError(f"A shard is damaged: {' '.join(str(error).split())[:200]}.") from None
    found: Figures = {
        "sources": counts.sources, "coverage": counts.coverage(), "expressions": counts.expressions,
        "density": summary.density.tolist(), "cells": CELLS, "units": list(dataset.spec.action_units),
        "both_known": summary.both_known.tolist(),
        "cooccurrence": [[None if math.isnan(cell) else round(float(cell), 4) for cell in row]
                         for row in summary.cooccurrence]}
    path = _cache_path(dataset)
    if path is not None:
        try:
            files.write_json(path, found)
        except OSError:  # a full or read-only disk: it is computed again next time
            pass
    return found


def _cache_path(dataset: DualDataset) -> Path | None:
    """Returns the file of the cache; None where the hash of the data set is none, or the cache leads elsewhere."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", str(dataset.info.get("hash", ""))):
        return None
    path = dataset.cache_path(NAME)
    try:
        return inside(dataset.folder, path) if path.is_relative_to(dataset.folder) else path
    except CatganError:
        return None


class _Counts:
    """Counts faces by split, source and label."""

    def __init__(self, dataset: DualDataset, report: Report):
        self.labels = [*dataset.spec.columns] + [name for name in map(facs.au_name, dataset.spec.action_units)
                                                 if name not in dataset.spec.columns]
        self.presence = {facs.au_name(number): facs.presence_column(facs.au_name(number))
                         for number in dataset.spec.action_units}
        self.known = {name: dict.fromkeys(SPLITS, 0) for name in [*self.presence.values(), *self.labels]}
        self.shown = {name: dict.fromkeys(SPLITS, 0) for name in self.presence.values()}
        self.sources, self.expressions = dict[str, dict[str, int]](), dict[str, int]()
        done = 0
        for split in SPLITS:
            for path in dataset.shards(split) if dataset.count(split) else ():
                with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
                    names = [name for name in [*self.known, "sources"] if name in file.schema_arrow.names]
                    for batch in file.iter_batches(BATCH_ROWS, columns=names):
                        self._add(split, batch)
                        done += batch.num_rows
                        report(0.5 * done / max(len(dataset), 1), f"{done:,} of {len(dataset):,} faces counted")

    def _add(self, split: str, batch: pa.RecordBatch) -> None:
        for name in self.known:
            if name in batch.schema.names:
                column = batch[name]
                is_known = pc.is_valid(column)
                if pa.types.is_floating(column.type):
                    is_known = pc.and_(is_known, pc.invert(pc.fill_null(pc.is_nan(column), True)))
                self.known[name][split] += pc.sum(is_known).as_py() or 0
                if name in self.shown:
                    self.shown[name][split] += pc.sum(pc.greater(column, 0)).as_py() or 0
        if "expression" in batch.schema.names:
            for counted in pc.value_counts(batch["expression"].drop_null()).to_pylist():
                word = str(counted["values"])
                self.expressions[word] = self.expressions.get(word, 0) + counted["counts"]
        if "sources" in batch.schema.names:
            self._add_sources(split, batch["sources"])

    def _add_sources(self, split: str, column: pa.ListArray) -> None:
        """Counts each face once for each source that annotates it; a source is what stands before the first slash."""
        names = pc.replace_substring_regex(column.flatten(), "(?s)/.*", "").dictionary_encode()
        faces = pc.list_parent_indices(column).to_numpy(zero_copy_only=False).astype(np.int64)
        codes = names.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        words = names.dictionary.to_pylist()
        pairs = np.unique(faces * max(len(words), 1) + codes) % max(len(words), 1)
        for word, count in zip(words, np.bincount(pairs, minlength=len(words)).tolist()):
            self.sources.setdefault(str(word), dict.fromkeys(SPLITS, 0))[split] += count

    def coverage(self) -> list[dict[str, object]]:
        """Returns the labels that any face could have: Action Units, valence, arousal, expression."""
        found: list[dict[str, object]] = [
            {"label": name, "known": self.known[column], "present": self.shown[column], "graded": self.known.get(name)}
            for name, column in self.presence.items()]
        for name in self.labels:
            if not name.startswith("AU"):
                found.append({"label": name, "known": self.known[name], "present": None, "graded": None})
        return found


class _Reported(Summary):
    """A summary that reports its progress."""

    def __init__(self, dataset: DualDataset, report: Report):
        self._report, self._faces, self._done = report, len(dataset), 0
        super().__init__(dataset.folder, dataset.spec.action_units)

    @property
    def both_known(self) -> np.ndarray:
        """Returns the number of faces for which two Action Units are known, int64 `(units, units)`."""
        return self._both

    def _add(self, batch: pa.RecordBatch, names: object, shard: int, first_row: int) -> None:
        self._done += batch.num_rows
        self._report(0.5 + 0.5 * self._done / max(self._faces, 1),
                     f"{self._done:,} of {self._faces:,} faces: valence-arousal and Action Units together")
        super()._add(batch, names, shard, first_row)  # type: ignore[arg-type]
