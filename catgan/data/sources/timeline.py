"""Converts ratings over time to labels of frames: averages raters, corrects their delay, and interpolates.

Raters respond late: the rating at time t + delay describes the frame at time t. Mariooryad & Busso 2015 find delays of
1.5 to 5 s; gold standards called "shifted" are corrected already. The delay is never guessed. It is an option of the
source, 0 by default, and is stated on the card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catgan.data.sources import frames, parsing
from catgan.data.sources.layout import option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

Spans = dict[int, list[tuple[float, float]]]

LONGEST_GAP = 1.0
"""Largest distance of samples, in seconds, across which ratings are interpolated."""
OPTIONS = {"delay": "seconds that raters lag behind the face (default 0)",
           "fps": "frames per second of extracted images; a video has a time for each frame"}


@dataclass(frozen=True)
class Series:
    """Holds one rating over time: strictly rising seconds, and values, both float64 `(n,)`."""

    times: np.ndarray
    values: np.ndarray


def series(samples: Sequence[tuple[float, float]], file: Path) -> Series:
    """Makes a series of `(time, value)`.

    Raises:
        AnnotationError: times do not rise.
    """
    times, values = (np.array(part, np.float64) for part in zip(*samples)) if samples else (np.empty(0), np.empty(0))
    falling = np.flatnonzero(np.diff(times) <= 0)
    if len(falling):
        raise AnnotationError(file, int(falling[0]) + 2, f"time must rise; {times[falling[0]]:g} s is followed by "
                              f"{times[falling[0] + 1]:g} s.")
    return Series(times, values)


def sample(rating: Series, times: np.ndarray, delay: float = 0.0) -> np.ndarray:
    """Interpolates a rating linearly at given times.

    Args:
        rating: one rating.
        times: seconds, `(m,)`.
        delay: delay of the rating in seconds.

    Returns:
        float64 `(m,)`; NaN before the first sample, after the last, and in gaps longer than `LONGEST_GAP`.
    """
    asked = np.asarray(times, np.float64) + delay
    if not len(rating.times):
        return np.full(len(asked), np.nan)
    values = np.interp(asked, rating.times, rating.values, left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(rating.times, asked), 1, max(len(rating.times) - 1, 1))
    if len(rating.times) > 1:
        gaps = np.diff(rating.times)[after - 1]
        exact = np.isin(asked, rating.times)
        values[(gaps > LONGEST_GAP) & ~exact] = np.nan
    return values


def aggregate(ratings: np.ndarray, least: int = 1, centre: bool = False) -> np.ndarray:
    """Averages ratings over raters, `(raters, n)` -> `(n,)`; NaN where fewer than `least` raters have a value.

    Args:
        ratings: one row per rater, NaN where the rater gives no value.
        least: smallest number of raters.
        centre: whether to replace each rater's mean by the mean over all raters.
    """
    known = ~np.isnan(ratings)
    counts = known.sum(0)
    filled = np.where(known, ratings, 0.0)
    if centre:
        means = filled.sum(1) / np.maximum(known.sum(1), 1)
        rated = known.any(1)
        filled = np.where(known, filled - means[:, None] + (means[rated].mean() if rated.any() else 0.0), 0.0)
    means_over_raters = filled.sum(0) / np.maximum(counts, 1)
    return np.where(counts >= max(least, 1), np.clip(means_over_raters, -1.0, 1.0), np.nan)


def frame_times(pictures: frames.Frames, options: Mapping[str, object], default_rate: float,
                end: float) -> dict[int, float]:
    """Returns the time in seconds by frame number.

    Uses the times of a video file, else the numbers of extracted images. If there are neither, it assumes frames until
    `end`.
    """
    rate = option_number(options, "fps", default_rate, 0.1, 1000.0)
    if pictures.video is not None:
        shown = frames.times(pictures.video)
        if "fps" in options:
            shown = np.arange(len(shown)) / rate
        return dict(enumerate(shown.tolist(), pictures.first))
    numbers: Sequence[int] = sorted(pictures.numbered) or range(
        pictures.first, pictures.first + int(max(end, 0.0) * rate) + 1)
    return {number: (number - pictures.first) / rate for number in numbers}


def records(name: str, root: Path, pictures: frames.Frames, ratings: Mapping[str, Sequence[Series]],
            options: Mapping[str, object], default_rate: float, row: str, least: int = 1,
            spans: Spans | None = None, **facts: str | None) -> Iterator[Record | Rejected]:
    """Yields a record for every frame of a video.

    Args:
        name, root: name and folder of the source.
        pictures: the frames of the video.
        ratings: `"valence"` and `"arousal"` -> one series per rater, in -1..1.
        options: options of the recipe: `delay`, `fps`, `centre`, `coded`.
        default_rate: frames per second if nothing else gives them.
        row: prefix of the row names: `row:frame`.
        least: smallest number of raters for a label.
        spans: AU -> start and end in seconds of the times at which it is present; `coded: true` means that it is absent
            at all other times. AUs are coded frame by frame, so no delay applies.
        facts: `subject`, `video`, `official_split`.
    """
    delay = option_number(options, "delay", 0.0)
    ends = [float(one.times[-1]) for many in ratings.values() for one in many if len(one.times)]
    end = max(ends + [stop for many in (spans or {}).values() for _, stop in many], default=0.0)
    if end > 1e5:
        raise CatganError(f"Source '{name}': {row} ends after {end:g} s; times must be seconds.")
    times = frame_times(pictures, options, default_rate, end)
    moments = np.array(list(times.values()), np.float64)
    labels = {}
    for dimension, many in ratings.items():
        rated = np.stack([sample(one, moments, delay) for one in many]) if many else np.full((1, len(moments)), np.nan)
        labels[dimension] = aggregate(rated, least, options.get("centre") is True)
    for index, (number, time) in enumerate(times.items()):
        place = pictures.find(number, root)
        known = {dimension: round(float(values[index]), 6) for dimension, values in labels.items()
                 if not np.isnan(values[index])}
        yield parsing.labelled(Record(
            name, place.key, place.path, f"{row}:{number}", _presence(spans or {}, time, options.get("coded") is True),
            valence=known.get("valence"), arousal=known.get("arousal"), frame=number, position=place.position,
            time=time, **facts))  # type: ignore[arg-type]


def _presence(spans: Spans, time: float, coded: bool) -> dict[int, int]:
    shown = {unit: any(start <= time < stop for start, stop in many) for unit, many in spans.items()}
    return {unit: int(present) for unit, present in shown.items() if present or coded}
