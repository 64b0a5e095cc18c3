"""AFFDEX (Affectiva; McDuff et al. 2016), as iMotions exports it: Action Units by name, 0..100.

    ROOT/NAME.txt or NAME.csv    TAB or comma; lines with #, then a header with `Brow Furrow`, `Smile` ... in any
                                 spelling (browFurrow), Valence, and FrameNo or Timestamp (milliseconds)
    ROOT/videos/NAME.mp4         or images: ROOT/images/NAME/00000.jpg, numbered from 0 or 1 (detected; an error asks
                                 if unclear)

Values are probabilities, not intensities: an AU is present from 50, Affectiva's own threshold. Valence -100..100 is
divided by 100. There is no arousal; engagement is not used for it. Rows of other sensors and rows without a face are
blank and rejected. Smirk is one-sided AU12 or AU14 and is left out. A file is a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout, option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

UNITS = {"innerbrowraise": 1, "browraise": 2, "browfurrow": 4, "eyewiden": 5, "cheekraise": 6, "lidtighten": 7,
         "nosewrinkle": 9, "upperlipraise": 10, "smile": 12, "dimpler": 14, "lipcornerdepressor": 15, "chinraise": 17,
         "lippucker": 18, "lipstretch": 20, "lippress": 24, "mouthopen": 25, "jawdrop": 26, "lipsuck": 28,
         "eyeclosure": 43}

LAYOUT = Layout(
    "presence of 19 AUs, valence, by a tool",
    "blank rows of other sensors; names instead of numbers; 0..100 is not an intensity; no arousal",
    "those of your recordings; AFFDEX is proprietary",
    tuple(sorted(UNITS.values())),
    options={"fps": "frames per second, if rows have a time but no number; a video has a time for each frame, for "
                    "images the default is 30"} | numbering.OPTIONS)

SCALE = 100.0
PRESENT_FROM = 50.0
RATE = 30.0


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every row of every txt and csv file."""
    parsing.require(root, f"Root of source '{name}'")
    files = sorted(path for path in root.iterdir() if path.suffix.lower() in (".txt", ".csv"))
    if not files:
        raise CatganError(f"Source '{name}': no *.txt or *.csv in {root}.")
    rate = option_number(options, "fps", RATE, 0.1, 1000.0) if options and "fps" in options else None
    for file in files:
        pictures = frames.of(root / "images" / file.stem, [root / "videos" / file.stem], first=0)
        if pictures.numbered:
            rows = _file(name, root, file, rate, pictures)
            numbers = {row.frame for row in rows if isinstance(row, Record) and row.frame is not None}
            pictures = numbering.aligned(pictures, numbers, options, complete=False)
        yield from _file(name, root, file, rate, pictures)


def _file(name: str, root: Path, file: Path, rate: float | None,
          pictures: frames.Frames) -> Iterator[Record | Rejected]:
    delimiter = "\t" if file.suffix.lower() == ".txt" else ","
    columns: list[str] = []
    for line, text in parsing.lines(file):
        cells = [cell.strip() for cell in text.split(delimiter)]
        if not columns:
            plain = [re.sub(r"[^a-z]", "", cell.lower()) for cell in cells]
            columns = plain if "browfurrow" in plain else []
            if columns and not {"frameno", "timestamp"} & set(columns):
                raise AnnotationError(file, line, "the header must name FrameNo or Timestamp.")
            continue
        if len(cells) != len(columns):
            raise AnnotationError(file, line, f"{len(columns)} columns are needed. Received: {len(cells)}.")
        yield _row(name, root, file, line, dict(zip(columns, cells)), pictures, rate)
    if not columns:
        raise AnnotationError(file, 1, "no header with 'Brow Furrow' and others.")


def _row(name: str, root: Path, file: Path, line: int, cells: Mapping[str, str], pictures: frames.Frames,
         rate: float | None) -> Record | Rejected:
    row = f"{file.name}:{line}"
    known = {column: parsing.number(parsing.point(cells[column]), file, line, column, -SCALE, SCALE)
             for column in (*UNITS, "valence") if cells.get(column)}
    if not known:
        return Rejected(name, file.stem, row, "no label", "another sensor, or no face")
    frame = _frame(cells, file, line, pictures, rate)
    if frame is None:
        return Rejected(name, file.stem, row, "no frame number", "which image this is is not known")
    valence = known.pop("valence", None)
    presence = {UNITS[column]: int((value or 0.0) >= PRESENT_FROM) for column, value in known.items()}
    place = pictures.find(frame, root)
    return Record(name, place.key, place.path, row, presence, valence=None if valence is None else valence / SCALE,
                  subject=file.stem, video=file.stem, frame=frame, position=place.position)


def _frame(cells: Mapping[str, str], file: Path, line: int, pictures: frames.Frames, rate: float | None) -> int | None:
    if cells.get("frameno"):
        frame = parsing.whole(cells["frameno"], file, line, "FrameNo", -1, 10 ** 9)
        return frame if frame >= 0 else None
    if cells.get("timestamp"):
        time = parsing.number(parsing.point(cells["timestamp"]), file, line, "Timestamp", 0.0, 1e9)
        return pictures.at((time or 0.0) / 1000.0, rate, RATE)
    return None
