"""Tables of the report of `catgan relate`, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from catgan import facs
from catgan.metrics.figures import Figures
from catgan.studies.relate.classifiers import INPUTS
from catgan.studies.relate.faces import DIMENSIONS
from catgan.studies.relate.wording import UNSEEN, with_interval


class Sheet(NamedTuple):
    """A table of the report."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def sheets(result: Figures) -> list[Sheet]:
    """Makes the tables of all parts that a result has."""
    parts = result["parts"]
    unseen = UNSEEN[result["groups"]["unit"]]
    found = [_coefficients(figures, scale, unseen) for scale, figures in parts.get("regression", {}).items()]
    if "centroids" in parts:
        found.append(_centroids(parts["centroids"]))
    for scale, figures in parts.get("profiles", {}).items():
        found += [_ranking(figures, scale), _profile(figures, scale)]
    if "classifiers" in parts:
        found += [_classifiers(parts["classifiers"]), _differences(parts["classifiers"])]
    if "errors" in parts:
        found += list(_errors(parts["errors"]))
    found += [_compared(parts["consistency"][dimension]["compared"], dimension) for dimension in DIMENSIONS
              if "compared" in parts.get("consistency", {}).get(dimension, {})]
    return found


def _coefficients(found: Figures, scale: str, unseen: str) -> Sheet:
    dimensions = [name for name in DIMENSIONS if name in found]
    names = list(dict.fromkeys(name for dimension in dimensions for name in found[dimension]["coefficients"]))
    rows = [["intercept", *(with_interval(found[name]["intercept"], True) for name in dimensions)]]
    rows += [[_titled(unit), *(with_interval(found[name]["coefficients"][unit], True)
                               if unit in found[name]["coefficients"] else "-" for name in dimensions)]
             for unit in names]
    rows += [[title, *(with_interval(found[name][key]) if isinstance(found[name][key], dict) else
                       with_interval({"value": found[name][key]}) for name in dimensions)]
             for title, key in ((f"R2 on {unseen}", "cross_validated_r2"), ("R2 on the same faces", "r2"))]
    rows += [[title, *(f"{found[name][key]:,}" for name in dimensions)]
             for title, key in (("faces", "n"), ("subjects, or what is drawn", "groups"))]
    unit = "one step of intensity" if scale == "intensity" else "an Action Unit that is present"
    note = f"Least squares; change for {unit}, the others held."
    note += _left_out({name: found[name]["left_out"] for name in dimensions})
    return Sheet(f"Valence and arousal from Action Units ({scale})", note, ["Action Unit", *dimensions], rows)


def _centroids(found: Figures) -> Sheet:
    rows = [[name, f"{place['n']:,}", *(with_interval({"value": place[key], "interval": place[f"{key}_interval"]}, True)
                                        for key in DIMENSIONS),
             f"{place['ellipse'][0]:.2f} x {place['ellipse'][1]:.2f}, {_axis(place['ellipse'][2])}"]
            for name, place in found.items()]
    return Sheet("Centroids and ellipses of expressions", "Ellipse of one standard deviation: whole axes, and the "
                 "angle of the longer one from the valence axis.", ["expression", "faces", *DIMENSIONS, "ellipse"],
                 rows)


def _axis(angle: float) -> str:
    return f"{(angle + 90) % 180 - 90:+.0f} degrees"


def _ranking(found: Figures, scale: str) -> Sheet:
    rows = [[entry["table"], facs.PROTOTYPES[entry["table"]].citation,
             with_interval({"value": entry["agreement"], "interval": entry["interval"]}),
             with_interval({"value": entry["behind"], "interval": entry["behind_interval"]}),
             ", ".join(f"AU{number}" for number in entry["unseen"]) or "-"] for entry in found["ranking"]]
    rows += [[name, facs.PROTOTYPES[name].citation, "-", reason, "-"] for name, reason in found["unranked"].items()]
    compared = found["compared"]
    note = (f"Agreement: correlation, over {len(compared['expressions'])} expressions "
            f"({', '.join(compared['expressions'])}) and {len(compared['action_units'])} Action Units, between the "
            "profile and the table (belongs 1, optional 0.5, other 0), each Action Unit less its mean over "
            "expressions.")
    return Sheet(f"Prototype tables ({scale})", note, ["table", "source", "agreement", "behind the first",
                                                       "not coded here"], rows)


