"""Measures whether explanations of networks of several modalities are true, on people whose causes are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.explain.people.contradiction import pair_sureness
from catgan.explain.people.limits import SHOWN, contradicting
from catgan.explain.people.shapley import LOG_ODDS, Contributions
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures

DRAWS = 400
"""Draws of the intervals over people."""


def agreement_of_drops(found: Contributions, subjects: Sequence[str], measure: str = LOG_ODDS,
                       draws: int = DRAWS) -> Figures:
    """Compares stated contributions with what the answer loses when the modality is removed.

    Args:
        found: contributions of n people.
        subjects: per row the person, over whom the intervals are.
        measure: `log_odds` or `probability`.
        draws: of the intervals.

    Returns:
        `correlation` over all available modalities of all people (Pearson), `correlation_first` over the modality that
        is named first alone, each with `_interval`; `within`: the share of people with two or more modalities for
        whom the modality that is named first is the one whose removal costs most; and `n`.
    """
    stated, drops, first = found.of(measure), found.drop(measure), found.first
    several = found.available.sum(1) >= 2
    most = np.where(found.available, drops, -np.inf).argmax(1)

    def all_of(rows: np.ndarray) -> float | None:
        used = found.available[rows]
        return correlation(stated[rows][used], drops[rows][used])

    def first_of(rows: np.ndarray) -> float | None:
        kept = rows[first[rows] >= 0]
        return correlation(stated[kept, first[kept]], drops[kept, first[kept]])

    def same(rows: np.ndarray) -> float | None:
        kept = rows[several[rows]]
        return float((most[kept] == first[kept]).mean()) if len(kept) else None

    return _figures({"correlation": all_of, "correlation_first": first_of, "within": same}, subjects, draws)


def correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Computes Pearson's correlation; None of fewer than two numbers or without a spread."""
    if len(first) < 2 or np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def named_first(found: Contributions, causes: Sequence[str] | np.ndarray, subjects: Sequence[str],
                right: np.ndarray | None = None, draws: int = DRAWS) -> Figures:
    """Measures how often the modality that holds the cause is named first, on planted people.

    Args:
        found: contributions of n people.
        causes: per row the name of the modality that alone shows the emotion.
        subjects: per row the person.
        right: bool `(n,)`, whether the answer is right; wrong answers are left out of `named_first`, and are counted.
        draws: of the intervals.

    Returns:
        `named_first` among right answers with its interval, `by_cause` for each cause, `named_first_all` whatever was
        answered, `right`: share of right answers, and `n`.

    Raises:
        CatganError: a cause that is no modality.
    """
    names = [str(cause) for cause in causes]
    if unknown := sorted(set(names) - set(found.modalities)):
        raise CatganError(f"Causes must be modalities: {', '.join(found.modalities)}. Received: {', '.join(unknown)}.")
    wanted = np.array([found.modalities.index(cause) for cause in names], np.int64)
    hit = found.first == wanted
    told = np.ones(len(hit), bool) if right is None else np.asarray(right, bool)

    def share(rows: np.ndarray) -> float | None:
        kept = rows[told[rows]]
        return float(hit[kept].mean()) if len(kept) else None

    result = _figures({"named_first": share, "named_first_all": lambda rows: float(hit[rows].mean()),
                       "right": lambda rows: float(told[rows].mean())}, subjects, draws)
    by_cause = {cause: hit[told & (wanted == found.modalities.index(cause))] for cause in sorted(set(names))}
    return {**result, "by_cause": {cause: {"named_first": float(kept.mean()) if len(kept) else None, "n": len(kept)}
                                   for cause, kept in by_cause.items()}}


def said_contradictions(own: Mapping[str, np.ndarray], available: Mapping[str, np.ndarray],
                        truth: Mapping[str, np.ndarray], threshold: float, subjects: Sequence[str],
                        draws: int = DRAWS) -> Figures:
    """Measures how often a contradiction is said where two modalities show different emotions, and where none do.

    Args:
        own: own probabilities by modality, `(n, k)`.
        available: bool `(n,)` by modality.
        truth: int `(n,)` by `shown_MODALITY`: the place of the emotion that it shows, -1 = none.
        threshold: sureness from which a contradiction is said.
        subjects: per row the person.
        draws: of the intervals.

    Returns:
        `said`: share of people with a contradiction of whom one is said; `right_pair`: of whom one is said between
        modalities that do show different emotions; `right_words`: both with the emotions that they show;
        `false_alarms`: share of people without a contradiction of whom one is said. Each with `_interval` and
        `n_contradicting`, `n_consistent`.
    """
    pairs = pair_sureness(own, available)
    conflict = contradicting(truth, available)
    people = len(conflict)
    any_said, right_pair, right_words = (np.zeros(people, bool) for _ in range(3))
    for (first, second), sure in pairs.items():
        said = (sure >= threshold) & (sure > 0.0)
        any_said |= said
        if SHOWN + first in truth and SHOWN + second in truth:
            shown = truth[SHOWN + first], truth[SHOWN + second]
            apart = said & (shown[0] >= 0) & (shown[1] >= 0) & (shown[0] != shown[1])
            right_pair |= apart
            right_words |= apart & (own[first].argmax(1) == shown[0]) & (own[second].argmax(1) == shown[1])

    def share(flags: np.ndarray, among: np.ndarray, rows: np.ndarray) -> float | None:
        kept = rows[among[rows]]
        return float(flags[kept].mean()) if len(kept) else None

    figures = _figures({"said": lambda rows: share(any_said, conflict, rows),
                        "right_pair": lambda rows: share(right_pair, conflict, rows),
                        "right_words": lambda rows: share(right_words, conflict, rows),
                        "false_alarms": lambda rows: share(any_said, ~conflict, rows)}, subjects, draws)
    return {**figures, "n_contradicting": int(conflict.sum()), "n_consistent": int((~conflict).sum())}


def mass_in_region(attention: np.ndarray, region: np.ndarray, subjects: Sequence[str], draws: int = DRAWS) -> Figures:
    """Measures which share of an attention lies in a planted region.

    Args:
        attention: `(n, side, side)`, 0 or more.
        region: bool `(side, side)`.
        subjects: per row the person.
        draws: of the interval.

    Returns:
        `mass` with its interval, `area`: the share of the picture that the region has, and `n`.
    """
    whole = attention.sum((1, 2))
    share = np.divide(attention[:, region].sum(1), whole, out=np.zeros(len(whole)), where=whole > 0.0)
    return {**_figures({"mass": lambda rows: float(share[rows].mean()) if len(rows) else None}, subjects, draws),
            "area": float(region.mean())}


def _figures(statistics: Mapping[str, object], subjects: Sequence[str], draws: int) -> Figures:
    """Computes each statistic of all rows, with its interval over people."""
    rows, result = np.arange(len(subjects)), Figures()
    for name, statistic in statistics.items():
        assert callable(statistic)
        result[name] = statistic(rows)
        result[f"{name}_interval"] = bootstrap.interval(statistic, subjects, draws)
    return {**result, "n": len(rows)}
