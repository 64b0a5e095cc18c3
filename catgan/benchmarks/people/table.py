"""Writes the figures of explanations of people as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.metrics.figures import Figures

GOALS: Mapping[str, float] = {"planted": 0.95, "contradictions": 0.9, "drops": 0.9, "attention": 0.7}
"""What is aimed at, by the part of the result."""
HEAD = ("| what | figure | aimed at | mean of seeds | each seed, with its 95 % interval over people |\n"
        "|---|---|---|---|---|")


def explanations_table(content: Figures) -> str:
    """Returns the table of the result of `docs/benchmarks/people_explanations.py`.

    Args:
        content: `runs` by name, and `planted` by modality and name; see there.
    """
    runs = list(content.get("runs", {}).values())
    rows = [row for part in (_drops(runs), _contradictions(runs), _planted(content), _leaks(content),
                             _attention(content), _sufficiency(runs), _places(runs)) for row in part]
    return "\n".join([HEAD, *rows]) + "\n"


def _row(what: str, figure: str, goal: float | None, found: Sequence[Figures], name: str) -> list[str]:
    """Returns a row, or none where no run has the figure."""
    known = [one for one in found if one.get(name) is not None]
    if not known:
        return []
    each = "; ".join(_with_interval(one, name) for one in known)
    mean = float(np.mean([one[name] for one in known]))
    return [f"| {what} | {figure} | {'' if goal is None else f'{goal:.2f}'} | {mean:.3f} | {each} |"]


def _with_interval(one: Figures, name: str) -> str:
    interval = one.get(f"{name}_interval")
    return f"{one[name]:.3f}" + ("" if interval is None else f" ({interval[0]:.3f}..{interval[1]:.3f})")


def _drops(runs: Sequence[Figures]) -> list[str]:
    found, goal = [one["drops"] for one in runs], GOALS["drops"]
    words = "stated contribution and actual drop"
    return [*_row(words, "correlation, log odds, all modalities", goal, found, "correlation"),
            *_row(words, "correlation, log odds, the modality named first", goal, found, "correlation_first"),
            *_row(words, "correlation, probability", None, [one["probability"] for one in found], "correlation"),
            *_row(words, "named first is what costs most", None, found, "within")]


def _contradictions(runs: Sequence[Figures]) -> list[str]:
    found, goal = [one["contradictions"] for one in runs], GOALS["contradictions"]
    return [*_row("contradictions", "said where there is one", goal, found, "said"),
            *_row("contradictions", "said of the right two", None, found, "right_pair"),
            *_row("contradictions", "with the right emotions", None, found, "right_words"),
            *_row("contradictions", "said where there is none", None, found, "false_alarms")]


def _planted(content: Figures) -> list[str]:
    rows = []
    for cause, runs in content.get("planted", {}).items():
        found = [one["named"] for one in runs.values()]
        rows += _row(f"planted in the {cause}", "named first, right answers", GOALS["planted"], found, "named_first")
        rows += _row(f"planted in the {cause}", "right answers", None, found, "right")
    return rows


def _leaks(content: Figures) -> list[str]:
    rows = []
    for cause, runs in content.get("planted", {}).items():
        for name in sorted({name for one in runs.values() for name in one["leaks"]}):
            found = [one["leaks"][name] for one in runs.values() if name in one["leaks"]]
            chance = float(np.mean([one["chance"] for one in found]))
            rows += _row(f"planted in the {cause}", f"told by the {name} alone (chance {chance:.3f})", None, found,
                         "accuracy")
    return rows


def _attention(content: Figures) -> list[str]:
    planted = content.get("planted", {}).get("face", {}).values()
    rows = []
    for words, runs in (("attention", content.get("runs", {}).values()), ("attention, planted in the face", planted)):
        found = [one["attention"] for one in runs if one.get("attention", {}).get("mass") is not None]
        if found:
            goal, area, mouth = GOALS["attention"], found[0]["area"], found[0]["mouth"]["area"]
            rows += _row(words, f"share inside the face (area {area:.2f})", goal, found, "mass")
            rows += _row(words, f"share in the mouth (area {mouth:.2f})", None, [one["mouth"] for one in found], "mass")
    return rows


def _sufficiency(runs: Sequence[Figures]) -> list[str]:
    found = [one["sufficiency"] for one in runs]
    return [*_row("insufficient evidence", "share who get an answer", None, found, "coverage"),
            *_row("insufficient evidence", "right of the answers", None, found, "right"),
            *_row("insufficient evidence", "right of what is not answered", None, found, "right_without")]


def _places(runs: Sequence[Figures]) -> list[str]:
    found = [one["reversed"] for one in runs if "reversed" in one]
    words = "place contradicts the emotion"
    return [*_row(words, "accuracy", None, found, "accuracy"),
            *_row(words, "accuracy without the surroundings", None, found, "accuracy_without_context"),
            *_row(words, "answer follows the place", None, found, "follows_place"),
            *_row(words, "surroundings named first of these", None, found, "context_named")]
