"""Opens a network that is not catgan's own, from what a user declares of it as text: outputs and preprocessing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from catgan.errors import CatganError
from catgan.explain.foreign import ForeignModel
from catgan.explain.loading import explained_model
from catgan.explain.preprocessing import Preprocessing

SIZE = re.compile(r"(\d+)(?:x(\d+))?")

Spelling = Callable[[str], str]
"""Spells the name of a field of `Declaration` as the user knows it, for messages."""


def as_option(name: str) -> str:
    """Spells a field as the option of the command line."""
    return f"--{name.replace('_', '-')}"


@dataclass(frozen=True)
class Declaration:
    """What a user declares of a network, as text. Empty: not declared.

    Args:
        outputs: names of its numbers, joined by commas.
        heads: which of its outputs are read, joined by commas.
        classes: whether the numbers of one output are classes that exclude each other.
        crop: `"aligned"`, `"box"` or `"square"`; `"box"` where a margin is declared, else `"aligned"`, when empty.
        box_margin: a share of the box's side such as `"0.1"`, or pixels such as `"10px"`.
        size: height and width of the input, `"224x224"` or `"64"`.
        channels: `"grey"`, `"rgb"` or `"bgr"`.
        pixels: a range such as `"0..1"`, or `"imagenet"` or `"caffe"`.
        mean, std: one number, or one for each channel, joined by commas.
        channel_order: `"first"` or `"last"`.
        resize: `"area"` or `"linear"`.
    """

    outputs: str = ""
    heads: str = ""
    classes: bool = False
    crop: str = ""
    box_margin: str = ""
    size: str = ""
    channels: str = ""
    pixels: str = ""
    mean: str = ""
    std: str = ""
    channel_order: str = ""
    resize: str = ""

    def preprocessing(self, spelled: Spelling = as_option) -> Preprocessing:
        """Returns how the network's pictures are made.

        Raises:
            CatganError: a value of another form, or one that contradicts another.
        """
        margin, padding = _margin(spelled("box_margin"), self.box_margin)
        return Preprocessing(crop=self.crop or ("box" if self.box_margin else "aligned"), margin=margin,
                             padding=padding, size=_size(spelled("size"), self.size), channels=self.channels or None,
                             pixels=self.pixels or "0..255", mean=numbers(spelled("mean"), self.mean),
                             std=numbers(spelled("std"), self.std), order=self.channel_order or None,
                             resize=self.resize or "area")


def open_network(path: str | Path, declared: Declaration, spelled: Spelling = as_option) -> ForeignModel:
    """Opens a network, and tries it on two drawn faces.

    Args:
        path: a .keras, .h5 or .onnx file, or a SavedModel folder.
        declared: what the user says of it.
        spelled: names the fields of `declared` in messages.

    Raises:
        CatganError: a declaration or a network that cannot be used.
    """
    model = explained_model(Path(path), names(declared.outputs), classes=declared.classes,
                            heads=names(declared.heads), preprocessing=declared.preprocessing(spelled))
    assert isinstance(model, ForeignModel)  # of a file
    return model


def names(text: str) -> list[str]:
    """Splits names at commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(field: str, text: str) -> tuple[float, ...]:
    """Splits numbers at commas.

    Args:
        field: its name in the message.
        text: of the user.

    Raises:
        CatganError: anything but numbers.
    """
    try:
        return tuple(float(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise CatganError(f"{field} takes numbers, joined by commas. Received: {text}.") from None


def _margin(field: str, text: str) -> tuple[float, int]:
    """Returns a share of the box, and pixels."""
    wanted = (text or "0").replace(" ", "")
    try:
        return (0.0, int(wanted[:-2])) if wanted.endswith("px") else (float(wanted), 0)
    except ValueError:
        raise CatganError(f"{field} takes a share such as 0.1, or pixels such as 10px. Received: {text}.") from None


def _size(field: str, text: str) -> tuple[int, int] | None:
    if not text.strip():
        return None
    match = SIZE.fullmatch(text.replace(" ", "").lower())
    if not match:
        raise CatganError(f"{field} takes height and width, such as 224x224, or 64. Received: {text}.")
    return int(match[1]), int(match[2] or match[1])