def _profile(found: Figures, scale: str) -> Sheet:
    rows = [[name, *(_cell(found["profile"][name][unit], found["faces"][name][unit]) for unit in found["action_units"])]
            for name in found["expressions"]]
    return Sheet(f"Profiles of expressions ({scale})",
                 "Mean intensity, 0 to 5." if scale == "intensity" else "Share of faces that show the Action Unit.",
                 ["expression", *found["action_units"]], rows)


def _cell(figure: Figures, count: int) -> str:
    return "-" if figure["value"] is None else f"{figure['value']:.2f} (n {count})" if count < 30 else \
        f"{figure['value']:.2f}"


def _classifiers(found: Figures) -> Sheet:
    rows = []
    for name, entry in found["inputs"].items():
        chance = entry["against"]["chance"]
        rows.append([INPUTS[name], f"{entry['n']:,}", str(len(entry["classes"])), with_interval(entry["accuracy"]),
                     f"{chance['accuracy']['second']:.3f}", with_interval(entry["balanced_accuracy"]),
                     f"{chance['balanced_accuracy']['second']:.3f}"])
    entry = next(iter(found["inputs"].values()))
    note = ("Logistic regression, cross-validated. Valence and arousal enter with squares and product. Chance: the "
            "most frequent expression."
            + (" All on the same faces." if found["same_faces"] else " Each on the faces that know it.")
            + "".join(f" Left out: {name} ({reason})." for name, reason in entry["left_out"].items()))
    return Sheet("Expressions from other labels", note, ["from", "faces", "expressions", "accuracy", "by chance",
                                                         "balanced accuracy", "by chance"], rows)


def _differences(found: Figures) -> Sheet:
    rows = []
    for name, entry in found["inputs"].items():
        for other, figures in entry["against"].items():
            if other == "chance" or list(INPUTS).index(other) > list(INPUTS).index(name):
                rows.append([f"{INPUTS[name]} - {INPUTS.get(other, other)}", *(with_interval(
                    {"value": figures[key]["difference"], "interval": figures[key]["interval"]}, True)
                    for key in ("accuracy", "balanced_accuracy"))])
    return Sheet("Differences of these classifiers", "Paired, on the same faces.",
                 ["difference", "accuracy", "balanced accuracy"], rows)


def _errors(found: Figures) -> Iterator[Sheet]:
    note = f"Accuracy {with_interval(found['accuracy'])}, balanced {with_interval(found['balanced_accuracy'])}."
    if found["left_out"]:
        note += " Classes that the run does not read: " + ", ".join(
            f"{name} ({count} faces)" for name, count in found["left_out"].items()) + "."
    yield Sheet("Largest confusions of the run", note, ["true", "answered", "faces", "share of the true class"],
                [[entry["true"], entry["predicted"], str(entry["count"]), f"{100 * entry['share']:.0f} %"]
                 for entry in found["confusions"]])
    if found["placed_by"]:
        by = "annotated" if found["placed_by"] == "annotation" else "answered"
        note = (f"Faces are placed by their {by} valence and arousal. Rings: up to 0.2, up to 0.5 and further from "
                "neutral.")
        yield Sheet("Accuracy of the run by region of the plane", note, ["region", "faces", "accuracy"],
                    [[name, f"{entry['n']:,}", with_interval({"value": entry["accuracy"],
                                                              "interval": entry["interval"]})]
                     for name, entry in found["regions"].items()])


def _compared(found: Figures, dimension: str) -> Sheet:
    rows = [[_titled(name), *(with_interval(entry[source], True) for source in ("data", "model", "difference"))]
            for name, entry in found["coefficients"].items()]
    return Sheet(f"Consistency: {dimension} from Action Units, run and data",
                 f"Both on the same {found['n']:,} faces. The run's Action Units and {dimension} are its answers.",
                 ["Action Unit", "data", "run", "run - data"], rows)


def _titled(name: str) -> str:
    if name == "intercept":
        return name
    return f"{name} {facs.action_unit(facs.parse_action_unit(name)).name}"


def _left_out(found: Mapping[str, Mapping[str, str]]) -> str:
    """Lists what is left out of each analysis, those with the same reason together."""
    names: dict[str, list[str]] = {}
    for reasons in found.values():
        for name, reason in reasons.items():
            if name not in names.setdefault(reason, []):
                names[reason].append(name)
    return "".join(f" Left out: {', '.join(each)} ({reason})." for reason, each in names.items())
