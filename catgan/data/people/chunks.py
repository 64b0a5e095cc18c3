"""Looks at people in several processes, and writes what is found chunk by chunk, so that a build can be continued."""

from __future__ import annotations

import multiprocessing.util
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from catgan import files
from catgan.data.people.columns import people_schema
from catgan.data.people.looking import Work, look
from catgan.errors import CatganError
from catgan.faces.landmarks import without_tensorflow
from catgan.modalities.people import PeopleReader
from catgan.system import process_pool, progress_bar

PHOTOGRAPHS, CLIPS = 50, 8
"""Number of photographs and of clips in a chunk."""
MORE = {"joints_depth": pa.bool_()}
"""Columns beside those of `people_schema`: False where the depth of the joints is unknown, and stored as 0."""
COLUMNS = people_schema(more=MORE)
SEEN = ("image", "landmarks", "eye_distance", "yaw", "pitch", "roll", "sharpness", "inside", "frame", "time",
        "face_known", "joints", "joints_known", "posture_frame", "rate", "context", "context_seen", "body_box",
        "face_box", "joints_depth")
"""Columns of a shard that come from the picture; `image` and `context` are PNG alone in a chunk."""
SCHEMA = pa.schema([("index", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("content", pa.binary()),
                    *((name, pa.binary() if name in ("image", "context") else COLUMNS.field(name).type)
                      for name in SEEN)])

Chunk = tuple[Path, tuple[Work, ...]]


def planned(works: Sequence[Work], folder: Path) -> list[Chunk]:
    """Divides works into chunks, each with its file in `folder`."""
    chunks, current = list[tuple[Work, ...]](), list[Work]()
    for work in works:
        if current and (work.records[0].is_clip != current[0].records[0].is_clip or len(current) >= _most(work)):
            chunks.append(tuple(current))
            current = []
        current.append(work)
    chunks += [tuple(current)] if current else []
    return [(folder / f"{number:06d}.parquet", chunk) for number, chunk in enumerate(chunks)]


def _most(work: Work) -> int:
    return CLIPS if work.records[0].is_clip else PHOTOGRAPHS


def look_at_all(chunks: Sequence[Chunk], size: int, workers: int) -> None:
    """Writes the chunks that are not there. One worker runs in this process.

    Raises:
        CatganError: a model file is missing, the disk is full, or a worker was killed.
    """
    missing = [chunk for chunk in chunks if not chunk[0].is_file()]
    total, left = (sum(_rows(chunk) for chunk in some) for some in (chunks, missing))
    if not missing:
        return
    bar: tqdm[None] = progress_bar(description="look", total=total, initial=total - left, unit="row")
    with bar:
        try:
            for rows in _here(missing, size) if workers == 1 else _processes(missing, size, workers):
                bar.update(rows)
        except BrokenProcessPool:
            raise CatganError("A worker process was killed, perhaps for want of memory. Run the same command again: it "
                              "goes on where it stopped; --workers makes fewer of them.") from None


def _rows(chunk: Chunk) -> int:
    return sum(len(work.indices) for work in chunk[1])


def _here(chunks: Sequence[Chunk], size: int) -> Iterator[int]:
    with PeopleReader() as reader:
        for chunk in chunks:
            yield write_chunk(chunk, size, reader)


def _processes(chunks: Sequence[Chunk], size: int, workers: int) -> Iterator[int]:
    pool = process_pool(min(workers, len(chunks)), _start)
    waiting = set()
    try:
        for chunk in chunks:
            waiting.add(pool.submit(_in_worker, chunk, size))
            if len(waiting) >= 4 * workers:  # keeps the queue short
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (job.result() for job in done)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (job.result() for job in done)
    finally:
        pool.shutdown(cancel_futures=True)


_reader: PeopleReader | None = None


def _start() -> None:
    """Opens the readers of a worker process."""
    global _reader
    without_tensorflow()
    cv2.setNumThreads(1)
    _reader = PeopleReader()
    # MediaPipe needs one of the worker's threads to close, so it must be closed before they end.
    multiprocessing.util.Finalize(None, _reader.close, exitpriority=1)


def _in_worker(chunk: Chunk, size: int) -> int:
    if _reader is None:
        raise RuntimeError("_start has not run in this process")
    return write_chunk(chunk, size, _reader)


def write_chunk(chunk: Chunk, size: int, reader: PeopleReader) -> int:
    """Looks at the people of a chunk, writes its file atomically, and returns the number of rows."""
    path, works = chunk
    rows = [row for work in works for row in look(work, reader, size)]
    with files.atomic_path(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), temporary, compression="none", use_dictionary=False)
    return len(rows)
