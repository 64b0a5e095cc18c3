"""Says in sentences what `catgan relate` found, and how it was measured."""

from __future__ import annotations

from catgan.metrics.figures import Figures
from catgan.studies.relate.faces import DIMENSIONS, SYSTEMS

LARGEST = 3
"""Coefficients that a sentence names."""
UNSEEN = {"subjects": "people never seen", "videos": "videos never seen", "images": "faces never seen"}
"""Whom cross-validation predicts, by what folds divide."""


def sentences(result: Figures) -> list[str]:
    """Says the main findings, one sentence for each part."""
    parts, unseen = result["parts"], UNSEEN[result["groups"]["unit"]]
    found = [_regression(figures[dimension], dimension, unseen, scale)
             for scale, figures in parts.get("regression", {}).items() for dimension in DIMENSIONS
             if dimension in figures]
    found += [_ranking(figures, scale) for scale, figures in parts.get("profiles", {}).items()]
    found += _classifiers(parts.get("classifiers"))
    if "errors" in parts:
        found.append(_errors(parts["errors"]))
    found += [_consistency(parts["consistency"][dimension], dimension, unseen) for dimension in DIMENSIONS
              if dimension in parts.get("consistency", {})]
    return found


def protocol(result: Figures) -> str:
    """Says on which faces and how the figures were measured, and what intervals draw."""
    groups, known = result["groups"], result["known"]
    counts = ", ".join(f"{known[system]:,} know {title}" for system, title in SYSTEMS.items())
    text = (f"{result['dataset']}, split {result['split']}: {result['n']:,} faces ({counts}). Intervals: 95 %, "
            f"percentile bootstrap with {result['draws']} draws of whole {groups['unit']} ({groups['count']:,}); they "
            f"are not corrected for the number of figures. Cross-validation: {result['folds']} folds without shared "
            f"{groups['unit']}. An unknown label is left out, never taken for absent.")
    missing = groups["without_subject"]
    if missing == result["n"]:
        text += (f" The subjects of these faces are unknown, so {groups['unit']} are drawn: where a person has several "
                 "of them, intervals are too narrow, and people are known to the fits.")
    elif missing:
        text += f" The subject of {missing:,} faces is unknown: each is drawn by its video, or alone."
    return text


def with_interval(figure: Figures, signed: bool = False, digits: int = 3) -> str:
    """Formats a `value` with its `interval`, `-` where it is undefined."""
    value, interval, sign = figure["value"], figure.get("interval"), "+" if signed else ""
    if value is None:
        return "-"
    text = f"{value:{sign}.{digits}f}"
    return text + (f" ({interval[0]:{sign}.{digits}f} to {interval[1]:{sign}.{digits}f})" if interval else "")


def _regression(figures: Figures, dimension: str, unseen: str, scale: str) -> str:
    known = {name: entry for name, entry in figures["coefficients"].items() if entry["value"] is not None}
    largest = sorted(known, key=lambda name: -abs(known[name]["value"]))[:LARGEST]
    named = ", ".join(f"{name} {with_interval(known[name], True)}" for name in largest)
    unit = "one step of intensity" if scale == "intensity" else "an Action Unit that is present"
    return (f"{dimension.capitalize()} from {len(figures['coefficients'])} Action Units ({scale}): R2 "
            f"{with_interval(figures['cross_validated_r2'])} on {unseen} ({figures['n']:,} faces). Largest "
            f"coefficients, for {unit}: {named}.")


def _ranking(figures: Figures, scale: str) -> str:
    ranking = [entry for entry in figures["ranking"] if entry["agreement"] is not None]
    if not ranking:
        return f"Profiles ({scale}) could not be compared with prototype tables."
    first = ranking[0]
    own = {"value": first["agreement"], "interval": first["interval"]}
    text = (f"Profiles of {len(figures['compared']['expressions'])} expressions ({scale}) agree best with the "
            f"prototype table {first['table']}: {with_interval(own, digits=2)}")
    if len(ranking) > 1:
        second = ranking[1]
        behind = {"value": second["behind"], "interval": second["behind_interval"]}
        text += f", ahead of {second['table']} by {with_interval(behind, digits=2)}"
        if second["behind_interval"] and second["behind_interval"][0] <= 0:
            text += ", so that the two are not told apart"
    return text + "."


def _classifiers(figures: Figures | None) -> list[str]:
    if figures is None:
        return []
    titles = {"valence_arousal": "valence and arousal", "action_units": "Action Units", "both": "both together"}
    found = []
    for name, entry in figures["inputs"].items():
        chance = entry["against"]["chance"]["accuracy"]["second"]
        text = (f"{len(entry['classes'])} expressions are told from {titles[name]} with accuracy "
                f"{with_interval(entry['accuracy'])}, by chance {chance:.3f}")
        if name == "valence_arousal" and "action_units" in entry["against"]:
            difference = entry["against"]["action_units"]["accuracy"]
            text += ("; the difference from Action Units on the same faces is "
                     + with_interval({"value": difference["difference"], "interval": difference["interval"]}, True))
        found.append(text + ".")
    return found


def _errors(figures: Figures) -> str:
    text = (f"The run has the right expression of {figures['n']:,} faces with accuracy "
            f"{with_interval(figures['accuracy'])}")
    nearer = figures.get("nearer")
    if nearer and nearer["n"] and nearer["share"]["value"] is not None:
        text += (f"; of {nearer['n']} errors, a share of {with_interval(nearer['share'], digits=2)} concern faces that "
                 "lie where the answered expression is more probable in the plane than the true one (any other "
                 f"expression: {with_interval(nearer['by_chance'], digits=2)})")
    return text + "."


def _consistency(figures: Figures, dimension: str, unseen: str) -> str:
    text = (f"The run's {dimension} follows from its own Action Units with R2 "
            f"{with_interval(figures['model']['cross_validated_r2'])} on {unseen}")
    if "compared" not in figures:
        return f"{text}; it could not be compared with the data: {figures['not_compared']}."
    each = [entry for name, entry in figures["compared"]["coefficients"].items() if name != "intercept"]
    intervals = [entry["difference"]["interval"] for entry in each]
    other = sum(bool(interval) and not interval[0] <= 0 <= interval[1] for interval in intervals)
    return (f"{text}; it agrees with what the data's relation gives from these Action Units with CCC "
            f"{with_interval(figures['compared']['implied'])} (annotations: "
            f"{with_interval(figures['compared']['ccc_of_data'])}), and {other} of {len(each)} coefficients differ "
            "from those of the data.")
