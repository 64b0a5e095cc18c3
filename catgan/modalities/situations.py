"""Says which emotions a place and a time lead one to expect, and whether a prediction agrees with that.

The expected distribution is Dirichlet. The counts of an hour of a weekday at a place have the place over all times as
their prior; the place has all places; all places have equal chances (a hierarchical Dirichlet prior, MacKay & Peto
1995). Nothing here changes a prediction, except `corrected`, which nobody calls unless the user asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from scipy.special import betaincinv, rel_entr

from catgan import random_streams
from catgan.errors import CatganError, unknown_name
from catgan.modalities.situation_file import Cell, SituationFile

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DRAWS = 2000
CONFLICT = 0.25
"""A prediction conflicts with a place if it lies further from the expected distribution, by more than this, than an
equally certain prediction of the best-fitting emotion would."""
VERDICTS = ("agreement", "conflict", "too few observations")


@dataclass(frozen=True)
class Expected:
    """What a place and a time lead one to expect.

    Args:
        place: or None for all places.
        weekday, hour: 0 = Monday and 0..23, or None for all times.
        emotions: names of the `k` emotions.
        alpha: parameters of the Dirichlet posterior `(k,)`, above 0.
        base: expected distribution over all places and times `(k,)`.
        count: observations of this place and time.
        weight: their weight now, after decay.
    """

    place: str | None
    weekday: int | None
    hour: int | None
    emotions: tuple[str, ...]
    alpha: np.ndarray
    base: np.ndarray
    count: int
    weight: float

    @property
    def distribution(self) -> np.ndarray:
        """The expected probability of each emotion `(k,)`."""
        return self.alpha / self.alpha.sum()

    def interval(self, level: float = 0.95) -> np.ndarray:
        """Returns the credible interval of each probability `(2, k)`: lower and upper ends."""
        tail = (1.0 - level) / 2.0
        rest = self.alpha.sum() - self.alpha
        return np.stack([betaincinv(self.alpha, rest, end) for end in (tail, 1.0 - tail)])

    @property
    def situation(self) -> str:
        """The place and the time in words."""
        place = self.place or "all places"
        if self.weekday is None or self.hour is None:
            return f"{place}, all times"
        return f"{place}, {WEEKDAYS[self.weekday]} {self.hour:02d}:00-{self.hour:02d}:59"

    @property
    def counted(self) -> str:
        """The number of observations in words."""
        return f"{self.count} observation{'' if self.count == 1 else 's'}"

    def to_dict(self) -> dict[str, object]:
        """Returns the figures as JSON can hold them."""
        low, high = self.interval()
        return {"place": self.place, "weekday": None if self.weekday is None else WEEKDAYS[self.weekday],
                "hour": self.hour, "count": self.count, "weight": self.weight,
                "expected": {name: {"value": float(value), "low": float(lowest), "high": float(highest)}
                             for name, value, lowest, highest in zip(self.emotions, self.distribution, low, high)}}


@dataclass(frozen=True)
class Agreement:
    """How a prediction compares with what the situation leads one to expect.

    Args:
        verdict: one of `VERDICTS`.
        distance: Jensen-Shannon distance of the two distributions, 0..1.
        interval: 95 % interval of the distance, from the uncertainty of the counts.
        excess: distance beyond that of an equally certain prediction of the best-fitting emotion, 0..1.
        excess_interval: 95 % interval of the excess; the verdict is read from it.
        sentence: the finding in words.
    """

    verdict: str
    distance: float
    interval: tuple[float, float]
    excess: float
    excess_interval: tuple[float, float]
    sentence: str


@dataclass(frozen=True)
class Correction:
    """A prediction without and with the Bayesian correction for the situation, each as probabilities by name."""

    without: dict[str, float]
    with_situation: dict[str, float]


def expected(file: SituationFile, place: str | None = None, when: datetime | None = None, *,
             now: float | None = None) -> Expected:
    """Computes the expected distribution of emotions at a place and a time.

    Args:
        file: an open store.
        place: a place with observations; None for all places.
        when: weekday and hour are used; None for all times.
        now: seconds since 1970 to which observations are decayed; by default the present.

    Raises:
        CatganError: an unknown place, or a time without a place.
    """
    if place is not None and place not in file.places():
        raise unknown_name("place", place, file.places())
    if place is None and when is not None:
        raise CatganError("A time needs a place: hours of different places are not put together.")
    names, prior = file.settings.emotions, file.settings.prior
    levels = [file.cells(time.time() if now is None else now)]
    if place is not None:
        levels.append([cell for cell in levels[0] if cell.place == place])
    if when is not None:
        levels.append([cell for cell in levels[1] if (cell.weekday, cell.hour) == (when.weekday(), when.hour)])
    means = [np.full(len(names), 1.0 / len(names))]
    for level in levels:
        alpha = _weights(level, names) + prior * means[-1]
        means.append(alpha / alpha.sum())
    return Expected(place, when.weekday() if when else None, when.hour if when else None, names, alpha, means[1],
                    sum(cell.count for cell in levels[-1]), sum(cell.weight for cell in levels[-1]))


def agreement(predicted: Mapping[str, float], expected: Expected, *, seed: int = 0) -> Agreement:
    """Compares a prediction with what the situation leads one to expect. The prediction is not changed.

    A place that expects nothing in particular lies far from every certain prediction. So the verdict is read from the
    excess: the distance minus that of the same probabilities with their largest at the emotion that fits the place
    best. With an interval on both sides of `CONFLICT`, there are too few observations to tell.

    Args:
        predicted: probabilities by emotion, with the sum 1.
        expected: see `expected`.
        seed: of the draws from the posterior.

    Raises:
        CatganError: an emotion that the store does not know, or numbers that are not probabilities.
    """
    values = _vector(predicted, expected.emotions)
    draws = random_streams.generator("situation_draws", seed).dirichlet(expected.alpha, DRAWS)
    distance, excess = _distances(values, expected.distribution[None])
    drawn = [np.quantile(part, (0.025, 0.975)) for part in _distances(values, draws)]
    low, high = drawn[1]
    verdict = VERDICTS[1] if low > CONFLICT else VERDICTS[0] if high < CONFLICT else VERDICTS[2]
    return Agreement(verdict, float(distance[0]), _pair(drawn[0]), float(excess[0]), _pair(drawn[1]),
                     _sentence(verdict, expected.emotions[int(values.argmax())], expected))


def corrected(predicted: Mapping[str, float], expected: Expected) -> Correction:
    """Applies the Bayesian correction for a changed prior (Saerens, Latinne & Decaestecker 2002) to a prediction.

    Each probability is multiplied by what the situation expects and divided by what all places together expect. This
    assumes that, for a given emotion, the picture does not depend on the situation. Show the result only where the
    user asked for it, and together with the prediction without it.

    Raises:
        CatganError: as in `agreement`.
    """
    values = _vector(predicted, expected.emotions)
    changed = values * expected.distribution / expected.base
    changed /= changed.sum()
    return Correction({name: float(predicted.get(name, 0.0)) for name in expected.emotions},
                      dict(zip(expected.emotions, changed.tolist())))


def _weights(cells: Sequence[Cell], names: Sequence[str]) -> np.ndarray:
    """Sums the decayed weights by emotion `(k,)`."""
    return np.array([sum(cell.weight for cell in cells if cell.emotion == name) for name in names], np.float64)


def _vector(predicted: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    for name in predicted:
        if name not in names:
            raise unknown_name("emotion", name, names)
    values = np.array([predicted.get(name, 0.0) for name in names], np.float64)
    if not (values >= 0.0).all() or abs(values.sum() - 1.0) > 1e-3:
        raise CatganError(f"A prediction needs probabilities of 0 or more with the sum 1. Received: {dict(predicted)}.")
    return values / values.sum()


def _distances(predicted: np.ndarray, distributions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Computes distance and excess of a prediction `(k,)` for distributions `(n, k)`, each `(n,)`."""
    top = int(predicted.argmax())
    moved = np.tile(predicted, (len(predicted), 1))  # row e has its largest probability at emotion e
    moved[:, top] = predicted
    np.fill_diagonal(moved, predicted[top])
    distances = _jensen_shannon(moved, distributions[:, None])
    return distances[:, top], distances[:, top] - distances.min(axis=1)


def _jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Computes the Jensen-Shannon distance over the last axis, 0..1: the root of the divergence in bits."""
    middle = (p + q) / 2.0
    bits = (rel_entr(p, middle) + rel_entr(q, middle)).sum(-1) / np.log(4.0)
    return np.sqrt(np.clip(bits, 0.0, 1.0))


def _sentence(verdict: str, predicted: str, expected: Expected) -> str:
    place = int(expected.alpha.argmax())
    low, high = expected.interval()[:, place]
    finding = {"agreement": f"{predicted} agrees with that", "conflict": f"{predicted} conflicts with that",
               "too few observations": f"too few observations to tell whether {predicted} agrees"}[verdict]
    return (f"{expected.situation}: {expected.emotions[place]} is expected most "
            f"({expected.distribution[place]:.2f}, 95 % interval {low:.2f}-{high:.2f}, {expected.counted}); "
            f"{finding}.")


def _pair(ends: np.ndarray) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])
