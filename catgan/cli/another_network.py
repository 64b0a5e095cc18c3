"""Options of `catgan explain` for a network that is not catgan's own: its file, its outputs, its preprocessing."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from catgan.errors import CatganError

if TYPE_CHECKING:
    from catgan.explain.foreign import ForeignModel
    from catgan.explain.preprocessing import Box, Preprocessing

SIZE = re.compile(r"(\d+)(?:x(\d+))?")
NEEDS_MODEL = ("heads", "outputs", "classes", "crop", "box", "box_margin", "size", "channels", "pixels", "mean", "std",
               "channel_order", "resize")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    foreign = parser.add_argument_group("another network")
    foreign.add_argument("--model", metavar="FILE",
                         help="explain this network: a .keras, .h5 or .onnx file, or a SavedModel folder")
    foreign.add_argument("--heads", metavar="NAMES",
                         help="which of its outputs are read, joined by commas (default: all that hold numbers)")
    foreign.add_argument("--outputs", metavar="NAMES", help="names for the numbers in them, joined by commas")
    foreign.add_argument("--classes", action="store_true", default=None,
                         help="the numbers of one output are classes that exclude each other")
    made = parser.add_argument_group("how that network's pictures are made of a photograph")
    made.add_argument("--crop", choices=("aligned", "box", "square"),
                      help="aligned: as catgan draws faces; box: the face box; square: the face box, its shorter side "
                           "extended to the shape of the input (default: aligned)")
    made.add_argument("--box-margin", metavar="M",
                      help="added on each side of the box: a share of its side, such as 0.1, or pixels, such as 10px")
    made.add_argument("--box", metavar="L,T,W,H",
                      help="left, top, width and height of the face in the one photograph, in pixels, as your own "
                           "detector finds it (default: the box of the landmarks)")
    made.add_argument("--size", metavar="HxW", help="height and width of the input, where the file does not tell")
    made.add_argument("--channels", choices=("grey", "rgb", "bgr"), help="default: grey or rgb, as the file tells")
    made.add_argument("--pixels", metavar="RANGE",
                      help="what grey levels become: 0..255, 0..1, -1..1 or another range; or imagenet or caffe, with "
                           "their channels, mean and standard deviation (default: 0..255)")
    made.add_argument("--mean", metavar="NUMBERS", help="subtracted, in units of --pixels: one, or one a channel")
    made.add_argument("--std", metavar="NUMBERS", help="divided by, after that")
    made.add_argument("--channel-order", choices=("first", "last"), help="default: as the file tells")
    made.add_argument("--resize", choices=("area", "linear"),
                      help="area: as PIL and torchvision do; linear: as cv2.resize does (default: area)")


def foreign_model(arguments: argparse.Namespace) -> ForeignModel | None:
    """The network of `--model`; None where none is given.

    Raises:
        CatganError: an option that needs `--model`, a wrong value, or a network that cannot be explained.
    """
    from catgan.explain.foreign import ForeignModel
    from catgan.explain.loading import explained_model

    if arguments.model is None:
        given = [name for name in NEEDS_MODEL if getattr(arguments, name) is not None]
        if given:
            raise CatganError(f"--{given[0].replace('_', '-')} is about another network: give --model FILE as well.")
        return None
    model = explained_model(arguments.model, _names(arguments.outputs), classes=bool(arguments.classes),
                            heads=_names(arguments.heads), preprocessing=preprocessing(arguments))
    assert isinstance(model, ForeignModel)  # of a file
    return model


def preprocessing(arguments: argparse.Namespace) -> Preprocessing:
    """What is declared of the network's pictures."""
    from catgan.explain.preprocessing import Preprocessing

    margin, padding = _margin(arguments.box_margin)
    return Preprocessing(crop=arguments.crop or ("box" if arguments.box or arguments.box_margin else "aligned"),
                         margin=margin, padding=padding, size=_size(arguments.size), channels=arguments.channels,
                         pixels=arguments.pixels or "0..255", mean=_numbers("--mean", arguments.mean),
                         std=_numbers("--std", arguments.std), order=arguments.channel_order,
                         resize=arguments.resize or "area")


def face_box(arguments: argparse.Namespace, count: int) -> Box | None:
    """The box of `--box`, of the only one of `count` photographs."""
    if arguments.box is None:
        return None
    numbers = [round(number) for number in _numbers("--box", arguments.box)]
    if len(numbers) != 4 or min(numbers[2:]) < 1:
        raise CatganError("--box takes left, top, width and height in pixels, such as 40,52,96,96. Received: "
                          f"{arguments.box}.")
    if count != 1 or arguments.face == "all":
        raise CatganError(f"--box is that of one face in one photograph. Received: {count} photographs, --face "
                          f"{arguments.face}.")
    left, top, width, height = numbers
    return left, top, width, height


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _numbers(option: str, text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise CatganError(f"{option} takes numbers, joined by commas. Received: {text}.") from None


def _margin(text: str | None) -> tuple[float, int]:
    """A share of the box and pixels."""
    wanted = (text or "0").replace(" ", "")
    try:
        return (0.0, int(wanted[:-2])) if wanted.endswith("px") else (float(wanted), 0)
    except ValueError:
        raise CatganError("--box-margin takes a share such as 0.1, or pixels such as 10px. Received: "
                          f"{text}.") from None


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = SIZE.fullmatch(text.replace(" ", "").lower())
    if not match:
        raise CatganError(f"--size takes height and width, such as 224x224, or 64. Received: {text}.")
    return int(match[1]), int(match[2] or match[1])
