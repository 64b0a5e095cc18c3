"""Defines `Record`, one annotated image before merging, and `Rejected`, an input that is not used, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)  # not frozen, since frozen objects take three times as long to create, and there are millions
class Record:
    """Holds one annotated image; treated as immutable.

    Args:
        source: name of the source in the recipe.
        key: path of the image below the source's root, with `/`.
        file: the image, or a file with many pictures: a video, or a table of pixels.
        row: `file:line` of the annotation.
        presence: 0 or 1 by FACS number; AUs that are not named are unknown.
        intensity: 0..5 by FACS number.
        valence, arousal: -1..1, or None for unknown.
        expression: a name in `facs.EXPRESSIONS`, or None.
        subject: the person, unique within the source; None if unknown.
        video, frame: the video of a frame, and its number in the annotation.
        position: index of the picture in `file`, from 0; None for a single image.
        box: left, top, width, height in pixels of the face that is meant, if the annotation gives it.
        box_in_shares: whether `box` is in shares of the picture's width and height instead.
        column: the column of `file`, a Parquet table, that holds the picture; else None.
        time: time of the frame in its video in seconds, if the annotation gives it. The time of a frame that is
            decoded from a video file is that of the file.
        official_split: the source's own name for the split of this row.
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
    time: float | None = None

    @property
    def path(self) -> Path:
        """`file` as a path. Text is stored where it is faster for millions of rows."""
        return Path(self.file)

    @property
    def labelled(self) -> bool:
        """Whether any label of this image is known."""
        values = (self.valence, self.arousal, self.expression)
        return bool(self.presence or self.intensity) or any(value is not None for value in values)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Holds one input row that is not in the data set.

    Args:
        source: name of the source in the recipe.
        path: the image as the annotation names it.
        row: `file:line` of the annotation.
        reason: short and stable, for counting.
        detail: explanation for people.
    """

    source: str
    path: str
    row: str
    reason: str
    detail: str = ""
