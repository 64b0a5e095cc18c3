"""How far a training is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass
class Progress:
    """How far a training is, and what it has to say since the last tick; stored with every checkpoint.

    Args:
        step: steps done.
        seconds: time they took, of all processes that had a part in this run.
        attempt: times that the training was set back to a good state.
        rate: factor on the scheduled learning rate, which callbacks may change.
        sums, counts: of each reported figure since the last tick.
    """

    step: int = 0
    seconds: float = 0.0
    attempt: int = 0
    rate: float = 1.0
    sums: dict[str, float] = dataclasses.field(default_factory=dict)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)

    def add(self, report: Mapping[str, Any]) -> None:
        """Counts one more step."""
        for name, value in report.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
            self.counts[name] = self.counts.get(name, 0) + 1
        self.step += 1

    def means(self) -> dict[str, float]:
        """Mean of each figure over the steps that gave it."""
        return {name: round(self.sums[name] / self.counts[name], 6) for name in sorted(self.sums)}

    def clear(self) -> None:
        self.sums, self.counts = {}, {}
