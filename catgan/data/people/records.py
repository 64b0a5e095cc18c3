"""Defines `PersonRecord`: one annotated person in a photograph or a clip, before anything of the picture is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catgan.data.sources.records import Rejected

Box = tuple[float, float, float, float]
"""Left, top, width and height."""
BoxOf = Literal["body", "face"]


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """Holds one annotated person. None is unknown.

    Args:
        source: name of the source in the recipe.
        key: path of the photograph or clip below the source's root, with `/`.
        file: the photograph; or the clip: a video file, or a folder of its images.
        row: `file:line` of the annotation.
        is_clip: whether `file` is a clip.
        box: of the person who is meant; in a clip, in frame `frame`.
        box_of: what the box surrounds.
        box_in_shares: whether `box` is in shares of the picture's width and height instead of pixels.
        frame: frame of the clip that the row is about. Frames count from 0 in a video; in a folder they are the
            numbers of the images.
        first, last: first and last frame of the clip that have the labels; None for the beginning and the end.
        rate: frames per second of a folder of images.
        expression: a name in `facs.EXPRESSIONS`.
        categories: those that are true of the person; none of them if it is empty.
        category_names: all that the annotators could choose from.
        valence, arousal, dominance: -1..1.
        place: type of place.
        place_time: ISO text, on the clock of the place.
        phrases: adjective-noun pairs.
        subject: the person, unique within the source.
        video: video or film, whose rows stay in one split.
        joints: file of joints that the collection has.
        joints_person: number of the person in `joints`.
        official_split: `training`, `validation` or `test`.
    """

    source: str
    key: str
    file: Path
    row: str
    is_clip: bool = False
    box: Box | None = None
    box_of: BoxOf = "body"
    box_in_shares: bool = False
    frame: int | None = None
    first: int | None = None
    last: int | None = None
    rate: float | None = None
    expression: str | None = None
    categories: tuple[str, ...] | None = None
    category_names: tuple[str, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    dominance: float | None = None
    place: str | None = None
    place_time: str | None = None
    phrases: tuple[str, ...] | None = None
    subject: str | None = None
    video: str | None = None
    joints: Path | None = None
    joints_person: int | None = None
    official_split: str | None = None

    @property
    def labelled(self) -> bool:
        """Whether any label of the person is known."""
        return any(value is not None for value in (self.expression, self.categories, self.valence, self.arousal,
                                                   self.dominance))


def labelled(record: PersonRecord) -> PersonRecord | Rejected:
    """Returns the record, or its rejection if every label is unknown."""
    if record.labelled:
        return record
    return Rejected(record.source, record.key, record.row, "no label", "every label of this row is unknown")
