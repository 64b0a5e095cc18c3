"""DISFA+ (Mavadati, Sanger & Mahoor 2016): 9 people of DISFA, posed and spontaneous; intensity 0..5 of 12 AUs.

    ROOT/Labels/SN001/TRIAL/AU1.txt    `000.jpg 0`; lines that begin with # are comments
    ROOT/Images/SN001/TRIAL/000.jpg

The nine people are those of DISFA with the same names: if a recipe has both collections, they are one family.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "intensity of 12 AUs",
    "comments; the people are those of DISFA",
    "University of Denver, signed EULA; research only",
    (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),
    options={"images_from": "1 where images are numbered one higher than the labels say (default 0: alike)"},
    counts_from=0)


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every image of every trial that any of the AU files names."""
    parsing.require(root, f"Root of source '{name}'")
    trials = sorted({file.parent for file in root.glob("Labels/*/*/AU*.txt")})
    if not trials:
        raise CatganError(f"Source '{name}': no Labels/SUBJECT/TRIAL/AU*.txt in {root}.")
    for trial in trials:
        yield from _trial(name, root, trial, options)


def _trial(name: str, root: Path, folder: Path,
           options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    subject, trial = folder.parts[-2:]
    intensity: dict[str, dict[int, float]] = {}
    for file in sorted(folder.glob("AU*.txt")):
        match = re.fullmatch(r"AU(\d{1,2})", file.stem)
        if match is None or int(match[1]) not in facs.ACTION_UNITS:
            raise AnnotationError(file, 1, f"a file is called AU1.txt. Received: {file.name}.")
        for line, text in parsing.lines(file):
            cells = text.split()
            if text.lstrip().startswith("#"):
                continue
            if len(cells) != 2:
                raise AnnotationError(file, line, f"'IMAGE INTENSITY' is needed. Received: {text.strip()[:60]!r}.")
            values = intensity.setdefault(cells[0], {})
            if int(match[1]) in values:
                raise AnnotationError(file, line, f"{cells[0]} is annotated twice.")
            values[int(match[1])] = float(parsing.whole(cells[1], file, line, "intensity", 0, 5))
    images = root / "Images" / subject / trial
    numbers = {image: parsing.last_number(Path(image).stem, folder / image) for image in sorted(intensity)}
    pictures = numbering.named(frames.of(images, first=0, name="{:03d}.jpg"), list(numbers.values()), options)
    for image, frame in numbers.items():
        path = parsing.below(root / "Images", f"{subject}/{trial}/{image}", folder, 1)
        if pictures.shift or not path.is_file():  # find the image by its number, however padded
            path = pictures.find(frame, root).path
        yield Record(name, f"Images/{subject}/{trial}/{path.name}", path, f"{subject}/{trial}:{image}",
                     intensity=intensity[image], subject=subject, video=f"{subject}/{trial}", frame=frame)
