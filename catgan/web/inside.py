"""Opens files below a folder that the user gave, and nothing elsewhere: symbolic links that lead out are refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from catgan.errors import printable
from catgan.web.requests import Refused


def inside(root: Path, path: Path) -> Path:
    """Returns the real path of a file or folder below `root`.

    Raises:
        Refused: a symbolic link leads out of `root`.
    """
    real = path.resolve()
    if not real.is_relative_to(root.resolve()):
        raise Refused(f"{printable(path.name)[:80]} is a symbolic link that leads out of the folder {root.name}; it is "
                      "not read.")
    return real


def read_inside(root: Path, path: Path, limit: int) -> bytes:
    """Reads a file below `root`.

    Raises:
        Refused: it leads out of `root`, is missing (404), or is larger than `limit` bytes.
    """
    real = inside(root, path)
    if not real.is_file():
        raise Refused(f"{printable(path.name)[:80]} is not there any more.", 404)
    if real.stat().st_size > limit:
        raise Refused(f"{printable(path.name)[:80]} is larger than {limit >> 20} MB and is not read.")
    return real.read_bytes()


def identity_of(name: str | os.PathLike) -> str:
    """Returns a short name for addresses, which says nothing of the path. It is looked up, never opened."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]


def find_named(identity: str, names: Iterable[str], what: str) -> str:
    """Returns the one of `names` that has this identity.

    Raises:
        Refused: none has (404).
    """
    for name in names:
        if identity_of(name) == identity:
            return name
    raise Refused(f"This {what} is not there any more. Reload the page.", 404)
