"""Changes of Action Units over time: which, from when to when, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catgan import facs
from catgan.data.schema import Info
from catgan.errors import DataError

DIGITS = 2
"""Decimals of intensities and seconds that answers state. They are rounded before they are drawn."""


@dataclass(frozen=True)
class UnitChange:
    """The change of one Action Unit: a trapezoid in time.

    Args:
        unit: FACS number.
        by: change of intensity in full, -6..5; negative lowers the unit.
        start, end: seconds at which the change begins and is over.
        ramp: seconds in which it grows after `start`, and fades before `end`.
    """

    unit: int
    by: float
    start: float
    end: float
    ramp: float

    def shares(self, times: np.ndarray) -> np.ndarray:
        """Returns how much of the change there is at times in seconds, 0..1, `(t,)`; smooth at both ends."""
        ramp = max(self.ramp, 1e-6)
        share = np.clip(np.minimum((times - self.start) / ramp, (self.end - times) / ramp), 0.0, 1.0)
        return share * share * (3.0 - 2.0 * share)

    def rounded(self) -> UnitChange:
        """Returns the change as it is stated."""
        numbers = (round(value, DIGITS) + 0.0 for value in (self.by, self.start, self.end, self.ramp))
        return UnitChange(self.unit, *numbers)

    def to_dict(self) -> dict[str, object]:
        """Returns the change as JSON holds it."""
        return {"unit": facs.au_name(self.unit), "name": facs.action_unit(self.unit).name.lower(), "by": self.by,
                "start": self.start, "end": self.end, "ramp": self.ramp}

    @classmethod
    def from_dict(cls, content: Info) -> UnitChange:
        """Reads what `to_dict` returned.

        Raises:
            DataError: something else.
        """
        try:
            return cls(facs.parse_action_unit(content["unit"]),
                       *(float(content[name]) for name in ("by", "start", "end", "ramp")))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"This is no change of an Action Unit: {type(error).__name__}: {error}.") from None


@dataclass(frozen=True)
class DrawnChange:
    """What was drawn of the change of one Action Unit, which no face can show less than not at all.

    Args:
        unit: FACS number.
        by: largest difference of intensity, with its sign.
        first, last: seconds between which at least half of it is there.
    """

    unit: int
    by: float
    first: float
    last: float

    def describe(self) -> str:
        """Returns the change in words: `lip corner puller (AU12) is lower by 2.1 from 0.8 s to 2.4 s`."""
        return (f"{facs.action_unit(self.unit).name.lower()} ({facs.au_name(self.unit)}) is "
                f"{'lower' if self.by < 0.0 else 'higher'} by {abs(self.by):.1f} from {self.first:.1f} s to "
                f"{self.last:.1f} s")

    def to_dict(self) -> dict[str, object]:
        """Returns the change as JSON holds it."""
        return {"unit": facs.au_name(self.unit), "by": round(self.by, 4), "from": round(self.first, 4),
                "to": round(self.last, 4)}


def drawn_changes(drawn: np.ndarray, units: Sequence[int], times: np.ndarray) -> tuple[DrawnChange, ...]:
    """Describes the differences that were drawn, `(t, k)`, of units that differ, the largest first."""
    found = []
    for unit, values in zip(units, drawn.T):
        size = np.abs(values)
        if size.any():
            there = times[size >= 0.5 * size.max()]
            found.append(DrawnChange(unit, float(values[size.argmax()]), float(there[0]), float(there[-1])))
    return tuple(sorted(found, key=lambda change: -abs(change.by)))


def differences(changes: Sequence[UnitChange], times: np.ndarray, units: Sequence[int],
                lowest: np.ndarray, highest: np.ndarray) -> np.ndarray:
    """Computes the differences of intensities that a drawer draws, `(t, k)`.

    A unit is lowered no further than `lowest` says, so that a face without it stays as it is.

    Args:
        changes: of different units.
        times: of the frames in seconds, `(t,)`.
        units: FACS numbers, `(k,)`.
        lowest, highest: least and largest difference of each unit in each frame, `(t, k)`.

    Raises:
        DataError: a unit that is not among `units`.
    """
    result = np.zeros((len(times), len(units)))
    for change in changes:
        if change.unit not in units:
            raise DataError(f"{facs.au_name(change.unit)} cannot be drawn. Allowed: "
                            f"{', '.join(map(facs.au_name, units))}.")
        result[:, list(units).index(change.unit)] = change.by * change.shares(times)
    return np.round(np.clip(result, lowest, highest), DIGITS + 2) + 0.0


def sparsity(drawn: np.ndarray, seen: np.ndarray, step: float) -> dict[str, float]:
    """Measures the size of a change.

    Args:
        drawn: differences of intensities, `(t, k)`.
        seen: bool `(t,)`; other frames do not count.
        step: seconds of a frame.

    Returns:
        `action_units`: how many change; `seconds`: in which at least half of the largest change is there;
        `intensity_seconds`: the sum of absolute differences over units and time.
    """
    size = np.abs(drawn[seen])
    total = size.sum(1)
    return {"action_units": int((size.max(0, initial=0.0) > 0.0).sum()),
            "seconds": round(step * int((total >= 0.5 * total.max()).sum()), 4) if size.any() else 0.0,
            "intensity_seconds": round(step * float(total.sum()), 4)}
