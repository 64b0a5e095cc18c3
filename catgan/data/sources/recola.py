"""RECOLA (Ringeval, Sonderegger, Sauer & Lalanne 2013): 23 people, valence and arousal by six raters, every 0.04 s.

    ROOT/emotional_behaviour/valence/P16.csv    `;`, header `time;FM1 ;FM2 ;...` with blanks in the names; -1..1
    ROOT/emotional_behaviour/arousal/P16.csv    also below ROOT/RECOLA-Annotation
    ROOT/videos/P16.mp4                         or images: ROOT/images/P16/00001.jpg, from 1 or 0

The label is the mean over the raters who rate that moment. Options: `delay`, the raters' delay in seconds (2 to 4 are
usual); `centre: true` removes each rater's own offset first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing, timeline
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal over time by six raters",
    "an empty cell of a rater; frames beyond the ratings",
    "University of Fribourg, EULA signed by faculty; academic use",
    options=timeline.OPTIONS | numbering.OPTIONS | {"centre": "true: subtract each rater's own mean (default false)"})

RATE = 25.0


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every person."""
    parsing.require(root, f"Root of source '{name}'")
    base = next((folder for folder in (root / "emotional_behaviour", root / "RECOLA-Annotation/emotional_behaviour")
                 if folder.is_dir()), root)
    people = sorted({file.stem for dimension in ("valence", "arousal") for file in (base / dimension).glob("*.csv")})
    if not people:
        raise CatganError(f"Source '{name}': no emotional_behaviour/valence/*.csv in {root}.")
    for person in people:
        files = {dimension: base / dimension / f"{person}.csv" for dimension in ("valence", "arousal")}
        ratings = {dimension: _raters(file) for dimension, file in files.items() if file.is_file()}
        pictures = frames.of(root / "images" / person, [root / "videos" / person,
                                                        root / "RECOLA-Video-recordings" / person])
        pictures = numbering.timed(pictures, options)
        yield from timeline.records(name, root, pictures, ratings, options or {}, RATE, person, subject=person,
                                    video=person)


def _raters(file: Path) -> list[timeline.Series]:
    samples: dict[str, list[tuple[float, float]]] = {}
    for line, cells in parsing.table(file, ";", required=("time",)):
        time = float(parsing.number(parsing.point(cells["time"]), file, line, "time", 0.0, 1e5) or 0.0)
        for rater, text in cells.items():
            if rater != "time" and text:
                value = parsing.number(parsing.point(text), file, line, rater, -1.0, 1.0)
                samples.setdefault(rater, []).append((time, float(value or 0.0)))
    if not samples:
        raise AnnotationError(file, 1, "no ratings: a header `time;FM1;...` and numbers are needed.")
    return [timeline.series(rows, file) for rows in samples.values()]
