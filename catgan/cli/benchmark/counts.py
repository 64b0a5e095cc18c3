"""Checks of the numbers that several benchmarks take."""

from __future__ import annotations

from catgan.errors import CatganError


def at_least_one(option: str, value: int) -> int:
    """Returns `value`.

    Raises:
        CatganError: it is less than one.
    """
    if value < 1:
        raise CatganError(f"{option} must be 1 or more. Received: {value}.")
    return value
