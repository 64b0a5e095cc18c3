"""Options that all parts of `catgan relate` share."""

from __future__ import annotations

from dataclasses import dataclass

from catgan.errors import CatganError


@dataclass(frozen=True)
class RelateOptions:
    """Holds the options.

    Args:
        draws: of the bootstrap over subjects.
        folds: of the cross-validation, which shares no subject between folds.
        seed: of draws and folds.
    """

    draws: int = 1000
    folds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("draws", 20), ("folds", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise CatganError(f"'{name}' must be {least} or more. Received: {getattr(self, name)}.")
