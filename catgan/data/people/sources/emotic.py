"""EMOTIC (Kosti, Alvarez, Recasens & Lapedriza 2017, 2019): all 34,320 people of 23,571 photographs, with context.

    ROOT/Annotations.mat, or ROOT/*.csv   as for faces, see `catgan.data.sources.emotic`
    ROOT/mscoco/images/NAME.jpg

    people: true
    sources:
      - {name: emotic, format: emotic, root: EMOTIC, kind: human}

Every person is a row: the box is the body. 26 categories, of which several may be true, and valence, arousal and
dominance, rated 1 to 10, which become (x - 5.5) / 4.5. One person annotated the training images; in validation and test
the authors' combined ratings and categories are used, else the mean of the ratings and the union of the categories.
Categories are unknown where none is named. The raters saw the whole photograph: the label is not of the face alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.people.records import PersonRecord, labelled
from catgan.data.people.sources.categories import BY_SPELLING, CATEGORIES
from catgan.data.sources import emotic
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "26 categories, valence, arousal, dominance, of a person in a scene",
    "NaN, and no category at all; 1..10 becomes -1..1; boxes are bodies, and reach beyond the picture; all persons of "
    "a photograph stay in one split",
    emotic.LAYOUT.terms,
    splits="training, validation, test; of a table as its name says")


def read(name: str, root: Path, options: Mapping[str, object]) -> Iterator[PersonRecord | Rejected]:
    """Yields every person, by split or by table. There are no options."""
    for person in emotic.people(name, root):
        key, path = emotic.place(root, person)
        valence, arousal, dominance = map(emotic.scaled, (person.valence, person.arousal, person.dominance))
        yield labelled(PersonRecord(
            name, key, path, person.row, box=emotic.box_of(person.corners), categories=_categories(person),
            category_names=CATEGORIES, valence=valence, arousal=arousal, dominance=dominance,
            official_split=person.split))


def _categories(person: emotic.Person) -> tuple[str, ...] | None:
    """Returns the person's categories in the order of `CATEGORIES`.

    Raises:
        AnnotationError: a name that is none of them.
    """
    if person.categories is None:
        return None
    unknown = [word for word in person.categories if word.lower() not in BY_SPELLING]
    if unknown:
        raise AnnotationError(person.file, person.line, f"EMOTIC has no category {unknown[0][:40]!r}. It has: "
                              f"{', '.join(sorted(CATEGORIES))}.")
    found = {BY_SPELLING[word.lower()] for word in person.categories}
    return tuple(name for name in CATEGORIES if name in found)
