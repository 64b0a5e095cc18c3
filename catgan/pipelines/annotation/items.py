"""Lists the photographs and videos of a folder that can be annotated."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from catgan.errors import CatganError
from catgan.faces.collection import collect
from catgan.faces.containers import is_video
from catgan.files import inside

OUTSIDE = "links that lead out of the folder"
NOT_TEXT = "names that are not UTF-8"


@dataclass(frozen=True)
class Item:
    """A photograph or video.

    Args:
        key: its path below the folder, with `/`.
        path: the file.
        video: whether it is a video.
    """

    key: str
    path: Path
    video: bool

    @property
    def identity(self) -> str:
        """Sixteen hexadecimal digits of the key, for addresses and names of files."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]


def find_items(folder: Path, without: Path) -> tuple[list[Item], Counter[str]]:
    """Finds the photographs and videos of a folder and of the folders in it, sorted by name.

    Args:
        folder: the root. Files to which links lead out of it are left out.
        without: a folder in it that is not searched.

    Returns:
        The items, and how many files were left out, by reason.

    Raises:
        CatganError: the folder does not exist.
    """
    if not folder.is_dir():
        raise CatganError(f"A folder with photographs or videos is needed. Received: {folder}.")
    root = Path(os.path.realpath(folder))
    found, items = collect([root], without), []
    for path in found.paths:
        reason = _unusable(root, path)
        if reason is not None:
            found.skipped[reason] += 1
        else:
            items.append(Item(path.relative_to(root).as_posix(), path, is_video(path)))
    return items, found.skipped


def _unusable(root: Path, path: Path) -> str | None:
    try:
        key = path.relative_to(root).as_posix()
        key.encode()
        inside(root, key)
    except UnicodeEncodeError:
        return NOT_TEXT
    except (CatganError, ValueError):
        return OUTSIDE
    return None
