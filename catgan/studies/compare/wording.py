"""Says in plain sentences which differences stand, and how they were measured."""

from __future__ import annotations

from collections.abc import Sequence

from catgan.metrics.figures import Figures
from catgan.studies.compare import names
from catgan.studies.compare.remarks import listed

NAMED = 6
"""Differences that sentences name."""
FEW = 10
"""Subjects below which a report warns."""


def sentences(result: Figures) -> list[str]:
    """Says which differences stand, and which could have been found."""
    if not result["pairs"]:
        return [_alone(result)]
    found = _entries(result, "headline")
    if not found:
        return ["These models share none of the headline figures.", _others(result), *_single(result)]
    standing = sorted((one for one in found if one[2]["stands"]), key=lambda one: one[2]["p"])
    text = [f"{len(standing)} of {len(found)} headline differences stand after Holm's correction "
            f"({_figures(result)}; {_count(len(result['pairs']), 'pair')} of models)."
            if standing else f"None of {len(found)} headline differences stands after Holm's correction "
            f"({_figures(result)}; {_count(len(result['pairs']), 'pair')} of models)."]
    text += [_one(pair, name, entry) for pair, name, entry in standing[:NAMED]]
    if len(standing) > NAMED:
        text.append(f"{len(standing) - NAMED} more stand: see the table.")
    if len(standing) < len(found):
        text.append(_power(found))
    return [*text, _others(result), *_single(result)]


def _single(result: Figures) -> list[str]:
    """Says what one training of a model cannot tell."""
    single = [model["name"] for model in result["models"] if len(model["runs"]) == 1]
    if len(single) == len(result["models"]):
        return ["One training of each model: intervals are over faces alone. Another seed of the training may give "
                "another answer."]
    return [f"One training alone of {listed(single)}: it is taken to vary between seeds as the model that it is "
            "compared with; where that has one training too, intervals are over faces alone."] if single else []


def _alone(result: Figures) -> str:
    model = result["models"][0]
    figures = [f"{names.title(name)} {with_interval(model['figures'][name])}" for name in names.HEADLINE
               if name in model["figures"]]
    return f"One model only, {model['name']}, so there is no difference to tell: {', '.join(figures)}."


def _figures(result: Figures) -> str:
    used = {name for pair in result["pairs"] for name in pair["figures"]}
    return ", ".join(title for name, title in names.HEADLINE.items() if name in used)


def _one(pair: Figures, name: str, entry: Figures) -> str:
    each = [(pair["short"][0], entry["model"]), (pair["short"][1], entry["against"])]
    (better, own), (worse, other) = each if entry["better"] == pair["model"] else each[::-1]
    low, high = sorted(entry["interval"] if entry["difference"] > 0 else [-end for end in entry["interval"]])
    title = names.title(name) + (f", {pair['context']}" if pair["context"] else "")
    return (f"{title[0].upper()}{title[1:]}: {better} {_three(own)}, {worse} {_three(other)}; {better} is better by "
            f"{abs(entry['difference']):.3f} ({low:.3f} to {high:.3f}), {p_text(entry['p_holm'])} after correction.")


def _power(found: Sequence[tuple[Figures, str, Figures]]) -> str:
    """Says which differences would have been found where none stands."""
    unseen = [(entry["detectable"], name) for _, name, entry in found
              if not entry["stands"] and entry["detectable"] is not None]
    if not unseen:
        return "The others cannot be told."
    text = []
    for name in (name for name in names.HEADLINE if any(name == other for _, other in unseen)):
        values = [value for value, other in unseen if other == name]
        low, high = min(values), max(values)
        text.append(f"{_short(low)} in {names.title(name)}" if _short(low) == _short(high) else
                    f"{_short(low)} to {_short(high)} in {names.title(name)}")
    return ("The others may be there and too small to be seen: with these seeds and subjects, a true difference is "
            f"found in 4 of 5 such studies (p < .05, not corrected) from {', '.join(text)}.")


def _others(result: Figures) -> str:
    found = _entries(result, "other")
    stand = sum(entry["stands"] for _, _, entry in found)
    return f"Of {_count(len(found), 'other difference')}, a family of its own, {stand or 'none'} stand."


