"""Options of `catgan explain` for a network that is not catgan's own: its file, its outputs, its preprocessing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from catgan.errors import CatganError

if TYPE_CHECKING:
    from catgan.explain.foreign import ForeignModel
    from catgan.explain.preprocessing import Box
    from catgan.pipelines.another_network import Declaration

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
    from catgan.pipelines import another_network

    if arguments.model is None:
        given = [name for name in NEEDS_MODEL if getattr(arguments, name) is not None]
        if given:
            raise CatganError(f"--{given[0].replace('_', '-')} is about another network: give --model FILE as well.")
        return None
    return another_network.open_network(arguments.model, declaration(arguments))


def declaration(arguments: argparse.Namespace) -> Declaration:
    """What the options declare of the network."""
    from catgan.pipelines.another_network import Declaration

    crop = arguments.crop or ("box" if arguments.box else None)
    texts = {name: getattr(arguments, name) or "" for name in (
        "outputs", "heads", "box_margin", "size", "channels", "pixels", "mean", "std", "channel_order", "resize")}
    return Declaration(classes=bool(arguments.classes), crop=crop or "", **texts)


def face_box(arguments: argparse.Namespace, count: int) -> Box | None:
    """The box of `--box`, of the only one of `count` photographs."""
    from catgan.pipelines.another_network import numbers

    if arguments.box is None:
        return None
    sides = [round(number) for number in numbers("--box", arguments.box)]
    if len(sides) != 4 or min(sides[2:]) < 1:
        raise CatganError("--box takes left, top, width and height in pixels, such as 40,52,96,96. Received: "
                          f"{arguments.box}.")
    if count != 1 or arguments.face == "all":
        raise CatganError(f"--box is that of one face in one photograph. Received: {count} photographs, --face "
                          f"{arguments.face}.")
    left, top, width, height = sides
    return left, top, width, height
