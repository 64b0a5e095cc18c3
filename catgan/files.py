"""Files that are whole or absent, and paths that stay inside their root."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path

from catgan.errors import CatganError


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path beside `path` that is renamed to `path` if the block succeeds, removed if it fails.

    The file is flushed to the disk before the rename, so that a power cut leaves the old file or the new one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name's end stays: writers such as Pillow, matplotlib and Keras go by it.
    temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def clear_temporary(folder: str | os.PathLike) -> None:
    """Removes what a killed process left behind of `atomic_path` in `folder` and below."""
    for path in Path(folder).rglob(".*.tmp.*"):
        path.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike, content: bytes) -> None:
    """Writes `content` to `path` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike, content: str) -> None:
    """Writes `content` to `path` as UTF-8, atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: str | os.PathLike, content: object) -> None:
    """Writes `content` to `path` as indented JSON, atomically. NaN is refused: use None for "undefined"."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def path_inside(root: str | os.PathLike, relative: str) -> Path:
    """Joins `relative`, which comes from data, to `root`. Raises `CatganError` as `inside` does."""
    return Path(inside(root, relative))


def inside(root: str | os.PathLike, relative: str) -> str:
    """Joins `relative`, which comes from data, to `root`; a text, since a million paths would take seconds to make.

    Raises:
        CatganError: `relative` is empty, absolute, or leads out of `root` (through `..` or a symbolic link).
    """
    folder, _, name = relative.rpartition("/")
    base, real = _folder_inside(os.fspath(root), folder)
    if len(relative) > 255 and (len(relative) > 2000 or max(map(len, os.fsencode(relative).split(b"/"))) > 255):
        raise CatganError(f"A path in an annotation is longer than file systems allow. Received: {relative[:80]!r}...")
    absolute = relative.startswith("/")
    if real is not None and not absolute and name not in ("", ".", "..") and "\0" not in name and not name.isspace():
        path = f"{base}/{folder}/{name}" if folder else f"{base}/{name}"
        if not os.path.islink(path) or os.path.realpath(path).startswith(os.path.join(base, "")):
            return path
    raise CatganError(f"A path in an annotation must lie inside its root {base}. Received: {relative[:200]!r}.")


@functools.lru_cache(maxsize=4096)
def _folder_inside(root: str, folder: str) -> tuple[str, str | None]:
    """The real root, and the real folder below it; None where that lies outside."""
    base = os.path.realpath(root)
    if "\0" in folder or os.path.isabs(folder):
        return base, None
    real = os.path.realpath(os.path.join(base, folder)) if folder else base
    return base, real if real == base or real.startswith(os.path.join(base, "")) else None


def real_path(path: str) -> str:
    """`os.path.realpath`, which looks at the folders of a million paths only once."""
    folder, name = os.path.split(path)
    if name in ("", ".", "..") or os.path.islink(path):
        return os.path.realpath(path)
    return f"{_real_folder(folder)}/{name}"


@functools.lru_cache(maxsize=4096)
def _real_folder(path: str) -> str:
    return os.path.realpath(path).rstrip("/")
