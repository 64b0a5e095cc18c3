"""Defines what a rater can say of an item in one step, and checks it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catgan import facs
from catgan.errors import CatganError

Value = float | int | str | None
"""Intensity 0..5 of an Action Unit, -1..1 of valence or arousal, or the name of an expression; None = not visible, or
the rater cannot say."""
Sample = tuple[float, float | None, float | None]
"""Seconds in the video, valence, arousal; None = not rated by this pass."""

DIMENSIONS = ("valence", "arousal")
LONGEST = 1e5
"""Seconds; times beyond are no times in a video."""
MOST_SAMPLES = 20_000
"""Largest number of samples of one step."""


@dataclass(frozen=True)
class Change:
    """One step of a rater.

    Args:
        identity: drawn by the sender at random; a step that is sent twice counts once.
        values: new values by label: `AU12`, `valence`, `arousal`, `expression`.
        cleared: labels that are not rated any more.
        frame: number of the frame that is meant, from 0; None for a photograph.
        time: of that frame, in seconds.
        trace: ratings over time, times rising.
    """

    identity: str
    values: Mapping[str, Value] = field(default_factory=dict)
    cleared: Sequence[str] = ()
    frame: int | None = None
    time: float | None = None
    trace: Sequence[Sample] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]{8,64}", self.identity):
            raise CatganError("A step needs an identity of 8 to 64 letters and digits.")
        for name in (*self.values, *self.cleared):
            check_label(name)
        for name, value in self.values.items():
            check_value(name, value)
        if set(self.values) & set(self.cleared):
            raise CatganError(f"A step either sets a label or clears it. Received both: {', '.join(self.cleared)}.")
        if (self.frame is None) != (self.time is None) or self.frame is not None and self.frame < 0:
            raise CatganError(f"A frame has a number from 0 and a time. Received: {self.frame} at {self.time}.")
        if self.frame is not None and (bad := [name for name in self.values if name in DIMENSIONS]):
            raise CatganError(f"In a video, valence and arousal are rated over time. Received for a frame: "
                              f"{', '.join(bad)}.")
        _check_trace(self.trace)

    def labels(self) -> list[str]:
        """Names what it sets and clears, with the frame: `12/AU04`."""
        before = "" if self.frame is None else f"{self.frame}/"
        return [f"{before}{name}" for name in (*self.values, *self.cleared)]

    def to_dict(self) -> dict[str, object]:
        """Returns the parts that say something."""
        found = {"change": self.identity, "set": dict(self.values), "clear": list(self.cleared), "frame": self.frame,
                 "time": self.time, "trace": [list(sample) for sample in self.trace]}
        return {key: value for key, value in found.items() if value not in ({}, [], None)}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> Change:
        """Makes a change from what `to_dict` returned, or from a request.

        Raises:
            CatganError: it is none.
        """
        values, cleared = content.get("set", {}), content.get("clear", [])
        frame, time, trace = content.get("frame"), content.get("time"), content.get("trace", [])
        if not isinstance(values, dict) or not isinstance(cleared, list) or not isinstance(trace, list):
            raise CatganError("A step has 'set' (an object), 'clear' (a list) and 'trace' (a list).")
        if frame is not None and (isinstance(frame, bool) or not isinstance(frame, int)):
            raise CatganError(f"'frame' must be a whole number. Received: {str(frame)[:40]}.")
        return cls(str(content.get("change", "")), {str(name): value for name, value in values.items()},
                   tuple(str(name) for name in cleared), frame,
                   None if time is None else _seconds(time), tuple(_sample(one) for one in trace))


def check_label(name: str) -> None:
    """Raises `CatganError` if a label cannot be rated."""
    if name in (*DIMENSIONS, "expression"):
        return
    if not re.fullmatch(r"AU\d\d", name) or int(name[2:]) not in facs.ACTION_UNITS:
        raise CatganError("A label is an Action Unit such as AU04, valence, arousal or expression. "
                          f"Received: {name[:40]}.")


def check_value(name: str, value: object) -> None:
    """Raises `CatganError` if a label cannot have a value."""
    if value is None:
        return
    if name == "expression":
        if value not in facs.EXPRESSIONS:
            raise CatganError(f"expression must be one of {', '.join(facs.EXPRESSIONS)}. Received: {str(value)[:40]}.")
    elif name in DIMENSIONS:
        _number(name, value)
    elif isinstance(value, bool) or value not in range(6):
        raise CatganError(f"{name} must be 0 (absent) or 1 to 5 (A to E). Received: {str(value)[:40]}.")


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1.0 <= value <= 1.0:
        raise CatganError(f"{name} must be a number in -1..1. Received: {str(value)[:40]}.")
    return round(float(value), 4)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= LONGEST:
        raise CatganError(f"A time must be seconds from 0 to {LONGEST:g}. Received: {str(value)[:40]}.")
    return round(float(value), 4)


def _sample(given: object) -> Sample:
    if not isinstance(given, list) or len(given) != 3:
        raise CatganError(f"A sample is [seconds, valence, arousal]. Received: {str(given)[:60]}.")
    valence, arousal = (None if value is None else _number(name, value) for name, value in zip(DIMENSIONS, given[1:]))
    return _seconds(given[0]), valence, arousal


def _check_trace(trace: Sequence[Sample]) -> None:
    if len(trace) > MOST_SAMPLES:
        raise CatganError(f"A step holds at most {MOST_SAMPLES} samples. Received: {len(trace)}.")
    times = [sample[0] for sample in trace]
    if any(not math.isfinite(time) for time in times) or any(later <= time for time, later in zip(times, times[1:])):
        raise CatganError("The times of samples must rise.")
