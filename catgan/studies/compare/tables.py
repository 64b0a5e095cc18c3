"""Tables of the report of `catgan compare`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from catgan.metrics.figures import Figures
from catgan.studies.compare import names
from catgan.studies.compare.wording import p_text, signed_interval, with_interval
from catgan.studies.relate.tables import Sheet

PAIR_COLUMNS = ("model_value", "against_value", "difference", "low", "high", "p", "p_holm", "stands", "better",
                "detectable", "standard_error", "df", "family", "n")


def sheets(result: Figures) -> list[Sheet]:
    """Makes the tables: models, headline differences, and the other differences of each pair."""
    found = [models_sheet(result)]
    if result["pairs"]:
        found.append(headline_sheet(result))
    return found


def details(result: Figures) -> list[Sheet]:
    """Makes the tables of single Action Units and other figures, one for each pair, of one model alone its figures; and
    that of the runs that take no part."""
    found = [Sheet(f"{pair['title']}: other figures", _note(pair),
                   ["figure", pair["short"][0], pair["short"][1], "difference", "p", "p (Holm)", "detectable"],
                   list(_rows(pair, "other"))) for pair in result["pairs"]]
    if not found:
        model = result["models"][0]
        rows = [[names.title(name), with_interval(entry), _number(entry["n"])]
                for name, entry in model["figures"].items() if name not in names.HEADLINE]
        found = [Sheet(f"Other figures of {model['name']}", "95 % intervals.", ["figure", model["name"], "faces"],
                       rows)]
    left_out = [[one["run"], one["reason"]] for one in result["left_out_runs"]]
    return found + ([Sheet("Runs that take no part", "", ["run", "reason"], left_out)] if left_out else [])


def models_sheet(result: Figures) -> Sheet:
    """Makes the table of all models with their headline figures."""
    used = [name for name in names.HEADLINE if any(name in model["figures"] for model in result["models"])]
    rows = [[model["name"], str(len(model["runs"])),
             *(with_interval(model["figures"][name]) if name in model["figures"] else "-" for name in used)]
            for model in result["models"]]
    return Sheet("Models", "Means over trainings, with 95 % intervals over subjects and seeds. Each on all labels that "
                 "it reads.", ["model", "trainings", *(names.HEADLINE[name] for name in used)], rows)


def headline_sheet(result: Figures) -> Sheet:
    """Makes the table of headline differences; those that stand are marked."""
    rows = []
    for pair in result["pairs"]:
        rows += [[pair["title"], *row] for row in _rows(pair, "headline")]
    return Sheet("Headline differences", "Difference: first model less second, with 95 % interval. A star marks those "
                 "that stand after Holm's correction. Detectable: the true difference that 4 of 5 such studies would "
                 "find (p < .05, not corrected).",
                 ["pair", "figure", "first", "second", "difference", "p", "p (Holm)", "detectable"], rows)


def _rows(pair: Figures, family: str) -> Iterator[list[str]]:
    for name, entry in pair["figures"].items():
        if entry["family"] == family:
            star = " *" if entry["stands"] else ""
            yield [names.title(name), _number(entry["model"]), _number(entry["against"]), signed_interval(entry) + star,
                   _p(entry["p"]), _p(entry["p_holm"]), _number(entry["detectable"])]


def _note(pair: Figures) -> str:
    seeds = pair["seeds"]
    text = f"Difference: {pair['model']} less {pair['against']}. Trainings: {seeds['model']} and {seeds['against']}"
    text += ", compared seed by seed." if seeds["paired"] else "."
    if pair["labels_left_out"]:
        text += f" Left out: {', '.join(pair['labels_left_out'])}."
    return text + ("" if pair["graded"] else " One reads intensities, the other presences: F1 and AUC alone.")


def pairs_csv(result: Figures) -> str:
    """Writes one row per pair and figure."""
    rows = [[pair["model"], pair["against"], name, *_cells(entry)]
            for pair in result["pairs"] for name, entry in pair["figures"].items()]
    return _csv(["model", "against", "figure", *PAIR_COLUMNS], rows)


def models_csv(result: Figures) -> str:
    """Writes one row per model and figure."""
    rows = []
    for model in result["models"]:
        for name, entry in model["figures"].items():
            low, high = entry["interval"] or (None, None)
            rows.append([model["name"], name, entry["value"], low, high, len(model["runs"]), entry["n"],
                         " ".join("-" if value is None else f"{value:.6f}" for value in entry["per_seed"])])
    return _csv(["model", "figure", "value", "low", "high", "trainings", "n", "per_training"], rows)


def _cells(entry: Figures) -> list[object]:
    low, high = entry["interval"] or (None, None)
    return [entry["model"], entry["against"], entry["difference"], low, high,
            *(entry[name] for name in PAIR_COLUMNS[5:])]


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _p(value: float | None) -> str:
    return "-" if value is None else p_text(value).removeprefix("p ").removeprefix("= ")
