"""Makes the records of clips that have one label; a clip is a video file, or a folder of its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, parsing
from catgan.data.sources.layout import RATE, option_number
from catgan.data.sources.records import Record, Rejected
from catgan.errors import CatganError
from catgan.faces.containers import is_video

THIN = {"every": "N uses every N-th frame of a clip; default 1"}
OPTIONS = {**THIN, **RATE}
"""Options of layouts of clips with one label."""
SHOWN = ("apex", "ends", "all")
"""Frames of a sequence from neutral to an apex that have a label, see `spread`."""
NEUTRAL_SHARE, APEX_SHARE = 10, 3
"""With `ends`, the first tenth of a sequence is neutral and its last third shows the expression."""

Labels = list[str | None]
NO_CLIP = "no video that can be decoded"


def constant(expression: str | None) -> Callable[[int], Labels]:
    """Returns a function of a number of frames that gives all of them one label."""
    return lambda count: [expression] * count


def spread(count: int, expression: str | None, shown: str) -> Labels:
    """Labels the frames of a sequence that goes from neutral to the apex of an expression.

    Args:
        count: number of frames.
        expression: expression of the sequence; None for unknown.
        shown: `apex` labels the last frame only; `ends` labels the first tenth (at least the first frame) neutral and
            the last third (at least the last frame) with the expression, the frames between are unknown; `all` labels
            every frame with the expression.
    """
    if shown == "all":
        return [expression] * count
    apex = max(1, count // APEX_SHARE) if shown == "ends" else 1
    start = max(1, count // NEUTRAL_SHARE) if shown == "ends" else 0
    labels: Labels = [None] * count
    labels[:start] = ["neutral"] * len(labels[:start])
    labels[max(count - apex, 0):] = [expression] * min(apex, count)
    return labels


def shown_frames(options: Mapping[str, object], default: str) -> str:
    """Returns the option `frames`: which frames of a sequence have a label. Raises `CatganError` for another word."""
    value = options.get("frames", default)
    if value not in SHOWN:
        raise CatganError(f"Option 'frames' must be one of {', '.join(SHOWN)}. Received: {value!r}.")
    return str(value)


def kept(count: int, options: Mapping[str, object], from_end: bool = False) -> range:
    """Returns the indices of the frames that the option `every` keeps, from the first frame or from the last."""
    value = options.get("every", 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CatganError(f"Option 'every' must be a whole number from 1 on. Received: {value!r}.")
    return range((count - 1) % value if from_end and count else 0, count, value)


def chosen(options: Mapping[str, object], name: str, allowed: tuple[str, ...], default: tuple[str, ...]) -> list[str]:
    """Returns the words of an option that is one word or a list of them.

    Raises:
        CatganError: a word that is not in `allowed`, or none.
    """
    value = options.get(name, list(default))
    words = [str(word) for word in (value if isinstance(value, list) else [value])]
    if not words or not set(words) <= set(allowed):
        raise CatganError(f"Option '{name}' must be of {', '.join(allowed)}. Received: {value!r}.")
    return list(dict.fromkeys(words))


def folders(folder: Path) -> list[Path]:
    """Returns the folders in a folder by name, without hidden ones; none if it does not exist."""
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and not path.name.startswith((".", "__MACOSX")))


def classes(folder: Path, others: tuple[str, ...] = ()) -> list[tuple[Path, str]]:
    """Returns the folders of classes in a folder, with the expression that each is named after.

    Args:
        folder: it may be absent.
        others: names of folders that are no classes.

    Raises:
        CatganError: a folder is named after no expression.
    """
    found = []
    for path in folders(folder):
        if path.name in others:
            continue
        try:
            found.append((path, facs.parse_expression(path.name)))
        except CatganError as error:
            raise CatganError(f"{path}: a folder of a class is named after an expression. {error}") from None
    return found


def clips(folder: Path, first: int = 0) -> dict[str, list[frames.Frames]]:
    """Finds the clips in a folder by name, without extension: video files, and folders of images.

    Returns:
        Name -> its clips. Several files of one name are copies of one clip, such as an .avi and an .mp4; see `usable`.
        A file that is no video is a clip too, which `records` rejects.
    """
    found: dict[str, list[frames.Frames]] = {path.name: [frames.Frames(path, frames.images(path), None, first)]
                                             for path in folders(folder)}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            found.setdefault(path.stem, []).append(frames.Frames(folder, {}, path, first))
    return dict(sorted(found.items()))


def usable(copies: list[frames.Frames]) -> tuple[frames.Frames, list[frames.Frames]]:
    """Returns the first copy of a clip that has images or is a video, else the first; and the other copies."""
    used = next((copy for copy in copies if copy.numbered or copy.video and is_video(copy.video)), copies[0])
    return used, [copy for copy in copies if copy is not used]


def records(name: str, root: Path, pictures: frames.Frames, labels: Callable[[int], Labels],
            options: Mapping[str, object], from_end: bool = False, *, video: str, subject: str | None = None,
            official_split: str | None = None) -> Iterator[Record | Rejected]:
    """Yields the frames of one clip, or its rejection.

    Args:
        name, root: name and folder of the source.
        pictures: the frames of the clip; those of a video are counted without decoding.
        labels: gives the expression of each frame, for a number of frames.
        options: options of the recipe: `every`, and `rate` for images.
        from_end: whether `every` counts from the last frame, which is the apex.
        video, subject, official_split: as in `Record`.
    """
    key = (pictures.video or pictures.folder).relative_to(root).as_posix()
    try:
        numbers = numbers_of(pictures)
    except CatganError as error:
        yield Rejected(name, key, key, NO_CLIP, str(error).removeprefix(f"{pictures.video} "))
        return
    if not numbers:
        yield Rejected(name, key, key, "no frames", "the folder holds no numbered image")
    known = labels(len(numbers))
    for index in kept(len(numbers), options, from_end):
        number = numbers[index]
        place = pictures.find(number, root)
        yield parsing.labelled(Record(
            name, place.key, place.path, f"{key}:{number}", expression=known[index], subject=subject, video=video,
            frame=number, position=place.position, official_split=official_split,
            time=_time(number - numbers[0], options) if pictures.video is None else None))


def same_take(name: str, root: Path, others: list[frames.Frames], used: frames.Frames) -> Iterator[Rejected]:
    """Yields the rejections of clips that show the same take as a clip that is used."""
    shown = (used.video or used.folder).relative_to(root).as_posix()
    for other in others:
        key = (other.video or other.folder).relative_to(root).as_posix()
        yield Rejected(name, key, key, "the same take", f"{shown} is used")


def numbers_of(pictures: frames.Frames) -> list[int]:
    """Returns the numbers of all frames of a clip.

    Raises:
        CatganError: the file is no video that can be decoded.
    """
    if pictures.video is None:
        return sorted(pictures.numbered)
    if not is_video(pictures.video):
        raise CatganError(f"{pictures.video} is not a video.")
    return list(range(pictures.first, pictures.first + frames.count(pictures.video)))


def _time(steps: int, options: Mapping[str, object]) -> float | None:
    return steps / option_number(options, "rate", 0.0, 0.1, 1000.0) if "rate" in options else None
