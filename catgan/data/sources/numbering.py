"""Determines which image shows which annotated frame, when images may be numbered from 0 or from 1.

Tools that extract the frames of a video number them from 0 or from 1. A wrong assumption shifts all labels by one frame
without any visible error. Therefore the numbers of the images are compared with those of the annotation:

- an image 0 means that images are numbered from 0;
- otherwise, if only one base gives every annotated frame an image, that base is taken;
- an annotation of all frames also tells the base by the last image: frame N has number N when counting from 1.

All other cases are errors. So are images without gaps if the annotation has at least twice or at most half as many
frames: they were probably extracted at another rate. The option `images_from` of a source resolves such errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from catgan.data.sources import frames
from catgan.errors import CatganError

OPTIONS = {"images_from": "number of the first frame's image, 0 or 1 (default: detected; an error asks if unclear)"}
"""Options for the `Layout` of every reader that pairs frame numbers with images."""


_IMAGE = re.compile(rf"(\d+)(?:{'|'.join(map(re.escape, sorted(frames.EXTENSIONS)))})$", re.IGNORECASE)


def asked(options: Mapping[str, object] | None) -> int | None:
    """Returns the option `images_from`, or None if the recipe does not give it.

    Raises:
        CatganError: it is neither 0 nor 1.
    """
    value = (options or {}).get("images_from")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value not in (0, 1):
        raise CatganError(f"Option 'images_from' must be 0 or 1. Received: {value!r}.")
    return value


def aligned(pictures: frames.Frames, annotated: Collection[int], options: Mapping[str, object] | None,
            complete: bool = True) -> frames.Frames:
    """Assigns an image to every annotated frame, whatever number the images begin with.

    Args:
        pictures: the frames of one video; `pictures.first` is the number of the first frame in the annotation.
        annotated: the frame numbers of the annotation, of rows with and without labels.
        options: options of the source.
        complete: whether the annotation has a row for every frame, at least if its numbers have no gaps.

    Raises:
        CatganError: the base is unclear and the recipe does not give it, or it contradicts the images.
    """
    images, known = pictures.numbered, set(annotated)
    if not images or not known:
        return pictures
    base = _checked(pictures, asked(options))
    if base is None:
        base = _found(images, known, pictures.first, complete)
    if base is None:
        _refuse(pictures, known)
    return replace(pictures, shift=base - pictures.first)


def named(pictures: frames.Frames, annotated: Collection[int],
          options: Mapping[str, object] | None) -> frames.Frames:
    """Checks images that come with an annotation and should have its numbers.

    Raises:
        CatganError: all annotated frames have an image only if images are numbered from the other base.
    """
    images, known = pictures.numbered, set(annotated)
    base = _checked(pictures, asked(options)) if images else None
    if base is not None:
        return replace(pictures, shift=base - pictures.first)
    other = 1 - 2 * pictures.first
    if images and known and not _covered(images, known, 0) and _covered(images, known, other):
        _refuse(pictures, known)
    return pictures


def timed(pictures: frames.Frames, options: Mapping[str, object] | None) -> frames.Frames:
    """Sets the number of the first frame for annotations over time, which have no frame numbers.

    Raises:
        CatganError: there are images, but neither an image 0 nor an image 1, and the recipe does not give the base.
    """
    images = pictures.numbered
    if not images:
        return pictures
    base = _checked(pictures, asked(options))
    if base is None:
        base = next((number for number in (0, 1) if number in images), None)
    if base is None:
        raise CatganError(f"{pictures.folder} holds images {min(images)} to {max(images)}: whether its first frame is "
                          "0 or 1 cannot be told. Say it with the option 'images_from: 0' or 'images_from: 1'.")
    return replace(pictures, first=base)


def of_collection(folder: Path, videos: Sequence[str], count: Callable[[str], int],
                  options: Mapping[str, object] | None) -> int:
    """Finds the base of the image numbers if all videos of a collection were extracted in the same way.

    Args:
        folder: has a folder of images for every video; frames may lack their image.
        videos: their names.
        count: name -> number of annotated frames, which are all frames of the video.
        options: options of the source.

    Returns:
        0 or 1; 1 if there are no images at all.

    Raises:
        CatganError: the videos contradict each other or tell nothing, and the recipe does not give the base.
    """
    ends = {video: found for video in videos if (found := _ends(folder / video)) is not None}
    zeros = [video for video, (lowest, _) in ends.items() if lowest == 0]
    base = asked(options)
    if base == 1 and zeros:
        raise CatganError(f"Option 'images_from: 1' is wrong for {folder / zeros[0]}: it holds an image 0.")
    if base is not None or not ends:
        return 1 if base is None else base
    others = (video for video in ends if video not in set(zeros))
    reaching = next((video for video in others if ends[video][1] >= count(video)), None)
    if zeros and reaching is not None:
        raise CatganError(f"{folder / zeros[0]} holds an image 0, but {folder / reaching} an image "
                          f"{ends[reaching][1]} for {count(reaching)} annotated frames: whether first frames are 0 or "
                          "1 cannot be told. Make two sources of them, each with the option 'images_from'.")
    if not zeros and reaching is None:
        raise CatganError(f"{folder}: no video has an image 0 or one of its last frame, so whether first frames are 0 "
                          "or 1 cannot be told. Say it with the option 'images_from: 0' or 'images_from: 1' (images of "
                          "the collection itself count from 1).")
    return 0 if zeros else 1


def _ends(folder: Path) -> tuple[int, int] | None:
    """Returns the lowest and the highest number of the images of a folder, or None if there are none."""
    if not folder.is_dir():
        return None
    found = [int(match[1]) for name in os.listdir(folder) if (match := _IMAGE.search(name)) and name[0] != "."]
    return (min(found), max(found)) if found else None


def _checked(pictures: frames.Frames, base: int | None) -> int | None:
    """Returns `base`, unless an image 0 contradicts it."""
    if base == 1 and 0 in pictures.numbered:
        raise CatganError(f"Option 'images_from: 1' is wrong for {pictures.folder}: it holds an image 0. "
                          "Say images_from: 0, or make a source of its own for videos that begin with another number.")
    return base


def _found(images: Mapping[int, object], known: set[int], first: int, complete: bool) -> int | None:
    """Returns the base of the images, or None if it is unclear."""
    count = max(known) - first + 1  # smallest possible number of frames of the video
    every = complete and len(known) == count
    if _other_rate(images, known, count):
        return None
    if 0 in images:
        return None if every and max(images) > count - 1 else 0
    fits = [base for base in (0, 1) if _covered(images, known, base - first)]
    if len(fits) == 1:
        return fits[0]
    return 1 if every and max(images) == count else None


def _covered(images: Mapping[int, object], known: set[int], shift: int) -> bool:
    return all(number + shift in images for number in known)


def _other_rate(images: Mapping[int, object], known: set[int], count: int) -> bool:
    """Returns whether images or annotation have no gaps and are at most half as long as the other."""
    gapless = len(images) == max(images) - min(images) + 1 and min(images) <= 1
    many_rows = gapless and count >= 2 * len(images) and max(images) < count
    many_images = len(known) == count and len(images) >= 2 * count
    return many_rows or many_images


def _refuse(pictures: frames.Frames, known: set[int]) -> NoReturn:
    images = pictures.numbered
    raise CatganError(
        f"{pictures.folder} holds {len(images):,} images numbered {min(images)} to {max(images)}, but the "
        f"{len(known):,} annotated frames are numbered {min(known)} to {max(known)}: whether its first frame is 0 or 1 "
        "cannot be told. Write out all frames of the video, or say it with the option 'images_from: 0' or "
        "'images_from: 1'.")
