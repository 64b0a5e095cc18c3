"""Assigns the rows of a table to frames of video files: a row names a frame, a time, or a whole clip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from catgan.data.sources import frames, labelled_clips
from catgan.data.sources.layout import option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError
from catgan.faces.containers import is_video

OPTIONS = {"clip": "column with the path of a video, or of a folder of its images, instead of `image`",
           "frames_from": "0 or 1: number of a video's first frame in the table; default 0",
           **labelled_clips.THIN}


def first_frame(options: Mapping[str, object]) -> int:
    """Returns the option `frames_from`. Raises `CatganError` if it is neither 0 nor 1."""
    value = options.get("frames_from", 0)
    if isinstance(value, bool) or value not in (0, 1):
        raise CatganError(f"Option 'frames_from' must be 0 or 1. Received: {value!r}.")
    return 1 if value == 1 else 0


def frames_of(rows: Iterable[Record | Rejected], options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    """Yields the frames that the rows of a table are about, clip by clip, in the order of frames.

    All rows are held in memory, since a table need not have those of one video together.

    Args:
        rows: records whose `file` is a clip. `frame` or else `time` says which frame is meant; a row with neither is
            about every frame. Without a `video`, the path of the clip is its name.
        options: options of the recipe: `frames_from`, `every` (for rows about every frame), `rate` (for images).
    """
    clips: dict[str, list[Record]] = {}
    for row in rows:
        if isinstance(row, Rejected):
            yield row
        else:
            clips.setdefault(str(row.file), []).append(row)
    for file, records in clips.items():
        yield from _clip(Path(file), records, options)


def _clip(file: Path, rows: list[Record], options: Mapping[str, object]) -> Iterator[Record | Rejected]:
    folder = file.is_dir()
    pictures = frames.Frames(file, frames.images(file), None) if folder else frames.Frames(
        file.parent, {}, file, first_frame(options))
    problem = _problem(pictures)
    if problem is not None:
        yield from (Rejected(row.source, row.key, row.row, *problem) for row in rows)
        return
    found = []
    for row in rows:
        for number in _numbers(row, pictures, options):
            place = pictures.find(number, file if folder else file.parent)
            key = f"{row.key}/{place.path.name}" if folder else f"{row.key}#{place.position}"
            found.append(replace(row, key=key, file=place.path, position=place.position, frame=number,
                                 video=row.video or row.key))
    yield from sorted(found, key=lambda row: row.frame or 0)


def _problem(pictures: frames.Frames) -> tuple[str, str] | None:
    """Returns reason and detail if a clip has no frames, else None."""
    if pictures.video is None:
        return None if pictures.numbered else ("no frames", "the folder holds no numbered image")
    if not pictures.video.is_file():
        return "missing file", ""
    if not is_video(pictures.video):
        return labelled_clips.NO_CLIP, "it is not a video"
    try:
        frames.times(pictures.video)
    except CatganError as error:
        return labelled_clips.NO_CLIP, str(error).removeprefix(f"{pictures.video} ")
    return None


def _numbers(row: Record, pictures: frames.Frames, options: Mapping[str, object]) -> list[int]:
    """Returns the numbers of the frames that a row is about."""
    if row.frame is not None:
        return [row.frame]
    if row.time is not None and pictures.video is not None:
        return [pictures.at(row.time, None, 25.0)]
    numbers = labelled_clips.numbers_of(pictures)
    if row.time is not None:
        if "rate" not in options:
            raise CatganError(f"{row.row}: a time in a folder of images needs their rate, as in 'rate: 25'.")
        return [numbers[0] + round(row.time * option_number(options, "rate", 25.0, 0.1, 1000.0))]
    return [numbers[index] for index in labelled_clips.kept(len(numbers), options)]
