"""AFEW-VA (Kossaifi, Tzimiropoulos, Todorovic & Pantic 2017): 600 film clips, valence and arousal of every frame.

    ROOT/001/001.json     {"actor": "...", "frames": {"00000": {"valence": -3.0, "arousal": 4.0, ...}, ...}, ...}
    ROOT/001/00000.png    frames from 0

Values are whole numbers from -10 to 10. The clips may lie one folder deeper, as the twelve archives unpack. The actor
is the subject, since one actor plays in several clips.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan.data.sources import frames, numbering, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal",
    "null; -10..10 is divided by 10; frames from 0",
    "Imperial College iBUG, EULA; academic use",
    options={"images_from": "1 where images are numbered one higher than frames (default 0: they are numbered alike)"},
    counts_from=0)

SCALE = 10.0


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every clip."""
    parsing.require(root, f"Root of source '{name}'")
    files = sorted(file for pattern in ("*/*.json", "*/*/*.json") for file in root.glob(pattern)
                   if file.stem == file.parent.name)
    if not files:
        raise CatganError(f"Source '{name}': no CLIP/CLIP.json in {root}.")
    for file in files:
        yield from _clip(name, root, file, options)


def _clip(name: str, root: Path, file: Path,
          options: Mapping[str, object] | None) -> Iterator[Record | Rejected]:
    content = parsing.json_object(file)
    actor, clip = content.get("actor"), file.parent.relative_to(root).as_posix()
    rated = content.get("frames")
    if not isinstance(rated, dict):
        raise AnnotationError(file, 1, "'frames' must be an object.")
    pictures = frames.of(file.parent, first=0, name="{:05d}.png")
    pictures = numbering.named(pictures, [int(key) for key in rated if _numbered(key)], options)
    for key, labels in sorted(rated.items()):
        if not _numbered(key) or not isinstance(labels, dict):
            raise AnnotationError(file, 1, f"frame '{key[:20]}' must be a number with labels.")
        values = {word: None if labels.get(word) is None else parsing.number(
            json.dumps(labels[word]), file, 1, f"{word} of frame {key}", -SCALE, SCALE)
            for word in ("valence", "arousal")}
        place = pictures.find(int(key), root)
        yield parsing.labelled(Record(
            name, place.key, place.path, f"{file.name}:{key}",
            valence=None if values["valence"] is None else values["valence"] / SCALE,
            arousal=None if values["arousal"] is None else values["arousal"] / SCALE,
            subject=str(actor).strip() or None if actor is not None else None, video=clip, frame=int(key)))


def _numbered(key: str) -> bool:
    return key.isdecimal() and len(key) <= 9
