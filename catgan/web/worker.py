"""Runs functions that block, such as those of models, one after another in one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from catgan.web.requests import Refused

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")

MAX_WAITING = 256
"""Number of functions that may wait; further ones are refused, so that memory stays bounded."""


class Worker:
    """A thread with a queue. MediaPipe and Keras models are used by one thread at a time.

    Args:
        name: of the thread.

    Attributes:
        closed: whether the server ends; long functions look at it now and then, and give up.
    """

    def __init__(self, name: str):
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.waiting, self.closed = 0, False

    async def run(self, function: Callable[Arguments, Value], *args: Arguments.args,
                  **named: Arguments.kwargs) -> Value:
        """Runs a function in the thread, after those that came before.

        Raises:
            Refused: too many wait; or whatever the function raises.
        """
        if self.waiting >= MAX_WAITING:
            raise Refused("The server is busy: too many requests wait. Try again in a moment.", 503)
        self.waiting += 1
        try:
            return await asyncio.wrap_future(self._pool.submit(function, *args, **named))
        finally:
            self.waiting -= 1

    def close(self) -> None:
        """Drops what waits, and ends the thread after the function that runs."""
        self.closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
