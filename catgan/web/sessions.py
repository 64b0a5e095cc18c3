"""Keeps what each tab of the browser works on, within limits of number, memory and disk."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections import OrderedDict
from pathlib import Path
from typing import Protocol, TypeVar

from catgan.web.http import Request
from catgan.web.requests import Refused

TAB_HEADER = "x-tab"
"""Header with the identity of a tab, which the front end draws at random (`static/api.js`)."""
MAX_TABS = 64
MAX_BYTES = 512 << 20
"""Memory of all tabs together."""
MAX_STORED_BYTES = 4 << 30
"""Disk of all tabs together."""
IDLE_SECONDS = 2 * 60 * 60.0
"""A tab that asks for nothing for this long is forgotten."""


class Part(Protocol):
    """What one page keeps for a tab. It is made without arguments when the tab first needs it."""

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""


State = TypeVar("State", bound=Part)


class Session:
    """Holds what one tab works on.

    Args:
        folder: a folder for its files; made when it is first needed.

    Attributes:
        used: time of the last request, as `time.monotonic`.
        stored: bytes of its files.
    """

    def __init__(self, folder: Path):
        self._folder, self._parts = folder, dict[type, Part]()
        self.used, self.stored = time.monotonic(), 0

    def part(self, kind: type[State]) -> State:
        """Returns the state of a page, which it names by its class."""
        found = self._parts.get(kind)
        if not isinstance(found, kind):
            found = self._parts[kind] = kind()
        return found

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self._parts.values())

    def new_path(self, suffix: str = "") -> Path:
        """Returns the path of a new file, whose name no user has chosen."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return self._folder / f"{secrets.token_hex(8)}{suffix}"

    def remove(self, path: Path | None) -> None:
        """Removes a file that this session has stored; None is nothing to do."""
        if path is not None and path.is_file():
            self.stored -= path.stat().st_size
            path.unlink()

    def close(self) -> None:
        """Forgets everything, and removes the files."""
        self._parts.clear()
        shutil.rmtree(self._folder, ignore_errors=True)


class Sessions:
    """Keeps the sessions of all tabs. Where a limit is passed, those unused for longest are forgotten.

    Args:
        folder: a private folder for files of tabs.
    """

    def __init__(self, folder: Path):
        self._folder, self._all = folder, OrderedDict[str, Session]()

    def of(self, request: Request) -> Session:
        """Returns the session of the tab that sent a request.

        Raises:
            Refused: the request does not name its tab.
        """
        tab = request.headers.get(TAB_HEADER, "")
        if not re.fullmatch(r"[A-Za-z0-9-]{8,64}", tab):
            raise Refused(f"The request must name its tab in the header {TAB_HEADER}. Reload the page.")
        if tab not in self._all:
            self._all[tab] = Session(self._folder / secrets.token_hex(8))
        self._all.move_to_end(tab)
        self._all[tab].used = time.monotonic()
        self.trim()
        return self._all[tab]

    def trim(self) -> None:
        """Forgets idle tabs, and the ones unused for longest until the limits are kept; the last one stays."""
        now = time.monotonic()
        while self._all:
            oldest = next(iter(self._all))
            kept = list(self._all.values())
            over = (len(kept) > MAX_TABS or sum(one.nbytes for one in kept) > MAX_BYTES
                    or sum(one.stored for one in kept) > MAX_STORED_BYTES)
            if not (over and len(kept) > 1 or now - self._all[oldest].used > IDLE_SECONDS):
                return
            self._all.pop(oldest).close()

    def __len__(self) -> int:
        return len(self._all)

    @property
    def nbytes(self) -> int:
        return sum(session.nbytes for session in self._all.values())

    def close(self) -> None:
        """Forgets all tabs."""
        for session in self._all.values():
            session.close()
        self._all.clear()
