"""EMOTIC (Kosti, Alvarez, Recasens & Lapedriza 2017, 2019): 34,320 people in 23,571 photographs of scenes.

    ROOT/Annotations.mat               struct arrays train, val and test; if it exists, tables are not read
    ROOT/*.csv                         conversions: `Index,Folder,Filename,Image Size,BBox,Categorical_Labels,
                                       Continuous_Labels,Gender,Age`, cells such as "[-4, 12, 250, 470]"
    ROOT/mscoco/images/NAME.jpg        named by folder and file name

Valence and arousal are rated from 1 to 10 and become (x - 5.5) / 4.5; NaN is unknown. Several people annotated val and
test: the authors' combined rating is used, else the mean. **The image is a scene, and the box is the body, not the
face**: it tells which person is labelled. Parts of a box left of or above the picture are cut off. A photograph may
show several people. Raters saw the whole scene. The 26 categories are not those of `facs` and are left out; data sets
of people have them, see `catgan.data.people.sources.emotic`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal, of a person in a scene",
    "NaN; 1..10 becomes -1..1; boxes are bodies, and reach beyond the picture",
    "Universitat Oberta de Catalunya, request form; research only",
    splits="training, validation, test; of a table as its name says")

MAT = "Annotations.mat"
SPLITS = {"train": "training", "val": "validation", "test": "test"}
RATINGS = ("combined_continuous", "annotations_continuous")
NAMED = ("combined_categories", "annotations_categories")
FIELDS = ("filename", "folder", "person", "body_bbox", *RATINGS, "valence", "arousal", "dominance", *NAMED,
          "categories")
LONGEST_SECONDS = 600
"""Time limit for reading Annotations.mat."""
COLUMNS = ("Folder", "Filename", "BBox", "Continuous_Labels")
MIDDLE = 5.5
"""Rating that becomes 0."""
HALF_RANGE = 4.5
"""Distance of a rating from `MIDDLE` that becomes 1."""
LOWEST = 1.0
HIGHEST = 10.0
LARGEST_COORDINATE = 1e6
"""In pixels."""
LIST = re.compile(r"\[([^\[\]]*)\]")

Unknown = float | None


class Person(NamedTuple):
    """Holds the annotation of one person: corners of the box, ratings from 1 to 10, and names of categories as written;
    None if the file has none."""

    file: Path
    line: int
    row: str
    folder: str
    image: str
    corners: Sequence[Unknown]
    valence: Unknown
    arousal: Unknown
    split: str | None
    dominance: Unknown = None
    categories: tuple[str, ...] | None = None


def read(name: str, root: Path) -> Iterator[Record | Rejected]:
    """Yields every person, by split or by table."""
    for person in people(name, root):
        yield parsing.labelled(_record(name, root, person))


def people(name: str, root: Path) -> Iterator[Person]:
    """Yields the annotation of every person, by split or by table."""
    parsing.require(root, f"Root of source '{name}'")
    tables = sorted(root.glob("*.csv"))
    if not (root / MAT).is_file() and not tables:
        raise CatganError(f"Source '{name}': no {MAT} and no *.csv in {root}.")
    yield from _of_mat(root / MAT) if (root / MAT).is_file() else (p for file in tables for p in _of_table(file))


def place(root: Path, person: Person) -> tuple[str, Path]:
    """Returns the key and the path of a person's photograph.

    Raises:
        AnnotationError: no name, or one that leads out of `root`.
    """
    if not person.folder or not person.image:
        raise AnnotationError(person.file, person.line, "folder and name of the image must be given.")
    key = f"{person.folder.rstrip('/')}/{person.image}"
    return key, parsing.below(root, key, person.file, person.line)


def scaled(rating: Unknown) -> Unknown:
    """Returns a rating from 1 to 10 as -1..1."""
    return None if rating is None else (rating - MIDDLE) / HALF_RANGE


def _record(name: str, root: Path, person: Person) -> Record:
    key, path = place(root, person)
    return Record(name, key, path, person.row, valence=scaled(person.valence), arousal=scaled(person.arousal),
                  box=box_of(person.corners), official_split=person.split)


def box_of(corners: Sequence[Unknown]) -> tuple[float, float, float, float] | None:
    """Returns left, top, width and height, without what lies left of or above the picture; None for no box."""
    left, top, right, bottom = (None if x is None else max(x, 0.0) for x in corners)
    if left is None or top is None or right is None or bottom is None or right <= left or bottom <= top:
        return None
    return left, top, right - left, bottom - top


# === Tables ===


def _of_table(file: Path) -> Iterator[Person]:
    words = set(re.findall(r"(?<![a-z])(train|val|test)", file.stem.lower()))
    split = SPLITS[words.pop()] if len(words) == 1 else None
    for line, cells in parsing.table(file, ",", COLUMNS):
        corners = _list(cells["BBox"], 4, file, line, "BBox", -LARGEST_COORDINATE, LARGEST_COORDINATE)
        valence, arousal, dominance = _list(cells["Continuous_Labels"], 3, file, line, "Continuous_Labels", LOWEST,
                                            HIGHEST)
        yield Person(file, line, f"{file.name}:{line}", cells["Folder"], cells["Filename"], corners, valence, arousal,
                     split, dominance, _words(cells.get("Categorical_Labels", "")))


def _words(text: str) -> tuple[str, ...] | None:
    """Returns the names in a cell such as "['Peace', 'Fear']"; None if there are none."""
    found = [word.strip(" \t'\"") for word in text.strip().strip("[]").split(",")]
    return tuple(word for word in found if word) or None


def _list(text: str, count: int, file: Path, line: int, name: str, low: float, high: float) -> list[Unknown]:
    """Parses a cell such as "[7.0, nan, 6.0]"; all numbers of an empty cell or list are unknown."""
    match = LIST.fullmatch(text)
    if text.lower() in ("", "nan") or match and not match[1].strip():
        return [None] * count
    cells = match[1].split(",") if match else []
    if len(cells) != count:
        raise AnnotationError(file, line, f"{name} must be a list of {count} numbers. Received: {text[:60]!r}.")
    return [_number(cell.strip(), file, line, name, low, high) for cell in cells]


def _number(text: str, file: Path, line: int, name: str, low: float, high: float) -> Unknown:
    return None if text.lower() == "nan" else parsing.number(text, file, line, name, low, high)


# === Annotations.mat ===


@dataclass(frozen=True)
class _Struct:
    """Holds the fields of one struct, and its position for error messages."""

    fields: dict[str, object]
    file: Path
    line: int
    place: str

    def get(self, name: str) -> object:
        if name not in self.fields:
            raise AnnotationError(self.file, self.line, f"{self.place} lacks the field {name}.")
        return self.fields[name]

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str) or not value.isprintable():
            raise AnnotationError(self.file, self.line, f"{self.place}.{name} must be text.")
        return value.strip()

    def structs(self, name: str) -> list[_Struct]:
        """Returns the struct or structs in a field; an empty field has none."""
        items = self._items(name)
        structs = [_Struct(item, self.file, self.line, f"{self.place}.{name}({place})")
                   for place, item in enumerate(items, 1) if isinstance(item, dict)]
        if len(structs) != len(items):
            raise AnnotationError(self.file, self.line, f"{self.place}.{name} does not consist of structs.")
        return structs

    def numbers(self, name: str, low: float, high: float) -> list[Unknown]:
        items = self._items(name)
        if not all(isinstance(item, (int, float, str)) and not isinstance(item, bool) for item in items):
            raise AnnotationError(self.file, self.line, f"{self.place}.{name} must be a number.")
        return [_number(str(item).strip(), self.file, self.line, f"{self.place}.{name}", low, high) for item in items]

    def _items(self, name: str) -> list[object]:
        value = self.get(name)
        return value if isinstance(value, list) else [value]


LOADER = """
import contextlib, json, sys
import numpy as np
from scipy import io

