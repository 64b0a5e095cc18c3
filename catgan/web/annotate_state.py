"""What the page Annotate shows of a project, and how its requests become steps, rules and timings."""

from __future__ import annotations

from collections.abc import Mapping

from catgan.pipelines.annotation.agreement import Timing
from catgan.pipelines.annotation.changes import Change
from catgan.pipelines.annotation.consensus import HOWS, Rule
from catgan.pipelines.annotation.export import LONGEST_DELAY, Options
from catgan.pipelines.annotation.items import Item
from catgan.pipelines.annotation.journal import Conflict, Content
from catgan.pipelines.annotation.project import Project
from catgan.pipelines.annotation.ratings import Ratings
from catgan.web import annotate_media
from catgan.web.requests import Refused, choice_in, number_in, whole_number_in

OTHERS = ("valence", "arousal", "expression")
"""Labels of a photograph beside Action Units."""


def described(project: Project, rater: str | None) -> dict[str, object]:
    """Describes the folder, after looking for new files."""
    project.look()
    return {"folder": project.folder.name, "rater": rater, "raters": project.raters(), "units": list(project.units),
            "items": [{"id": item.identity, "name": item.key, "video": item.video} for item in project.items.values()],
            "skipped": dict(project.skipped)}


def progress(project: Project, rater: str) -> dict[str, object]:
    """Says how far a rater is with each item: of a photograph, labels `rated` `of` how many; of a video, `traced`
    seconds and `frames` with labels."""
    return {"items": {identity: _progress(project, item, project.ratings(item, rater))
                      for identity, item in project.items.items()}}


def _progress(project: Project, item: Item, ratings: Ratings) -> dict[str, object]:
    if item.video:
        return {"traced": round(ratings.traced, 1), "frames": len(ratings.frames)}
    wanted = [*(f"AU{number:02d}" for number in project.units), *OTHERS]
    return {"rated": sum(label in ratings.labels for label in wanted), "of": len(wanted)}


def opened(project: Project, item: Item, rater: str) -> dict[str, object]:
    """Returns what a rater has said of an item, and facts of a video."""
    facts = annotate_media.video_facts(item) if item.video else {}
    return {**said(project, item, project.read(item, rater)), **facts}


def said(project: Project, item: Item, content: Content, traces: bool = True) -> dict[str, object]:
    """Returns the content of a journal, with its progress."""
    ratings = content.ratings().to_dict(traces)
    return {"revision": content.revision, "damaged": content.damaged, **ratings,
            "progress": _progress(project, item, content.ratings())}


def step(project: Project, item: Item, body: Mapping[str, object]) -> dict[str, object]:
    """Saves a step of a rater. `frame` is a number alone: its time is looked up.

    Raises:
        Refused: another tab has changed the same meanwhile (409).
    """
    content = {key: body[key] for key in ("change", "set", "clear", "frame", "trace") if key in body}
    if item.video and isinstance(content.get("frame"), int):
        content["time"] = annotate_media.time_of(item, whole_number_in(body, "frame", 0, 10 ** 9))
    rater, change = str(body.get("rater", "")), Change.from_dict(content)
    try:
        saved = project.rate(item, rater, change, whole_number_in(body, "revision", 0, 10 ** 9))
    except Conflict as error:
        raise Refused(str(error), 409) from None
    return said(project, item, saved, traces=False)


def timing(body: Mapping[str, object]) -> Timing:
    """Makes the timing of a request."""
    return Timing(body.get("align") is True, number_in(body, "smoothing", 0.0, 10.0))


def options(body: Mapping[str, object]) -> Options:
    """Makes the options of an export of a request."""
    rule = Rule(choice_in(body, "intensities", HOWS), choice_in(body, "dimensions", HOWS),
                whole_number_in(body, "least", 1, 100), number_in(body, "intensity_spread", 0.0, 5.0),
                number_in(body, "dimension_spread", 0.0, 2.0))
    return Options(rule, timing(body), number_in(body, "delay", 0.0, LONGEST_DELAY))
