"""Logs messages, shows progress bars, measures the memory of this process, and starts further processes."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Item = TypeVar("Item")

logger = logging.getLogger("catgan")
"""Receives all messages of the library. They are shown only on request: by `logging.basicConfig(level="INFO")`, or by
`verbose=True` of a function that has it."""


@contextlib.contextmanager
def messages_shown(shown: bool = True) -> Iterator[None]:
    """Shows messages of level INFO on stderr, one line each, unless the user has configured logging.

    Args:
        shown: `False` changes nothing.
    """
    if not shown or logger.hasHandlers():
        yield
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    with _handler_added(handler):
        yield


@contextlib.contextmanager
def messages_to(function: Callable[[str], None] | None) -> Iterator[None]:
    """Calls a function with every message of level INFO and above; None changes nothing."""
    if function is None:
        yield
        return
    with _handler_added(_Forward(function)):
        yield


@contextlib.contextmanager
def _handler_added(handler: logging.Handler) -> Iterator[None]:
    """Adds a handler to the logger, and lets messages of level INFO pass."""
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Drops all messages."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


class _Forward(logging.Handler):
    """Calls a function with the text of every message."""

    def __init__(self, function: Callable[[str], None]):
        super().__init__()
        self.function = function

    def emit(self, record: logging.LogRecord) -> None:
        self.function(record.getMessage())


def progress_bar(items: Iterable[Item] | None = None, description: str = "", *, total: int | None = None,
                 unit: str = "it", initial: int = 0, delay: float = 2.0, verbose: bool = True) -> tqdm[Item]:
    """Makes a progress bar on stderr; it is silent if stderr is not a terminal.

    Args:
        items: the items to iterate over; without them, call `update(n)` on the bar.
        description, unit, initial: as in `tqdm`; bytes (unit `B`) are shown as kB and MB.
        total: number of items, if `len(items)` does not give it.
        delay: seconds before the bar is shown.
        verbose: `False` shows no bar.
    """
    return tqdm(  # type: ignore[return-value]
        items, description, total, unit=unit, unit_scale=unit == "B", initial=initial, delay=delay, leave=False,
        disable=not (verbose and sys.stderr.isatty()))


def memory_mb() -> float:
    """Returns the peak resident memory of this process in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Discards everything that is written to file descriptor 2. Python exceptions are raised as usual.

    Only for imports: TensorFlow and MediaPipe write messages there that none of their settings turns off.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def process_pool(workers: int, start: Callable[..., object], *arguments: object) -> ProcessPoolExecutor:
    """Opens a pool of processes that end with this one, even where it is killed and can tell them nothing.

    Args:
        workers: number of processes, 1 or more.
        start: called in each process before its first task, with `arguments`.
    """
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (start, arguments))


def _start_worker(start: Callable[..., object], arguments: tuple[object, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # what it writes is complete or absent, and no task comes any more
