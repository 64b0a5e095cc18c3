"""Options of `catgan compare`."""

from __future__ import annotations

from dataclasses import dataclass

from catgan.errors import CatganError


@dataclass(frozen=True)
class CompareOptions:
    """Holds the options.

    Args:
        by: an axis of the sweep, or a dotted key of the experiments such as `labels.mode`: models that differ in it
            alone are compared. None: all pairs of few models, else every model against the first.
        draws: of the bootstrap over subjects.
        seed: of the draws, and of generated faces.
        judge: `mediapipe`, or a run: measures the faces that generators draw. None: they are not measured.
        judged: generated faces, and real ones, that the judge reads.
    """

    by: str | None = None
    draws: int = 2000
    seed: int = 0
    judge: str | None = None
    judged: int = 2000

    def __post_init__(self) -> None:
        for name, least in (("draws", 100), ("seed", 0), ("judged", 100)):
            if getattr(self, name) < least:
                raise CatganError(f"'{name}' must be {least} or more. Received: {getattr(self, name)}.")
