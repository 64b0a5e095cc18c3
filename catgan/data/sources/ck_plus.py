"""Extended Cohn-Kanade, CK+ (Lucey, Cohn, Kanade, Saragih, Ambadar & Matthews 2010): posed expressions, of which the
last frame of every sequence is coded.

    ROOT/FACS/S010/001/S010_001_00000014_facs.txt        rows `AU intensity`; intensity 0: present, not graded
    ROOT/Emotion/S010/001/S010_001_00000014_emotion.txt  one number, see CLASSES; many sequences have none
    ROOT/cohn-kanade-images/S010/001/S010_001_00000014.png

Coders looked for all AUs. An AU that is coded anywhere in the collection and not listed for a frame is absent there.

The emotion is the sequence's. By default (`frames: apex`) the peak frame alone is used. `frames: ends` also labels the
first tenth of a sequence neutral and the rest of its last third with the emotion; the frames between have no label and
are rejected. `frames: all` gives every frame the emotion. The AUs are always those of the peak frame alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, labelled_clips, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "presence and intensity of the AUs, expression of the peak frame",
    "intensity 0 is present but not graded; without an emotion file the emotion is unknown",
    "University of Pittsburgh, agreement; only listed subjects may be shown",
    options={**labelled_clips.THIN, "frames": "apex, ends or all: the frames with a label; default apex"},
    counts_from=1)

CLASSES = {1: "anger", 2: "contempt", 3: "disgust", 4: "fear", 5: "happiness", 6: "sadness", 7: "surprise"}


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the peak frame, or all labelled frames, of every sequence that has AUs or an emotion."""
    options = options or {}
    labelled = labelled_clips.shown_frames(options, "apex")
    parsing.require(root, f"Root of source '{name}'")
    units = {_peak(file, "_facs"): (file, _units(file)) for file in sorted(root.glob("FACS/*/*/*_facs.txt"))}
    emotions = {_peak(file, "_emotion"): (file, emotion(file))
                for file in sorted(root.glob("Emotion/*/*/*_emotion.txt"))}
    if not units and not emotions:
        raise CatganError(f"Source '{name}': no FACS/*/*/*_facs.txt or Emotion/*/*/*_emotion.txt in {root}.")
    coded = sorted({unit for _, shown in units.values() for unit in shown})
    for key in sorted({*units, *emotions}):
        file, shown = units.get(key, (None, None))
        presence = {} if shown is None else {unit: int(unit in shown) for unit in coded}
        # An absent AU has intensity 0; an AU that is present but not graded has no intensity.
        graded = {} if shown is None else {unit: shown.get(unit, 0.0) for unit in coded}
        intensity = {unit: value for unit, value in graded.items() if value is not None}
        subject, sequence, _ = key.split("/")
        path = parsing.below(root / "cohn-kanade-images", f"{key}.png", file or emotions[key][0], 1)
        peak = Record(
            name, f"{key}.png", path, (file or emotions[key][0]).name, presence, intensity,
            expression=emotions[key][1] if key in emotions else None, subject=subject, video=f"{subject}/{sequence}",
            frame=parsing.last_number(key, path))
        if labelled != "apex":
            yield from _before(peak, labelled, options)
        yield parsing.labelled(peak)


def _before(peak: Record, shown: str, options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    """Yields the frames of a sequence before its peak frame."""
    numbered = frames.images(peak.path.parent)
    numbers = [*sorted(number for number in numbered if number < (peak.frame or 0)), peak.frame]
    labels = labelled_clips.spread(len(numbers), peak.expression, shown)
    for index in labelled_clips.kept(len(numbers), options, from_end=True)[:-1]:
        path, number = numbered[numbers[index] or 0], numbers[index]
        key = f"{peak.key.rpartition('/')[0]}/{path.name}"
        yield parsing.labelled(replace(peak, key=key, file=path, row=f"{peak.row}:{number}", presence={}, intensity={},
                                       expression=labels[index], frame=number))


def _peak(file: Path, suffix: str) -> str:
    return "/".join([*file.parts[-3:-1], file.stem.removesuffix(suffix)])


def _units(file: Path) -> dict[int, float | None]:
    """Returns the AUs that are present, with their intensity, or None if it was not graded."""
    shown: dict[int, float | None] = {}
    for line, text in parsing.lines(file):
        cells = text.split()
        if len(cells) != 2:
            raise AnnotationError(file, line, f"'AU intensity' is needed. Received: {text.strip()[:60]!r}.")
        unit = parsing.whole(cells[0], file, line, "the AU", 1, 99)
        if unit not in facs.ACTION_UNITS or unit in shown:
            raise AnnotationError(file, line, f"AU{unit} is {'named twice' if unit in shown else 'not in FACS'}.")
        value = parsing.whole(cells[1], file, line, f"intensity of AU{unit}", 0, 5)
        shown[unit] = float(value) if value else None
    return shown


def emotion(file: Path) -> str | None:
    """Returns the emotion that a file names; None for an empty file."""
    for line, text in parsing.lines(file):
        number = parsing.whole(text.strip(), file, line, "emotion", 0, 7)
        return CLASSES.get(number, "neutral")
    return None
