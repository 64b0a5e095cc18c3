"""OMG-Emotion (Barros, Churamani, Lakomkin, Siqueira, Sutherland & Wermter 2018): utterances of monologues.

    ROOT/omg_TrainVideos.csv, ROOT/omg_ValidationVideos.csv, ROOT/omg_TestVideos_WithLabels.csv
        header `link,start,end,video,utterance,arousal,valence,EmotionMaxVote`; arousal comes before valence
    ROOT/videos/VIDEO/utterance_1.mp4

A label describes a whole utterance. One of its pictures is used, the first unless the option `picture` gives another.
Valence is -1..1. Arousal a is rated from 0 (calm) to 1 (activated) and becomes 2a - 1, so that -1 is calm as elsewhere.
Speakers are unknown; all utterances of one video are one video. An empty cell is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal, expression, each of an utterance",
    "empty cells; arousal before valence, 0..1 becomes -1..1",
    "University of Hamburg, CC BY-NC-SA 3.0 DE, and not to be passed on",
    splits="training, validation, test",
    options={"picture": "which picture of each utterance is used, from 0; default 0"})

CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
FILES = (("omg_TrainVideos.csv", "training"), ("omg_ValidationVideos.csv", "validation"),
         ("omg_TestVideos_WithLabels.csv", "test"))
COLUMNS = ("video", "utterance", "arousal", "valence", "EmotionMaxVote")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every utterance; some of the three files may be missing."""
    position = _picture(options or {})
    parsing.require(root, f"Root of source '{name}'")
    present = [(root / file, split) for file, split in FILES if (root / file).is_file()]
    if not present:
        raise CatganError(f"Source '{name}': none of {', '.join(file for file, _ in FILES)} in {root}.")
    for file, split in present:
        for line, cells in parsing.table(file, ",", COLUMNS):
            yield parsing.labelled(_record(name, root, file, line, cells, split, position))


def _picture(options: Mapping[str, object]) -> int:
    value = options.get("picture", 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CatganError(f"Option 'picture' must be a whole number from 0 on. Received: {value!r}.")
    return value


def _record(name: str, root: Path, file: Path, line: int, cells: dict[str, str], split: str, position: int) -> Record:
    video, utterance = cells["video"], cells["utterance"]
    if not video or not utterance:
        raise AnnotationError(file, line, "video and utterance must be named.")
    key = f"videos/{video}/{utterance}"
    parsing.below(root / "videos", f"{video}/{utterance}", file, line)
    arousal, label = _number(cells, "arousal", 0.0, file, line), cells["EmotionMaxVote"]
    return Record(
        name, key, parsing.below(root, key, file, line), f"{file.name}:{line}",
        valence=_number(cells, "valence", -1.0, file, line), arousal=None if arousal is None else 2.0 * arousal - 1.0,
        expression=CLASSES[parsing.whole(label, file, line, "EmotionMaxVote", 0, len(CLASSES) - 1)] if label else None,
        video=video, position=position, official_split=split)


def _number(cells: dict[str, str], column: str, low: float, file: Path, line: int) -> float | None:
    text = cells[column]
    return parsing.number(text, file, line, column, low, 1.0) if text and text.lower() != "nan" else None
