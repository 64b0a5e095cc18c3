"""Counts the steps of a training and averages their figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import SupportsFloat


@dataclasses.dataclass
class Progress:
    """Holds the progress of a training and the sums of its figures since the last tick; part of every checkpoint.

    Args:
        step: steps done.
        seconds: time they took, of all processes that had a part in this run.
        attempt: number of times that the training was rolled back.
        rate: factor on the scheduled learning rate, which callbacks may change.
        sums, counts: of each reported figure since the last tick.
    """

    step: int = 0
    seconds: float = 0.0
    attempt: int = 0
    rate: float = 1.0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, report: Mapping[str, SupportsFloat]) -> None:
        """Counts one more step."""
        for name, value in report.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
            self.counts[name] = self.counts.get(name, 0) + 1
        self.step += 1

    def means(self) -> dict[str, float]:
        """Returns the mean of each figure over the steps that reported it."""
        return {name: round(self.sums[name] / self.counts[name], 6) for name in sorted(self.sums)}

    def clear(self) -> None:
        """Starts the sums anew."""
        self.sums, self.counts = {}, {}
