"""Reads aligned chunks: small columns of all rows into memory, pictures one chunk at a time."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catgan.data.builder.align import THUMBNAIL, Folder
from catgan.data.builder.scan import Log, Rows
from catgan.data.sources.records import Record

Chunk = tuple[int, int]
SAMPLES = 8
FACES_READ = 100
"""Number of faces whose pictures are in memory at a time."""
CHUNKS_KEPT = 4
"""Number of chunks in memory at a time: frames of one video may come from several sources."""


@dataclass(frozen=True)
class Aligned:
    """Holds small columns of all rows, about 33 bytes per row.

    Args:
        usable: bool `(n,)`, True if a face was found.
        eye_distance: float32 `(n,)`, distance between the eyes in pixels.
        hashes: uint64 `(n,)`, perceptual hashes (pHash) of the faces.
        content: uint64 `(n,)`, hash of the file's bytes and of the face in it; 0 for frames of videos, because
            neighbouring frames may be identical to the byte.
        thumbnails: uint8 `(n, 32, 32)`, memory-mapped.
        times: float64 `(n,)`, times of frames in their video files in seconds; NaN for other pictures.
    """

    usable: np.ndarray
    eye_distance: np.ndarray
    hashes: np.ndarray
    content: np.ndarray
    thumbnails: np.ndarray
    times: np.ndarray

    def same(self, file: np.ndarray) -> np.ndarray:
        """Returns uint64 `(n,)` keys, equal for rows with the same face of one file; 0 for rows without a face.

        Args:
            file: uint64 `(n,)`, hash of each row's file and position in it.
        """
        return np.where(self.usable, _mixed(file, self.hashes), np.uint64(0))


@dataclass(frozen=True)
class Unusable:
    """Counts rows without a usable face.

    Args:
        counts: source -> reason -> number of rows.
        samples: reason -> some of the files.
    """

    counts: dict[str, Counter[str]]
    samples: dict[str, list[Path]]

    def add(self, record: Record, reason: str, detail: str, log: Log) -> None:
        """Counts a row, keeps its file as a sample, and writes it to `log`."""
        self.counts[record.source][reason] += 1
        samples = self.samples.setdefault(reason, [])
        if len(samples) < SAMPLES and record.position is None:
            samples.append(record.path)
        log.add({"source": record.source, "path": record.key, "row": record.row, "reason": reason, "detail": detail})

    def reject(self, reason: str, details: Mapping[int, str], rows: Rows, pictures: Aligned, log: Log) -> None:
        """Rejects rows whose face was found, and marks them as not usable in `pictures`.

        Args:
            reason: reason for all of these rows.
            details: row -> details of the reason. Rows without a face are skipped: they already have a reason.
            rows: rows of the scan.
            pictures: columns of the aligned rows; changed in place.
            log: log of rejected rows.
        """
        chosen = [row for row in sorted(details) if pictures.usable[row]]
        for row, record in zip(chosen, rows.records(chosen)):
            self.add(record, reason, details[row], log)
        pictures.usable[chosen] = False
        pictures.content[chosen] = 0


def gather(folder: Folder, chunks: Sequence[Chunk], rows: Rows, log: Log) -> tuple[Aligned, Unusable]:
    """Collects the small columns of all chunks in one pass; rows without a face go to `log`."""
    n = len(rows)
    usable, eyes, times = np.zeros(n, bool), np.zeros(n, np.float32), np.full(n, np.nan)
    hashes, content = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    unusable = Unusable({name: Counter() for name in rows.names}, {})
    side = THUMBNAIL * THUMBNAIL
    path = folder.path / "thumbnails.bin"
    with open(path, "wb") as thumbnails:
        for start, stop in chunks:
            table = pq.read_table(folder.chunk(start), columns=["reason", "detail", "sha256", "phash", "thumbnail",
                                                                "eye_distance", "time"]).to_pylist()
            for index, row in enumerate(table, start):
                thumbnails.write(row["thumbnail"] or bytes(side))
                if row["reason"] is None:
                    usable[index], eyes[index] = True, row["eye_distance"]
                    hashes[index] = int.from_bytes(row["phash"], "big")
                    content[index] = int.from_bytes((row["sha256"] or b"")[:8], "big")
                    times[index] = np.nan if row["time"] is None else row["time"]
            failed = [(index, row) for index, row in enumerate(table, start) if row["reason"] is not None]
            for (_, row), record in zip(failed, rows.records(index for index, _ in failed)):
                unusable.add(record, row["reason"], row["detail"] or "", log)
    content = np.where(content != 0, _mixed(content, hashes), np.uint64(0))
    mapped = np.memmap(path, np.uint8, "r", shape=(n, THUMBNAIL, THUMBNAIL))
    return Aligned(usable, eyes, hashes, content, mapped, times), unusable


def pictures(folder: Folder, chunks: Sequence[Chunk], kept: np.ndarray) -> Iterator[tuple[int, int, pa.Table]]:
    """Yields the pictures of faces, at most `FACES_READ` at a time.

    Args:
        folder: working folder of the build.
        chunks: all chunks, in the order of their rows.
        kept: int64 `(faces,)`, row of each face's picture. Chunks are read again and again if their rows are far apart.

    Yields:
        Number of the first face, one past the last, and their rows.
    """
    starts = np.array([start for start, _ in chunks])
    chunk = functools.lru_cache(maxsize=CHUNKS_KEPT)(lambda start: pq.read_table(folder.chunk(start)))
    for first in range(0, len(kept), FACES_READ):
        rows = kept[first:first + FACES_READ]
        start_of = starts[np.searchsorted(starts, rows, side="right") - 1]
        order = np.argsort(start_of, kind="stable")
        table = pa.concat_tables([chunk(int(start)).take(pa.array(rows[start_of == start] - start))
                                  for start in np.unique(start_of)])
        if (np.diff(order) < 0).any():
            table = table.take(pa.array(np.argsort(order)))
        yield first, first + len(rows), table


def some_pictures(folder: Folder, chunks: Sequence[Chunk], rows: Sequence[int]) -> dict[int, bytes]:
    """Returns row -> PNG for a few rows."""
    wanted = np.unique(np.array(list(rows), np.int64))
    found: dict[int, bytes] = {}
    for first, last, table in pictures(folder, chunks, wanted) if len(wanted) else ():
        found.update(zip(wanted[first:last].tolist(), table["image"].to_pylist()))
    return found


def _mixed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Combines two uint64 arrays into one hash, which is never 0."""
    return (a * np.uint64(0x9E3779B97F4A7C15)) ^ (b * np.uint64(0xC2B2AE3D27D4EB4F)) | np.uint64(1)
