"""The part of `catgan predict` about networks of several modalities: RUN is then one of them."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.pipelines.explain_people import ExplainedPerson

EPILOG = """A network of several modalities reads every person of a photograph or clip. --out then has a row per
person: box, the answer ("insufficient evidence" is one), the probability of each emotion, affect with its deviation,
and for each modality whether it was read, its reliability, what it says alone, and what it adds to the log odds of the
answer.
'catgan explain' draws the reasons."""
OTHERS_ONLY = {"interval": None, "rate": None, "seconds": None, "plot": None}


def run(arguments: argparse.Namespace) -> Result:
    """Reads the persons of photographs and clips, and prints or writes a row for each."""
    from catgan.cli.explain_clips import check_options
    from catgan.errors import CatganError, Failure, PartialError
    from catgan.explain.people.limits import read_limits
    from catgan.faces.collection import collect, skipped_line
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.pipelines.explain_people import explain_people
    from catgan.pipelines.people_rows import people_batch, people_row, people_row_schema
    from catgan.pipelines.tables import table_writer

    check_options(arguments, {**OTHERS_ONLY, **({} if arguments.face == "all" else {"face": "0"})}, "every person")
    model, limits = FusionRecogniser.from_preset(arguments.run_folder), read_limits(arguments.run_folder)
    found = collect(arguments.images)
    failures, rows, count = list(found.failures), list[dict[str, object]](), 0
    with contextlib.ExitStack() as stack:
        write = stack.enter_context(table_writer(arguments.out, people_row_schema(model))) if arguments.out else None
        for path in found.paths:
            try:
                people = explain_people(model, path, limits=limits)
            except CatganError as error:
                failures.append(Failure.of(path, error))
                continue
            count += len(people)
            if write is not None:
                write(people_batch(model, people))
            else:
                _print(people)
            if arguments.json:
                rows += [people_row(one) for one in people]
    if arguments.out and count:
        print(f"{arguments.out}: {count} rows, one per person")
    if found.skipped:
        print(skipped_line(found.skipped))
    result = {"predictions": rows, "failures": [one.to_dict() for one in failures], "skipped": dict(found.skipped)}
    if failures:
        raise PartialError(failures, result)
    return result


def _print(people: Sequence[ExplainedPerson]) -> None:
    """Prints a line per person: the answer, probabilities, and what each modality adds."""
    from catgan.explain.people.shapley import LOG_ODDS

    for one in people:
        answer = one.answer
        probabilities = ", ".join(f"{name} {value:.2f}" for name, value in answer.probabilities.items())
        affect = "".join(f"; {name} {value:+.2f} ±{std:.2f}" for name, (value, std) in answer.affect.items())
        adds = ", ".join(f"{part.name} {part.contribution[LOG_ODDS]:+.1f}" for part in answer.ranked) or "nothing read"
        print(f"{one.name}, person {answer.number}: {answer.answer} ({probabilities}{affect}); {adds}")
