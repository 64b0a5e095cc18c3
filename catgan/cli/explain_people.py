"""The part of `catgan explain` about networks of several modalities: RUN is then one of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.explain_clips import check_options
from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.explain.people.limits import Limits
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.pipelines.explain_people import ExplainedPerson, SituationQuestion

EPILOG = """people: where RUN reads several modalities, each person of a photograph or clip is explained:
  catgan explain runs/00009-people photo.jpg --out OUT/why
  catgan explain runs/00009-people walk.mp4 --person 1 --out OUT/why --json -
  catgan explain runs/00009-people photo.jpg --situation OUT/situations.db --place street --time 2026-05-01T14:30 \\
      --prior --out OUT/why
Tells the emotion, what each modality (face, posture, gait, surroundings) adds to it, where in it the evidence lies,
which modalities contradict each other, and what the place and time lead one to expect. Without --prior the situation
changes no number; with it, the corrected answer is told beside the other one. "Insufficient evidence" is an answer.
Writes panel.png and person.json; for several persons a folder for each, and index.html. Nobody in the picture is an
error. --limits DATASET chooses on its validation people when no answer is given and a contradiction is said."""
FILES = ("panel.png", "person.json", "index.html")
OTHERS_ONLY = {"target": None, "method": "search", "oracle": None, "model": None, "by": None, "exact": False,
               "over": "auto", "summary": "auto", "regions": False, "without": "", "margin": 0.08, "clip": None,
               "start": None, "face": "0"}
"""Options of other kinds of models, with their defaults."""
PEOPLE_ONLY = {"person": "all", "situation": None, "place": None, "time": None, "prior": False, "limits": None}
"""Options of networks of several modalities, with their defaults."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("people")
    group.add_argument("--person", default="all", metavar="N",
                       help="which person, as numbered in the picture from 1, or 'all' (default: all)")
    group.add_argument("--situation", metavar="STORE", help="a situational store, see 'catgan situation'")
    group.add_argument("--place", help="the type of place, as the store knows it")
    group.add_argument("--time", metavar="T", help="when, for example 2026-05-01T14:30; needs --place")
    group.add_argument("--prior", action="store_true", help="also correct the answer for the situation")
    group.add_argument("--limits", metavar="DATASET", help="a data set of people; its validation split chooses limits")


def run(arguments: argparse.Namespace) -> Result:
    """Explains the persons of photographs and clips, and prints the answers."""
    from catgan.errors import CatganError, Failure, PartialError
    from catgan.explain.people.evidence import FoundEvidence
    from catgan.faces.collection import collect, skipped_line
    from catgan.models.multimodal.model import FusionRecogniser
    from catgan.pipelines.explain_people import explain_people, save

    check_options(arguments, OTHERS_ONLY, "people")
    person, question = _person(arguments.person), _question(arguments)
    model = FusionRecogniser.from_preset(arguments.run_folder)
    if question is not None:
        question.check(model.classes)  # an error is told before a picture is read
    limits, finder = _limits(arguments, model), FoundEvidence(model, model.config.attention)
    found = collect(arguments.images, without=arguments.out)
    explained: list[ExplainedPerson] = []
    failures = list(found.failures)
    for path in found.paths:
        try:
            explained += explain_people(model, path, person, limits, question, finder)
        except CatganError as error:
            failures.append(Failure.of(path, error))
    if explained:
        save(explained, arguments.out, f"{arguments.run_folder} explained")
    _print(explained, arguments.out)
    if found.skipped:
        print(skipped_line(found.skipped))
    result = {"people": [one.to_dict() for one in explained], "failures": [one.to_dict() for one in failures],
              "skipped": dict(found.skipped)}
    if failures:
        raise PartialError(failures, result)
    return result


def _print(explained: Sequence[ExplainedPerson], out: str) -> None:
    for one in explained:
        before = f"{one.name}, person {one.answer.number}: " if len(explained) > 1 else ""
        print(f"{before}{one.answer.sentence()}")
    if explained:
        print(f"{out}: {'index.html' if len(explained) > 1 else 'panel.png and person.json'}")


def _person(text: str) -> int | str:
    from catgan.errors import CatganError

    if text == "all":
        return text
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise CatganError(f"--person takes a number from 1, the largest person, or 'all'. Received: '{text}'.")
    return int(text)


def _question(arguments: argparse.Namespace) -> SituationQuestion | None:
    """Returns the question about the situation; None where no store is given."""
    from catgan.errors import CatganError
    from catgan.modalities.observations import parse_time
    from catgan.pipelines.explain_people import SituationQuestion

    given = [f"--{name}" for name in ("place", "time", "prior") if getattr(arguments, name) not in (None, False)]
    if arguments.situation is None:
        if given:
            raise CatganError(f"{' and '.join(given)} need{'' if len(given) > 1 else 's'} a store of what was observed "
                              "there: --situation STORE.")
        return None
    when = None if arguments.time is None else parse_time(arguments.time)
    return SituationQuestion(arguments.situation, arguments.place, when, arguments.prior)


def _limits(arguments: argparse.Namespace, model: FusionRecogniser) -> Limits:
    """Returns the limits of the preset, or those that a data set chooses."""
    from catgan.explain.people.limits import read_limits
    from catgan.pipelines.people_limits import limits_of_dataset

    if arguments.limits is None:
        return read_limits(arguments.run_folder)
    return limits_of_dataset(model, Path(arguments.limits))
