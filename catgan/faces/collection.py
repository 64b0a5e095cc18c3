"""Paths of a user -> the photographs and videos there, folders searched through, with a count of what was skipped."""

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
"""Files of a folder that end so are listed even where they are damaged, so that this is reported."""
ALREADY_LISTED = "already listed"


@dataclass
class Collection:
    """The photographs and videos that paths name.

    Args:
        paths: of the files, in the order given; those of a folder by their names.
        failures: folders that hold none, or cannot be read.
        skipped: how many files of folders were left out, by the reason.
    """

    paths: list[Path] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def skipped_line(skipped: Counter[str]) -> str:
    """Says what was skipped, for people."""
    return f"skipped {skipped.total()} files: " + ", ".join(f"{count} {reason}"
                                                            for reason, count in skipped.most_common())


def collect(paths: Sequence[str | os.PathLike], without: str | os.PathLike | None = None) -> Collection:
    """Lists photographs and videos.

    Args:
        paths: files, which are taken as they are, and folders, which are searched with all folders in them. Hidden
            files and files that are neither pictures nor videos are skipped there. Links are followed, each folder and
            file once.
        without: a folder to leave out, into which results are written.

    Returns:
        Files that exist or not: reading them says what is wrong with a file that was named.
    """
    found, seen = Collection(), set[str]()
    if without is not None:
        seen.add(os.path.realpath(without))
    for path in paths:
        try:
            _search(path, found, seen)
        except (OSError, ValueError) as error:  # a name that is too long, or holds a null
            reason = getattr(error, "strerror", None) or str(error)
            found.failures.append(Failure(printable(path), f"not a path: {reason}"))
    found.skipped = +found.skipped
    return found


def _search(path: str | os.PathLike, found: Collection, seen: set[str]) -> None:
    if not os.fspath(path):  # an empty variable of a shell, which Path would take for the current folder
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
    """The pictures and videos of a folder and of those in it, by their names."""
    real = os.path.realpath(folder)
    if real in seen:  # links can lead in a circle
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
    """Whether a file of a folder is meant: by its ending, else by its content."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        return False
    return path.suffix.lower() in ENDINGS or _is_picture(path) or is_video(path)


def _is_picture(path: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of very large pictures; reading them says what is wrong
            Image.open(path).close()
        return True
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
