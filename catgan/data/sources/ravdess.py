"""RAVDESS (Livingstone & Russo 2018): 24 actors speak and sing two sentences, in eight emotions.

    ROOT/**/02-01-06-01-02-01-07.mp4   modality, channel, emotion, intensity, statement, repetition, actor
    ROOT/**/02-01-06-01-02-01-07/00001.jpg   instead of a video: a folder of its frames

Modality: 01 picture and sound, 02 picture, 03 sound. Files 01- and 02- show the same take, so one of them is used.
Channel: 01 speech, 02 song. Emotion: 01 neutral, 02 calm, 03 happy, 04 sad, 05 angry, 06 fearful, 07 disgust, 08
surprised; song has 01 to 06. Neutral has no strong intensity (02). Every frame has the emotion of its file. Calm is no
class of catgan: such files are rejected, unless the option `calm` names a class for them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, labelled_clips, parsing
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError

LAYOUT = Layout(
    "expression of a clip, for each of its frames",
    "01- and 02- files of one take; sound alone; calm; neutral has no strong intensity",
    "Ryerson University, CC BY-NC-SA 4.0; commercial licence on request",
    options={**labelled_clips.OPTIONS, "calm": "class for clips of calm, such as neutral (default: they are rejected)",
             "channel": "speech, song, or a list of both; default both",
             "intensity": "normal, strong, or a list of both; default both. Neutral is always normal, "
             "so `strong` leaves it out"})

EMOTIONS = {"01": "neutral", "02": "calm", "03": "happiness", "04": "sadness", "05": "anger", "06": "fear",
            "07": "disgust", "08": "surprise"}
SUNG = ("01", "02", "03", "04", "05", "06")
CHANNELS = {"01": "speech", "02": "song"}
INTENSITIES = {"01": "normal", "02": "strong"}
SOUND = "03-"
_NAME = re.compile(r"(0[123])-(\d\d)-(\d\d)-(\d\d)-(0[12])-(0[12])-(\d\d)")


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of every take, by actor."""
    options = options or {}
    parsing.require(root, f"Root of source '{name}'")
    channels = labelled_clips.chosen(options, "channel", tuple(CHANNELS.values()), tuple(CHANNELS.values()))
    strengths = labelled_clips.chosen(options, "intensity", tuple(INTENSITIES.values()), tuple(INTENSITIES.values()))
    calm = facs.parse_expression(str(options["calm"])) if "calm" in options else None
    takes = _takes(root)
    if not takes:
        raise CatganError(f"Source '{name}': no file or folder such as 02-01-06-01-02-01-07.mp4 in {root}.")
    for take, files in takes.items():
        channel, emotion, intensity, *_, actor = take.split("-")
        problem = _problem(channel, emotion, intensity, actor)
        if problem is None and (CHANNELS[channel] not in channels or INTENSITIES[intensity] not in strengths):
            continue
        for file in files:
            if file.name.startswith(SOUND):
                yield _rejected(name, root, file, "no picture", "modality 03 is sound")
        seen = [_frames(file) for file in files if not file.name.startswith(SOUND)]
        if not seen:
            continue
        used, others = labelled_clips.usable(seen)
        key = used.video or used.folder
        if problem is not None:
            yield _rejected(name, root, key, "not a file of RAVDESS", problem)
        elif emotion == "02" and calm is None:
            yield _rejected(name, root, key, "no class", "calm; the option `calm` names a class for it")
        else:
            expression = calm if emotion == "02" else EMOTIONS[emotion]
            yield from labelled_clips.records(name, root, used, labelled_clips.constant(expression), options,
                                              video=take, subject=actor)
        yield from labelled_clips.same_take(name, root, others, used)


def _takes(root: Path) -> dict[str, list[Path]]:
    """Returns the files and folders of each take, by the name without modality; sorted by actor, then by name."""
    found: dict[str, list[Path]] = {}
    for folder, inner, files in os.walk(root):
        for entry in sorted([*inner, *files]):
            match = _NAME.match(entry)
            if match and match[0] in (entry, Path(entry).stem):
                found.setdefault(match[0][3:], []).append(Path(folder) / entry)
        inner[:] = sorted(entry for entry in inner if not _NAME.match(entry))
    order = sorted(found, key=lambda take: (take[-2:], take))
    return {take: sorted(found[take], key=lambda path: (path.name, path)) for take in order}


def _frames(path: Path) -> frames.Frames:
    if path.is_dir():
        return frames.Frames(path, frames.images(path), None, 1)
    return frames.Frames(path.parent, {}, path, 0)


def _problem(channel: str, emotion: str, intensity: str, actor: str) -> str | None:
    """Returns what is impossible about the fields of a name, or None."""
    for word, value, allowed in (("channel", channel, CHANNELS), ("emotion", emotion, EMOTIONS),
                                 ("intensity", intensity, INTENSITIES)):
        if value not in allowed:
            return f"{word} {value}; known are {', '.join(allowed)}"
    if not 1 <= int(actor) <= 24:
        return f"actor {actor}; known are 01 to 24"
    if emotion == "01" and intensity == "02":
        return "neutral has no strong intensity"
    return f"song has no emotion {emotion}" if channel == "02" and emotion not in SUNG else None


def _rejected(name: str, root: Path, path: Path, reason: str, detail: str) -> Rejected:
    key = path.relative_to(root).as_posix()
    return Rejected(name, key, key, reason, detail)
