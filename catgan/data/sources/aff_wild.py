"""Aff-Wild (Zafeiriou et al. 2017): 298 videos, valence and arousal of every frame.

    ROOT/annotations/train/valence/105.txt   no header, one number -1..1 per frame; .../arousal/105.txt likewise
    ROOT/videos/train/105.mp4                or extracted images: ROOT/images/105/00001.jpg, numbered from 0 or 1
                                             (detected; an error asks if unclear)

The first line is the first frame. The two files of a video may have different numbers of lines. Lines that only one of
them has are rejected, since it is unknown which end lacks a frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal",
    "different numbers of lines of valence and arousal",
    "Imperial College iBUG, EULA; academic use",
    splits="training, validation, test, if folders have these names",
    options=numbering.OPTIONS,
    counts_from=1)

SPLITS = {"train": "training", "val": "validation", "validation": "validation", "test": "test"}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every video."""
    parsing.require(root, f"Root of source '{name}'")
    base = root / "annotations" if (root / "annotations").is_dir() else root
    files = sorted(base.glob("*/valence/*.txt")) + sorted(base.glob("valence/*.txt"))
    if not files:
        raise CatganError(f"Source '{name}': no annotations/train/valence/*.txt in {root}.")
    for file in files:
        yield from _video(name, root, file, options)


def _video(name: str, root: Path, file: Path,
           options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    other = parsing.require(file.parent.parent / "arousal" / file.name, "Arousal of the same video")
    part, video = file.parent.parent.name, file.stem
    pictures = frames.of(root / "images" / video, [root / "videos" / part / video, root / "videos" / video])
    rated = list(zip_longest(_numbers(file), _numbers(other)))
    pictures = numbering.aligned(pictures, range(1, len(rated) + 1), options)
    for frame, (valence, arousal) in enumerate(rated, 1):
        place, row = pictures.find(frame, root), f"{part}/{video}:{frame}"
        if valence is None or arousal is None:
            yield Rejected(name, place.key, row, "counts differ", "only one of valence and arousal has this line")
            continue
        yield Record(name, place.key, place.path, row, valence=valence, arousal=arousal, subject=None, video=video,
                     frame=frame, position=place.position, official_split=SPLITS.get(part))


def _numbers(file: Path) -> Iterator[float]:
    """Yields one number per line. A blank line is an error, since skipping it would shift all following frames."""
    for expected, (line, text) in enumerate(parsing.lines(file), 1):
        if line != expected:
            raise AnnotationError(file, expected, "a blank line stands for no frame.")
        yield float(parsing.number(text, file, line, file.parent.name, -1.0, 1.0) or 0.0)