def _entries(result: Figures, family: str) -> list[tuple[Figures, str, Figures]]:
    return [(pair, name, entry) for pair in result["pairs"] for name, entry in pair["figures"].items()
            if entry["family"] == family]


def protocol(result: Figures) -> str:
    """Says on which faces and how differences were measured."""
    groups = result["groups"]
    text = (f"{result['dataset']}, split {result['split']}: {result['n']:,} faces. {result['compared']} F1 takes the "
            f"threshold of each run, chosen on validation faces. Intervals: 95 %, bootstrap with {result['draws']:,} "
            f"draws of whole {groups['unit']} ({groups['count']:,}), the same for all models.")
    if any(len(model["runs"]) > 1 for model in result["models"]):
        text += (" Seeds: the variance between trainings is added, with Student's t of as few degrees of freedom as "
                 "there are seeds, since draws of so few trainings would give intervals that are too narrow. Pairs "
                 "with the same seeds are compared seed by seed.")
    text += (" p is two-sided. Holm's correction is over all pairs, of headline figures and of all others separately. "
             "An unknown label is left out, never taken for absent.")
    return text + _unknown_subjects(result)


def _unknown_subjects(result: Figures) -> str:
    groups = result["groups"]
    if groups["without_subject"] == result["n"]:
        return (f" The subjects of these faces are unknown, so {groups['unit']} are drawn: where a person has several "
                "of them, intervals are too narrow.")
    if groups["without_subject"]:
        return f" The subject of {groups['without_subject']:,} faces is unknown: each is drawn by its video, or alone."
    return ""


def limits(result: Figures) -> list[str]:
    """Lists what limits the comparison: remarks, labels and runs that are left out."""
    found = [*result["remarks"], *_few_groups(result["groups"])]
    groups: dict[tuple[str, ...], list[str]] = {}
    for pair in result["pairs"]:
        if pair["labels_left_out"]:
            groups.setdefault(tuple(pair["labels_left_out"]), []).append(pair["title"])
    for labels, which in groups.items():
        found.append("Not compared, since only one model reads it or the data set does not know it: "
                     f"{', '.join(labels)} ({listed(which, separator='; ')}).")
    reasons: dict[str, list[str]] = {}
    for one in result.get("left_out_runs", []):
        reasons.setdefault(one["reason"], []).append(one["run"])
    found += [f"Left out, {_count(len(runs), 'run')} ({reason}): {listed(runs)}." for reason, runs in reasons.items()]
    return found + _generators(result)


def _few_groups(groups: Figures) -> list[str]:
    if groups["count"] >= FEW:
        return []
    return [f"Only {groups['count']} {groups['unit']}: intervals are wide, and those of an Action Unit that few of "
            "them show cannot be trusted."]


def _generators(result: Figures) -> list[str]:
    """Says how generated faces were measured, or that they were not."""
    without = [model["name"] for model in result["models"]
               if not any(name.startswith("generated/") for name in model["figures"])]
    if result["judge"] is None:
        return ["Generated faces were not measured: that takes a judge (--judge mediapipe, or a run)."]
    if len(without) == len(result["models"]):
        return ["Generated faces were not measured: no model has a trained generator."]
    text = (f"Generated faces: {result['judge']['n']:,} of each training, asked for the labels of real faces, read by "
            f"{result['judge']['name']}. Intervals of their differences add up those of both models, which is rather "
            "too wide.")
    return [text + (f" Without a trained generator: {', '.join(without)}." if without else "")]


def with_interval(entry: Figures) -> str:
    """Formats a `value` with its `interval`."""
    return _three(entry["value"]) + _brackets(entry["interval"], "")


def signed_interval(entry: Figures) -> str:
    """Formats a `difference` with its `interval`."""
    value = entry["difference"]
    return "-" if value is None else f"{value:+.3f}" + _brackets(entry["interval"], "+")


def p_text(p: float | None) -> str:
    """Formats p: `p = 0.012`, `p < 0.001`."""
    if p is None:
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _brackets(interval: Sequence[float] | None, sign: str) -> str:
    return f" ({interval[0]:{sign}.3f} to {interval[1]:{sign}.3f})" if interval else ""


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _short(value: float) -> str:
    return f"{value:.3f}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
