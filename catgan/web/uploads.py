"""Receives files: streamed to the folder of the tab, under names that no user has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from catgan.errors import printable
from catgan.web.http import Request
from catgan.web.requests import Refused
from catgan.web.sessions import Session

NAME_HEADER = "x-file-name"
"""Header with the name of the file, percent-encoded. It is shown, and never used as a path."""
MAX_PHOTOGRAPH_BYTES = 50 << 20
MAX_VIDEO_BYTES = 1 << 30
MAX_MODEL_BYTES = 512 << 20
MAX_DISCARDED_BYTES = 1 << 30
"""A file that is too large is read to its end up to this size, since browsers show no answer before that."""
LONGEST_NAME = 80


@dataclass(frozen=True)
class Upload:
    """A received file.

    Args:
        path: where it lies.
        name: its name as the user knows it, for messages alone.
        size: in bytes.
    """

    path: Path
    name: str
    size: int


async def receive(request: Request, session: Session, limit: int, suffix: str = "") -> Upload:
    """Receives the body of a request as a file of the session.

    Args:
        request: its body is the content of the file.
        session: of the tab.
        limit: largest size in bytes, one of `MAX_PHOTOGRAPH_BYTES`, `MAX_VIDEO_BYTES` and `MAX_MODEL_BYTES`.
        suffix: extension of the stored file, such as `.onnx`.

    Raises:
        Refused: an empty file, or one that is too large (413); nothing of it is kept.
    """
    name, size = shown_name(request), 0
    path = session.new_path(suffix)
    try:
        with open(path, "xb") as file:
            async for part in request.stream():
                size += len(part)
                if size <= limit:
                    file.write(part)
                elif size > MAX_DISCARDED_BYTES:
                    break
        if size > limit:
            raise Refused(f"{name} is too large: at most {limit >> 20} MB are taken.", 413)
        if not size:
            raise Refused(f"{name}: empty file.")
    except BaseException:  # also where the browser has gone
        path.unlink(missing_ok=True)
        raise
    session.stored += size
    return Upload(path, name, size)


def shown_name(request: Request) -> str:
    """Returns the name of the sent file for messages: without folders, in one line, not long."""
    name = unquote(request.headers.get(NAME_HEADER, ""), errors="replace").replace("\\", "/").rpartition("/")[2]
    name = " ".join(printable(name).split())
    return (name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}...") or "this file"
