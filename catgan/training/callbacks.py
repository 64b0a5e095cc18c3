"""Callbacks of a training: objects with some of the methods `on_train_begin(logs)`, `on_epoch_end(tick, stats)` and
`on_train_end(logs)`, as Keras callbacks have them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def told(callbacks: Sequence[Any], folder: Path, images: int) -> Iterator[None]:
    """Calls `on_train_begin({"run": folder, "images": faces seen so far})`, and `on_train_end({})` at the end, however
    that comes; each callback that has them."""
    tell(callbacks, "on_train_begin", {"run": str(folder), "images": images})
    try:
        yield
    finally:
        tell(callbacks, "on_train_end", {})


def tell(callbacks: Sequence[Any], method: str, *arguments: Any) -> None:
    """Calls one method of all callbacks that have it."""
    for callback in callbacks:
        if hasattr(callback, method):
            getattr(callback, method)(*arguments)