with contextlib.suppress(ImportError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30))

def plain(value):
    if hasattr(value, "_fieldnames"):
        return {name: plain(field) for name, field in vars(value).items() if name in fields}
    if isinstance(value, (np.ndarray, np.generic)):
        items = value.tolist()
        return [plain(item) for item in value.ravel().tolist()] if isinstance(items, list) else plain(items)
    return value if isinstance(value, (str, int, float)) else None

path, splits, fields = sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(",")
content = io.loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=splits)
json.dump({name: plain(content[name]) for name in splits if name in content}, sys.stdout)
"""
"""Program that reads a MATLAB file and writes the needed fields as JSON. It runs in a separate process, since scipy
1.17 crashes if the type of an element is damaged."""


def _load(file: Path) -> dict[str, object]:
    if importlib.util.find_spec("scipy") is None:
        raise CatganError(f"{file} is read through scipy, which is not installed: pip install scipy.")
    command = [sys.executable, "-P", "-c", LOADER, str(file), ",".join(SPLITS), ",".join(FIELDS)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, check=True)
        content = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError, RecursionError) as error:
        said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"scipy: {type(error).__name__}"
        raise CatganError(f"{file} is not a MATLAB file that can be read ({reason[:120]}).") from None
    if not content:
        raise CatganError(f"{file} holds none of {', '.join(SPLITS)}.")
    return content


def _of_mat(file: Path) -> Iterator[Person]:
    content = _load(file)
    for word, split in SPLITS.items():
        images = _Struct(content, file, 1, MAT).structs(word) if word in content else []
        for line, image in enumerate(images, 1):
            image = replace(image, line=line, place=f"{word}({line})")
            folder, name = image.text("folder"), image.text("filename")
            for person in image.structs("person"):
                yield Person(file, line, f"{file.name}:{person.place}", folder, name, _corners(person),
                             _rating(person, "valence"), _rating(person, "arousal"), split,
                             _rating(person, "dominance"), _categories(person))


def _corners(person: _Struct) -> list[Unknown]:
    corners = person.numbers("body_bbox", -LARGEST_COORDINATE, LARGEST_COORDINATE) or [None] * 4
    if len(corners) != 4:
        raise AnnotationError(person.file, person.line, f"{person.place}.body_bbox must be four numbers.")
    return corners


def _rating(person: _Struct, word: str) -> Unknown:
    """Returns the authors' combined rating, or the mean over the annotators who rated."""
    raters = next((found for field in RATINGS if field in person.fields and (found := person.structs(field))), [])
    raters = [rater for rater in raters if word != "dominance" or word in rater.fields]  # not all files have it
    values = [value for rater in raters for value in rater.numbers(word, LOWEST, HIGHEST)]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _categories(person: _Struct) -> tuple[str, ...] | None:
    """Returns the authors' combined categories, or those that any annotator names; None if there are none."""
    combined, single = (person.fields.get(field) for field in NAMED)
    raters = single if isinstance(single, list) else [single]
    found = _texts(combined) or [word for rater in raters if isinstance(rater, dict)
                                 for word in _texts(rater.get("categories"))]
    return tuple(dict.fromkeys(found)) or None


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item.strip() for item in items if isinstance(item, str) and item.strip()]
