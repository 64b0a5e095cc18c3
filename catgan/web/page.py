"""The interface that the modules of pages share. `docs/app.md` shows how a page is added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from catgan.web.context import Context
from catgan.web.http import BaseRoute


class Page(Protocol):
    """A module `catgan/web/pages/NAME.py`. It loads nothing heavy when it is imported.

    Beside it belong `static/pages/NAME.js`, which exports `mount(root, app)`, and `static/pages/NAME.css`.
    """

    NAME: str
    """In addresses: the page is at `/NAME`, its requests at `/api/NAME/...`."""
    TITLE: str
    """In the navigation."""
    HELP: str
    """One line that says what the page is for."""

    def usable(self, context: Context) -> bool:
        """Returns whether the navigation shows the page, for example whether a data set was given."""

    def routes(self, context: Context) -> Sequence[BaseRoute]:
        """Returns the requests that the page answers, all below `/api/NAME/`."""
