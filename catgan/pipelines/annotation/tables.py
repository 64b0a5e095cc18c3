"""Puts the labels of photographs and frames, of all raters, into tables: one row per item, one column per rater."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan import facs
from catgan.pipelines.annotation.changes import Value
from catgan.pipelines.annotation.items import Item
from catgan.pipelines.annotation.project import Project


@dataclass(frozen=True)
class Subject:
    """What labels belong to: a photograph, or a frame of a video.

    Args:
        item: the photograph or video.
        frame: number of the frame; None for a photograph.
        said: labels by rater, of those who have rated any.
    """

    item: Item
    frame: int | None
    said: Mapping[str, Mapping[str, Value]]

    def values(self, label: str) -> list[Value]:
        """Returns what those said who said anything of a label; None = not visible, or cannot say."""
        return [labels[label] for labels in self.said.values() if label in labels]


def subjects_of(project: Project, raters: Sequence[str]) -> list[Subject]:
    """Returns every photograph and frame that has any label, in the order of items and frames."""
    found = []
    for item, ratings in project.all_ratings(raters):
        if not item.video:
            said = {rater: one.labels for rater, one in ratings.items() if one.labels}
            if said:
                found.append(Subject(item, None, said))
            continue
        for frame in sorted({number for one in ratings.values() for number in one.frames}):
            found.append(Subject(item, frame, {rater: one.frames[frame] for rater, one in ratings.items()
                                               if frame in one.frames}))
    return found


def labels_of(subjects: Sequence[Subject]) -> list[str]:
    """Names the labels that anybody has rated: Action Units by number, then valence, arousal, expression."""
    named = {label for subject in subjects for labels in subject.said.values() for label in labels}
    units = sorted(name for name in named if name.startswith("AU"))
    return units + [name for name in ("valence", "arousal", "expression") if name in named]


def table(subjects: Sequence[Subject], label: str, raters: Sequence[str]) -> np.ndarray:
    """Returns the values of a label, float64 `(subjects, raters)`, NaN = unknown; an expression is its number in
    `facs.EXPRESSIONS`."""
    found = np.full((len(subjects), len(raters)), np.nan)
    for row, subject in enumerate(subjects):
        for column, rater in enumerate(raters):
            value = subject.said.get(rater, {}).get(label)
            if value is not None:
                found[row, column] = facs.EXPRESSIONS.index(value) if isinstance(value, str) else value
    return found
