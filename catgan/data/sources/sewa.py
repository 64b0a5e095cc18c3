"""SEWA (Kossaifi et al. 2021), and gold standards of AVEC in the same form: valence and arousal over time.

    ROOT/SEW_labels_valence_100Hz_gold_shifted.csv   header `name,timestamp,value`, seconds, -1..1; one file for all
    ROOT/SEW_labels_arousal_100Hz_gold_shifted.csv   videos; found as *valence*.csv and *arousal*.csv
    ROOT/videos/SEW0001.mp4                          or images: ROOT/images/SEW0001/00001.jpg, from 1 or 0

A frame gets the value interpolated between the two samples around it, and none outside the first and the last. Gold
standards called "shifted" are corrected for the raters' delay; for others, give `delay`. A name is a person. Option
`scale` divides values, for joystick ratings from -1000 to 1000.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing, timeline
from catgan.data.sources.layout import Layout, option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError

LAYOUT = Layout(
    "valence, arousal over time",
    "frames before the first and after the last sample, and in gaps longer than a second",
    "SEWA consortium, EULA; academic use",
    options=timeline.OPTIONS | numbering.OPTIONS | {"scale": "divisor of the values (default 1)"})

RATE = 50.0


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every name."""
    options = options or {}
    ratings: dict[str, dict[str, timeline.Series]] = {}
    for dimension in ("valence", "arousal"):
        for file in parsing.found(name, root, f"*{dimension}*.csv"):
            for person, one in _people(file, option_number(options, "scale", 1.0, 1e-3, 1e6)).items():
                if dimension in ratings.setdefault(person, {}):
                    raise AnnotationError(file, 1, f"'{person}' has {dimension} in another file too.")
                ratings[person][dimension] = one
    for person in sorted(ratings):
        folder = parsing.below(root / "images", person, root, 1)
        pictures = frames.of(folder, [root / "videos" / person])
        pictures = numbering.timed(pictures, options)
        yield from timeline.records(name, root, pictures, {key: [one] for key, one in ratings[person].items()}, options,
                                    RATE, person, subject=person, video=person)


def _people(file: Path, scale: float) -> dict[str, timeline.Series]:
    delimiter = ";" if ";" in next(parsing.lines(file), (1, ""))[1] else ","
    samples: dict[str, list[tuple[float, float]]] = {}
    for line, cells in parsing.table(file, delimiter, required=("name", "timestamp", "value")):
        if not cells["name"]:
            raise AnnotationError(file, line, "a name is needed.")
        time = parsing.number(parsing.point(cells["timestamp"]), file, line, "timestamp", 0.0, 1e5)
        value = parsing.number(parsing.point(cells["value"]), file, line, "value", -scale, scale)
        samples.setdefault(cells["name"].strip("'\""), []).append((float(time or 0.0), float(value or 0.0) / scale))
    return {person: timeline.series(rows, file) for person, rows in samples.items()}
