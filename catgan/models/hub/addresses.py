"""Reads addresses of models on the Hugging Face Hub: `hf://ORGANISATION/NAME` or `hf://ORGANISATION/NAME@REVISION`."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from catgan.errors import ModelError

PREFIX = "hf://"
_PART = r"[\w][\w.-]*"


@dataclass(frozen=True)
class Address:
    """An address of a model.

    Args:
        repository: `ORGANISATION/NAME`.
        revision: branch, tag or commit; None for the newest.
    """

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"@{self.revision}" if self.revision else "")


def is_address(text: str | Path) -> bool:
    """Tells whether a text is meant as an address; a `Path` of one has one slash."""
    return str(text).startswith(PREFIX[:-1])


def parse(text: str | Path) -> Address:
    """Reads an address.

    Raises:
        ModelError: it is none.
    """
    repository, at, revision = str(text).removeprefix(PREFIX[:-1]).lstrip("/").partition("@")
    if not re.fullmatch(rf"{_PART}/{_PART}", repository) or at and not revision:
        raise ModelError(f"An address on the hub is hf://ORGANISATION/NAME or hf://ORGANISATION/NAME@REVISION. "
                         f"Received: {text}.")
    return Address(repository, revision or None)


def endpoint() -> str:
    """Returns the server: that of `HF_ENDPOINT`, which may be set after `huggingface_hub` was imported."""
    return (os.environ.get("HF_ENDPOINT") or load_hub().constants.ENDPOINT).rstrip("/")


@contextlib.contextmanager
def bars_for_people() -> Iterator[None]:
    """Lets `huggingface_hub` show progress bars in a terminal alone."""
    utils = load_hub().utils
    silent = load_hub().constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not sys.stderr.isatty() \
        and not utils.are_progress_bars_disabled()
    if silent:
        utils.disable_progress_bars()
    try:
        yield
    finally:
        if silent:
            utils.enable_progress_bars()


def load_hub() -> ModuleType:
    """Imports `huggingface_hub`.

    Raises:
        ModelError: it is not installed.
    """
    try:
        import huggingface_hub
        # The package itself loads these only when it needs them.
        import huggingface_hub.constants
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError:
        raise ModelError("The Hugging Face Hub needs the package huggingface_hub. Install it with: "
                         "pip install 'catgan[hub]'.") from None
    return huggingface_hub
