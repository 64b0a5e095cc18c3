"""Reads single observations of an emotion at a place and a time, and checks them before anything is stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from catgan import facs
from catgan.errors import DataError, unknown_name

MAX_WEIGHT = 1000.0
"""Largest weight of one observation."""
MAX_LENGTH = 200
"""Largest number of characters of a place or an id."""


@dataclass(frozen=True)
class Observation:
    """One observation of an emotion.

    Args:
        place: type of place, for example `street`.
        time: on the clock of the place. Without a zone it is in the zone of this computer.
        emotion: name of an emotion of the store.
        weight: how much it counts, above 0, at most `MAX_WEIGHT`; 1 = one whole observation.
        id: the same for the same observation, so that it counts once however often it is added.
    """

    place: str
    time: datetime
    emotion: str
    weight: float
    id: str


def observation(place: str, time: str | datetime, emotion: str, id: str, emotions: Sequence[str], *,
                weight: float = 1.0, now: datetime | None = None) -> Observation:
    """Checks the parts of an observation and puts them together.

    Args:
        place, time, emotion, weight, id: as in `Observation`; a time may be text, see `parse_time`.
        emotions: names that the store knows.
        now: nothing can be observed after it; by default the present.

    Raises:
        DataError: a part is missing, out of range, in the future or unknown.
    """
    time = parse_time(time) if isinstance(time, str) else time
    if seconds(time) > seconds(now or datetime.now(timezone.utc)):
        raise DataError(f"An observation cannot lie in the future. Received: {time.isoformat()}.")
    if not (math.isfinite(weight) and 0.0 < weight <= MAX_WEIGHT):
        raise DataError(f"A weight must be above 0 and at most {MAX_WEIGHT:g}. Received: {weight}.")
    return Observation(_name("place", place), time, parse_emotion(emotion, emotions), float(weight), _name("id", id))


def parse_time(text: str) -> datetime:
    """Reads a time in ISO 8601 with at least an hour: `2026-05-01T14:30`, `2026-05-01 14:30+02:00`.

    Raises:
        DataError: the text is not such a time.
    """
    try:
        time = datetime.fromisoformat(text.strip())
        seconds(time)
    except (ValueError, OverflowError, OSError):
        time = None
    if time is None or not {"T", " "} & set(text.strip().upper()):
        raise DataError(f"A time must be written as 2026-05-01T14:30, with or without a zone. Received: {text!r}.")
    return time


def parse_emotion(text: str, emotions: Sequence[str]) -> str:
    """Returns the store's name of an emotion; `Happy` is `happiness` where the store has that name.

    Raises:
        CatganError: the store does not know the emotion.
    """
    word = str(text).strip()
    for name in (word, word.lower(), facs.parse_expression(word) if _is_expression(word) else word):
        if name in emotions:
            return name
    raise unknown_name("emotion", word, emotions)


def seconds(time: datetime) -> float:
    """Returns seconds since 1970 in UTC; a time without a zone is in the zone of this computer."""
    return time.timestamp()


def _is_expression(word: str) -> bool:
    try:
        facs.parse_expression(word)
    except ValueError:
        return False
    return True


def _name(kind: str, text: str) -> str:
    """Returns a name without the space around it."""
    name = str(text).strip()
    if not 0 < len(name) <= MAX_LENGTH or not name.isprintable():
        raise DataError(f"Text of 1 to {MAX_LENGTH} printable characters is needed as {kind}. "
                        f"Received: {text!r:.80}.")
    return name
