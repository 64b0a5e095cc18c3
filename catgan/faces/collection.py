"""Lists the photographs and videos in files and folders, and counts the files that were skipped."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from catgan.errors import Failure, printable
from catgan.faces.containers import is_video

ENDINGS = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif",
                     ".avif", ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp", ".flv"})
"""File extensions that are listed from folders even if the file is damaged, so that the damage is reported."""
ALREADY_LISTED = "already listed"


@dataclass
class Collection:
    """Holds the photographs and videos that paths lead to.

    Args:
        paths: the files in the order given; those of a folder sorted by name.
        failures: folders that contain none, or that cannot be read.
        skipped: number of files that were left out of folders, by reason.
    """

    paths: list[Path] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def skipped_line(skipped: Counter[str]) -> str:
    """Describes the skipped files in one line of text."""
    files = "file" if skipped.total() == 1 else "files"
    reasons = ", ".join(f"{count} {reason}" for reason, count in skipped.most_common())
    return f"skipped {skipped.total()} {files}: {reasons}"


def collect(paths: Sequence[str | os.PathLike], without: str | os.PathLike | None = None) -> Collection:
    """Lists photographs and videos.

    Args:
        paths: files, which are listed unchecked, and folders, which are searched recursively. Hidden files and files
            that are neither photographs nor videos are skipped there. Links are followed, each folder and file once.
        without: a folder to leave out, such as the output folder.

    Returns:
        Files that may not exist: reading them reports the problem.
    """
    found, seen = Collection(), set[str]()
    if without is not None:
        seen.add(os.path.realpath(without))
    for path in paths:
        try:
            _search(path, found, seen)
        except (OSError, ValueError) as error:  # a name that is too long, or contains a null byte
            reason = getattr(error, "strerror", None) or str(error)
            found.failures.append(Failure(printable(path), f"not a path: {reason}"))
    found.skipped = +found.skipped
    return found


def _search(path: str | os.PathLike, found: Collection, seen: set[str]) -> None:
    if not os.fspath(path):  # for example an empty shell variable; Path("") would be the current folder
        found.failures.append(Failure("''", "an empty path"))
        return
    if not Path(path).is_dir():
        _add(Path(path), found, seen)
        return
    before = len(found.paths), len(found.failures), found.skipped[ALREADY_LISTED]
    for file in _walk(Path(path), found, seen):
        _add(file, found, seen)
    if before == (len(found.paths), len(found.failures), found.skipped[ALREADY_LISTED]):
        found.failures.append(Failure(printable(path), "a folder without photographs or videos"))


def _add(file: Path, found: Collection, seen: set[str]) -> None:
    real = os.path.realpath(file)
    if real in seen:
        found.skipped[ALREADY_LISTED] += 1
        return
    seen.add(real)
    found.paths.append(file)


def _walk(folder: Path, found: Collection, seen: set[str]) -> Iterator[Path]:
    """Yields the photographs and videos of a folder and its subfolders, sorted by name."""
    real = os.path.realpath(folder)
    if real in seen:  # links can form a cycle
        found.skipped[ALREADY_LISTED] += 1
        return
    seen.add(real)
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        found.failures.append(Failure(printable(folder), f"not readable: {error.strerror}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            found.skipped["hidden"] += 1
        elif entry.is_dir():
            yield from _walk(entry, found, seen)
        elif is_picture_or_video(entry):
            yield entry
        else:
            found.skipped[entry.suffix.lower() or "without an ending"] += 1


def is_picture_or_video(path: Path) -> bool:
    """Returns whether a file is a photograph or video, by its extension, else by its content."""
    if path.exists() and not path.is_file():  # opening a pipe would block
        return False
    return path.suffix.lower() in ENDINGS or _is_picture(path) or is_video(path)


def _is_picture(path: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about very large pictures; reading them reports that
            Image.open(path).close()
        return True
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
