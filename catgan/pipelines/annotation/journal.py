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
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BufferedRandom
from pathlib import Path

from catgan.errors import CatganError
from catgan.pipelines.annotation.changes import Change
from catgan.pipelines.annotation.ratings import Ratings

_lock = threading.Lock()
MOST_FOLLOWED = 8
"""Number of journals whose content is kept in memory while they are written."""


class Conflict(CatganError):
    """A step that would overwrite what the same rater has said meanwhile in another tab."""


class Content:
    """Holds what a journal says.

    Attributes:
        changes: the steps, in their order; None where a line is damaged.
        item: key of the item, if any line can be read.
        identities: of the steps.
    """

    def __init__(self) -> None:
        self.changes: list[Change | None] = []
        self.item: str | None = None
        self.identities = set[str]()
        self._ratings = Ratings()

    @property
    def revision(self) -> int:
        """Number of lines, which rises with every step."""
        return len(self.changes)

    @property
    def damaged(self) -> int:
        """Number of lines that cannot be read."""
        return sum(change is None for change in self.changes)

    def ratings(self) -> Ratings:
        """Returns what the steps add up to. Not to be changed."""
        return self._ratings

    def add(self, lines: Iterable[bytes]) -> None:
        """Adds the steps of further lines."""
        for line in lines:
            item, change = _parsed(line) or (None, None)
            self.changes.append(change)
            if change is not None:
                self.item = self.item or item
                self.identities.add(change.identity)
                self._ratings.apply(change)

    def copy(self) -> Content:
        """Returns a copy that further lines do not change."""
        other = Content()
        other.changes, other.item, other.identities = list(self.changes), self.item, set(self.identities)
        other._ratings = self._ratings.copy()
        return other


class _Followed:
    """A journal of which only new lines are read, since one of a long video has thousands."""

    def __init__(self) -> None:
        self.content, self.file, self.size = Content(), -1, 0

    def follow(self, file: BufferedRandom) -> Content:
        """Reads the lines that were added; all of them if the file is another one than before."""
        found = os.fstat(file.fileno())
        if found.st_ino != self.file or found.st_size < self.size:
            self.content, self.file, self.size = Content(), found.st_ino, 0
        file.seek(self.size)
        added = file.read()
        self.size += len(added)
        self.content.add(added.splitlines())
        return self.content


_followed = OrderedDict[Path, _Followed]()


def read(path: Path) -> Content:
    """Reads a journal; a file that does not exist is an empty one."""
    content = Content()
    with contextlib.suppress(FileNotFoundError):
        content.add(path.read_bytes().splitlines())
    return content


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
    with _lock, open(path, "a+b") as file, _alone(file.fileno()):
        if not _ends(file):
            _write(file.fileno(), b"\n")  # the next step must not continue a half-written line
        journal = _of(path)
        content = journal.follow(file)
        if change.identity not in content.identities:
            _refuse_conflict(content, change, revision)
            when = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"when": when, **facts, **change.to_dict()}, ensure_ascii=False, allow_nan=False)
            _write(file.fileno(), line.encode() + b"\n")
            content = journal.follow(file)
        return content.copy()


def _of(path: Path) -> _Followed:
    """Returns what is known of a journal; of those that are not used for longest nothing is kept."""
    known = _followed.setdefault(path, _Followed())
    _followed.move_to_end(path)
    if len(_followed) > MOST_FOLLOWED:
        _followed.popitem(last=False)
    return known


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content):]
    os.fsync(file)


def _ends(file: BufferedRandom) -> bool:
    """Returns whether the last line of a file is complete."""
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
