"""Keeps the steps of one rater on one item in a file to which lines are added and from which none is ever removed.

Each line is a JSON object with item, rater, when it was saved, and `Change`. It is on the disk before the step counts
as saved. So a process that is killed loses nothing that was saved; the rest of a half-written line is skipped and
counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from catgan.errors import CatganError
from catgan.pipelines.annotation.changes import Change
from catgan.pipelines.annotation.ratings import Ratings

_lock = threading.Lock()


class Conflict(CatganError):
    """A step that would overwrite what the same rater has said meanwhile in another tab."""


@dataclass(frozen=True)
class Content:
    """What a journal holds.

    Args:
        changes: the steps, in their order; None where a line is damaged.
        item: key of the item, if any line can be read.
    """

    changes: Sequence[Change | None] = ()
    item: str | None = None

    @property
    def revision(self) -> int:
        """Number of lines, which rises with every step."""
        return len(self.changes)

    @property
    def damaged(self) -> int:
        """Number of lines that cannot be read."""
        return sum(change is None for change in self.changes)

    def ratings(self) -> Ratings:
        """Adds up the steps."""
        return Ratings.of(change for change in self.changes if change is not None)


def read(path: Path) -> Content:
    """Reads a journal; a file that does not exist is an empty one."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return Content()
    found = [_parsed(line) for line in lines]
    return Content([one and one[1] for one in found], next((one[0] for one in found if one), None))


def append(path: Path, change: Change, revision: int, facts: Mapping[str, str]) -> Content:
    """Adds a step to a journal.

    Args:
        path: the journal; made if missing.
        change: the step.
        revision: of the content that its sender has seen.
        facts: of the line: item and rater.

    Returns:
        The content with the step. A step that is there already is not added again.

    Raises:
        Conflict: the step sets what another tab has set since `revision`.
        OSError: the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock, open(path, "a+b", buffering=0) as file, _alone(file.fileno()):
        content = read(path)
        if any(one is not None and one.identity == change.identity for one in content.changes):
            return content
        _refuse_conflict(content, change, revision)
        line = {"when": datetime.now(UTC).isoformat(timespec="milliseconds"), **facts, **change.to_dict()}
        written = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        _write(file.fileno(), (b"" if _ends(path) else b"\n") + written)
    return read(path)


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content):]
    os.fsync(file)


def _ends(path: Path) -> bool:
    """Returns whether the last line of a file is complete."""
    with open(path, "rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


@contextlib.contextmanager
def _alone(file: int) -> Iterator[None]:
    """Keeps other processes out, where the system can; the lock ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows: two servers on one folder are then not kept apart
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _parsed(line: bytes) -> tuple[str, Change] | None:
    try:
        content = json.loads(line)
        return str(content["item"]), Change.from_dict(content)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _refuse_conflict(content: Content, change: Change, revision: int) -> None:
    since = [one for one in content.changes[max(revision, 0):] if one is not None]
    mine = set(change.labels())
    touched = sorted({name for one in since for name in one.labels()} & mine)
    if touched:
        raise Conflict(f"Another tab has changed {', '.join(touched)} meanwhile.")
    if change.trace and any(_overlap(one, change) for one in since):
        raise Conflict(f"Another tab has rated {change.trace[0][0]:.1f} to {change.trace[-1][0]:.1f} s meanwhile.")


def _overlap(one: Change, other: Change) -> bool:
    return bool(one.trace) and one.trace[0][0] < other.trace[-1][0] and other.trace[0][0] < one.trace[-1][0]
