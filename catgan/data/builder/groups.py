"""Groups faces that a split may not divide: of one person, of one video, or near-duplicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.data.builder.merge import Connected, Faces


@dataclass(frozen=True)
class FaceGroups:
    """Holds groups of faces that a split may not divide.

    Args:
        group_of_face: int64 `(faces,)`, numbers of groups, 0 .. n - 1 in the order of their first face.
        names: name of each group: of a person, else of a video, else of its first face.
        subjects: name of each face's person, or None. If a face has two names, both count as one person.
    """

    group_of_face: np.ndarray
    names: list[str]
    subjects: list[str | None]


def face_groups(faces: Faces, persons: np.ndarray, clips: np.ndarray, people: Sequence[str], videos: Sequence[str],
                near_duplicates: Sequence[tuple[int, int]], face_id: Callable[[int], str]) -> FaceGroups:
    """Groups all faces of a person, all frames of a video, and near-duplicates.

    Args:
        faces: faces with their rows.
        persons, clips: int `(rows,)`, numbers of person and video, -1 for none.
        people, videos: names of persons and videos, by number.
        near_duplicates: pairs of rows that look alike but are not one face.
        face_id: returns the name of a face, for groups without a person or a video.
    """
    count = len(faces)
    same_person = Connected(len(people))
    together = Connected(count + len(people) + len(videos))
    first_person = np.full(count, -1, np.int64)
    for row in faces.members:
        face, person, clip = int(faces.of_row[row]), int(persons[row]), int(clips[row])
        if person >= 0:
            if first_person[face] >= 0:
                same_person.join(int(first_person[face]), person)
            else:
                first_person[face] = person
            together.join(face, count + person)
        if clip >= 0:
            together.join(face, count + len(people) + clip)
    for first, second in near_duplicates:
        a, b = int(faces.of_row[first]), int(faces.of_row[second])
        if a >= 0 and b >= 0:
            together.join(a, b)
    roots, group_of_face = np.unique(together.roots()[:count], return_inverse=True)
    return FaceGroups(group_of_face.astype(np.int64), _names(together, roots, count, people, videos, face_id),
                      [None if person < 0 else people[same_person.root(int(person))] for person in first_person])


def _names(together: Connected, roots: np.ndarray, count: int, people: Sequence[str], videos: Sequence[str],
           face_id: Callable[[int], str]) -> list[str]:
    named: dict[int, str] = {}
    for number, name in enumerate((*people, *videos)):  # names of people have precedence
        named.setdefault(together.root(count + number), name)
    return [named.get(int(root)) or face_id(int(root)) for root in roots]
