"""Explains what a network of several modalities says about the persons of a photograph or clip, as files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

import catgan
from catgan import files, plots
from catgan.errors import CatganError, DataError
from catgan.explain.people.answer import Finder, PersonInputs, Situation, explain_person
from catgan.explain.people.limits import Limits
from catgan.explain.people.model import FusionModel
from catgan.explain.people.panel import PersonPictures, person_figure
from catgan.explain.people.result import PersonAnswer
from catgan.explain.people.situation import SituationAnswer, situation_answer
from catgan.faces.containers import is_video
from catgan.faces.images import read_image
from catgan.faces.videos import Video
from catgan.metrics.figures import Figures
from catgan.modalities.drawing import draw_views
from catgan.modalities.people import PeopleReader
from catgan.modalities.registry import Reading, get_modality, read_all, stacked
from catgan.modalities.situation_file import SituationFile
from catgan.modalities.views import PersonView
from catgan.system import logger

LONGEST_CLIP = 20.0
"""Seconds of a video that are read."""
ALL = "all"


@dataclass(frozen=True)
class SituationQuestion:
    """Asks what a situation leads one to expect.

    Args:
        store: path of the situational store.
        place: or None for all places.
        when: or None for all times.
        prior: whether the answer is also corrected for the situation.
        now: seconds since 1970 to which observations are decayed; by default the present.
    """

    store: str | os.PathLike
    place: str | None = None
    when: datetime | None = None
    prior: bool = False
    now: float | None = None

    def ask(self, probabilities: Mapping[str, float]) -> SituationAnswer:
        """Compares an answer with what the situation leads one to expect."""
        with SituationFile(self.store) as file:
            return situation_answer(probabilities, file, self.place, self.when, self.prior, self.now)

    def check(self, emotions: Sequence[str]) -> None:
        """Raises `CatganError` for a store, place, time or emotions about which nothing can be said."""
        with SituationFile(self.store) as file:
            counted = file.settings.emotions
        if missing := [name for name in emotions if name not in counted]:
            raise CatganError(f"The store {self.store} counts {', '.join(counted)}. The network also says "
                              f"{', '.join(missing)}, which it must count too. Give a store of the network's emotions.")
        self.ask({name: 1.0 / len(emotions) for name in emotions})


@dataclass(frozen=True)
class ExplainedPerson:
    """Holds the answer about one person of a picture.

    Args:
        name: of the photograph or clip.
        answer: what the network says, and why.
        pictures: what it is shown with.
        box: of the person in the picture: left, top, width and height in pixels; None where it is unknown.
    """

    name: str
    answer: PersonAnswer
    pictures: PersonPictures
    box: tuple[float, float, float, float] | None

    def to_dict(self) -> Figures:
        """Returns the content of `person.json`."""
        return {"picture": self.name, "box": None if self.box is None else [round(edge, 2) for edge in self.box],
                **self.answer.to_dict()}


def read_people_of(path: str | os.PathLike, reader: PeopleReader | None = None) -> list[PersonView]:
    """Finds the persons of a photograph or of the first `LONGEST_CLIP` seconds of a clip.

    Args:
        path: of the photograph or clip.
        reader: an open one; a new one by default.

    Raises:
        CatganError: the file cannot be read, or MediaPipe's files are missing.
        DataError: nobody is in the picture.
    """
    path = Path(path)
    if reader is None:
        with PeopleReader() as opened:
            return read_people_of(path, opened)
    views = reader.clip(_frames(path)) if is_video(path) else reader.photograph(read_image(path))
    if not views:
        raise DataError(f"{path}: nobody was found, neither a face nor a body. Give a photograph or clip that shows "
                        "a person larger than a few dozen pixels.")
    return views


def _frames(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    video = Video(path)
    for frame in video.frames():
        if frame.time > LONGEST_CLIP:
            return
        if frame.picture is not None:
            yield frame.time, frame.picture
    if video.missing:
        logger.warning("%s: %s", path.name, video.missing)


def chosen_people(views: Sequence[PersonView], person: int | str = ALL) -> list[int]:
    """Returns the places of the chosen persons.

    Args:
        views: of one picture.
        person: number as drawn in the picture, from 1, or "all".

    Raises:
        CatganError: there is no such person.
    """
    if person == ALL:
        return list(range(len(views)))
    if not isinstance(person, int) or not 1 <= person <= len(views):
        raise CatganError(f"The picture shows {len(views)} person{'s' if len(views) > 1 else ''}, numbered from 1, the "
                          f"largest first. Received: person {person}.")
    return [person - 1]


def explain_people(model: FusionModel, path: str | os.PathLike, person: int | str = ALL,
                   limits: Limits = Limits(), question: SituationQuestion | None = None,
                   finder: Finder | None = None, views: Sequence[PersonView] | None = None) -> list[ExplainedPerson]:
    """Explains what a network says about the persons of a photograph or clip.

    Args:
        model: the network.
        path: of the photograph or clip.
        person: number as drawn in the picture, from 1, or "all".
        limits: when an answer is not given and a contradiction is said.
        question: of the situation; None asks nothing.
        finder: finds where the evidence lies, such as `FoundEvidence(model)`, which compiles once for all pictures;
            None leaves that out.
        views: of the persons, where they were read already.

    Raises:
        DataError: nobody is in the picture.
        CatganError: another person, an unknown place, or a file that cannot be read.
    """
    found = read_people_of(path) if views is None else list(views)
    name = Path(path).name
    situation: Situation | None = None if question is None else question.ask
    explained = []
    for place in chosen_people(found, person):
        readings = read_all(found[place], model.modalities)
        answer = explain_person(model, person_inputs(readings, model.modalities, place + 1), limits, finder, situation)
        explained.append(ExplainedPerson(name, answer, _pictures(found, place, readings), found[place].box))
    return explained


def person_inputs(readings: Mapping[str, Reading | None], modalities: Sequence[str], number: int = 1) -> PersonInputs:
    """Returns what was read of one person as a network takes it."""
    inputs, available = stacked([readings], modalities)
    known = {name: reading for name, reading in readings.items() if reading is not None}
    return PersonInputs(inputs, {name: bool(mask[0]) for name, mask in available.items()},
                        {name: get_modality(name).title for name in modalities},
                        {name: reading.reliability for name, reading in known.items()},
                        {name: reading.seen for name, reading in known.items()}, number)


def _pictures(views: Sequence[PersonView], place: int, readings: Mapping[str, Reading | None]) -> PersonPictures:
    """Returns the pictures of one person."""
    view = views[place]
    arrays = {name: reading.arrays for name, reading in readings.items() if reading is not None}
    together = [one for one in views if one.picture is view.picture]
    face, posture, gait, context = (arrays.get(name, {}) for name in ("face", "posture", "gait", "context"))
    shown = readings.get("face")
    return PersonPictures(
        None if view.picture is None else draw_views(together), view.box,
        shown.picture if shown is not None and shown.picture is not None else face.get("image"),
        posture.get("joints"), posture.get("known"), gait.get("joints"), gait.get("known"), context.get("image"),
        context.get("seen"), None if view.picture is None else view.picture.shape[:2])


# === Files ===


def save(explained: Sequence[ExplainedPerson], folder: str | os.PathLike, model: str = "") -> None:
    """Writes one answer into `folder`, or several into subfolders with `index.html`.

    Args:
        explained: the answers, one or more.
        folder: is made if needed.
        model: name of the explained network, for the page and the provenance.
    """
    folder = Path(folder)
    names = folder_names(explained)
    for name, one in zip(names, explained):
        where = folder / name if len(explained) > 1 else folder
        mark = {"model": model, "version": catgan.__version__}
        plots.save(person_figure(one.answer, one.pictures, one.name), where / "panel.png", mark)
        files.write_json(where / "person.json", {**one.to_dict(), "provenance": mark})
    if len(explained) > 1:
        files.write_text(folder / "index.html", files.fill_template(
            Path(__file__).with_suffix(".html"), version=catgan.__version__, model=model,
            rows=[{"folder": name, "person": one} for name, one in zip(names, explained)]))


def folder_names(explained: Sequence[ExplainedPerson]) -> list[str]:
    """Returns a folder name for each person: the picture's and the number; repeated ones get a further number."""
    seen: dict[str, int] = {}
    names = []
    for one in explained:
        name = f"{Path(one.name).stem}-person{one.answer.number}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-again{seen[name]}")
    return names
