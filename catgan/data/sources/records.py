"""Record: one annotated image before merging. Rejected: one input that was not used, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)  # not frozen, which takes three times as long to make: there are millions
class Record:
    """One annotated image; nobody changes it.

    Args:
        source: name of the source in the recipe.
        key: path of the image below the source's root, with `/`.
        file: the image, or a file that holds many pictures: a video, or a table of pixels.
        row: `file:line` of the annotation.
        presence: 0 or 1 per FACS number; an AU that is not named is unknown.
        intensity: 0..5 per FACS number.
        valence, arousal: -1..1, or None for unknown.
        expression: a name in `facs.EXPRESSIONS`, or None.
        subject: who it is, unique within the source; None where nobody knows.
        video, frame: where a frame comes from; the number is that of the annotation.
        position: which picture of `file`, from 0; None where it is one image.
        box: left, top, width, height in pixels, where the annotation says which face is meant.
        box_in_shares: whether `box` is in shares of the picture's width and height instead.
        column: the column of `file`, a Parquet table, that holds the picture; None elsewhere.
        official_split: the source's own word for the split of this row.
    """

    source: str
    key: str
    file: str | Path
    row: str
    presence: Mapping[int, int] = field(default_factory=dict)
    intensity: Mapping[int, float] = field(default_factory=dict)
    valence: float | None = None
    arousal: float | None = None
    expression: str | None = None
    subject: str | None = None
    video: str | None = None
    frame: int | None = None
    position: int | None = None
    box: tuple[float, float, float, float] | None = None
    official_split: str | None = None
    box_in_shares: bool = False
    column: str | None = None

    @property
    def path(self) -> Path:
        """`file` as a path. A text is enough where a million rows pass by."""
        return Path(self.file)

    @property
    def labelled(self) -> bool:
        """Whether anything is known of this image."""
        values = (self.valence, self.arousal, self.expression)
        return bool(self.presence or self.intensity) or any(value is not None for value in values)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One input row that is not in the data set.

    Args:
        source: name of the source in the recipe.
        path: the image as the annotation names it.
        row: `file:line` of the annotation.
        reason: short and stable, for counting.
        detail: for people.
    """

    source: str
    path: str
    row: str
    reason: str
    detail: str = ""
