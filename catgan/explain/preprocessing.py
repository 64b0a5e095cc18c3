"""Preprocessing of foreign models: makes the input of a network from a photograph of a face.

The steps are those of common pipelines: cut the crop, convert it to grey (or BGR), resize it, scale its grey levels,
subtract the mean, and divide by the standard deviation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from catgan.errors import CatganError
from catgan.explain.tensors import Tensor
from catgan.faces.alignment import Face
from catgan.faces.blending import patch


class PixelConvention(NamedTuple):
    """A named convention of pixels.

    Args:
        scale: values of grey levels 0 and 255.
        channels: `"rgb"` or `"bgr"`.
        mean: subtracted after scaling, one number for each channel.
        std: divided by, one number, or one for each channel.
    """

    scale: tuple[float, float]
    channels: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


CROPS = ("aligned", "box", "square")
"""Crops of a photograph, see `Preprocessing`."""
CHANNELS = {"grey": 1, "rgb": 3, "bgr": 3}
"""Number of channels by their name."""
ORDERS = ("last", "first")
"""Places of the channels in an input."""
RESIZING = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}
"""OpenCV's interpolations by their name."""
LUMINANCE = np.array([[0.299], [0.587], [0.114]], np.float32)
"""Weights of red, green and blue in luminance (ITU-R BT.601)."""
CONVENTIONS = {
    "imagenet": PixelConvention((0.0, 1.0), "rgb", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": PixelConvention((0.0, 255.0), "bgr", (103.939, 116.779, 123.68), (1.0,))}
"""Conventions of torchvision's networks, and of Caffe's (VGG-Face, Keras' ResNet50)."""
_RANGE = re.compile(r"(-?[\d.]+(?:e-?\d+)?)\.\.(-?[\d.]+(?:e-?\d+)?)")

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels of a photograph."""


@dataclass(frozen=True)
class Preprocessing:
    """Declares how the input of a network is made of a photograph.

    Args:
        crop: `"aligned"` (rotated and scaled so that eyes and mouth lie as catgan draws them), `"box"` (the face box,
            stretched to the input), or `"square"` (the face box, its shorter side extended to the shape of the input).
        margin: share of the box's width and height that is added on each side; may be negative.
        padding: pixels of the photograph that are added on each side as well.
        size: height and width of the input in pixels; None: as the network declares.
        channels: `"grey"`, `"rgb"` or `"bgr"`; None: grey or RGB, as the network declares.
        pixels: range to which grey levels 0..255 are scaled, such as `"-1..1"`, or the name of a convention,
            `"imagenet"` or `"caffe"`.
        mean, std: subtracted, then divided by, in units of that range: one number, or one for each channel in the order
            of `channels`. Conventions have their own.
        order: `"last"` for inputs `(n, h, w, c)`, or `"first"` for `(n, c, h, w)`; None: as the network declares.
        resize: `"area"` (averages when it shrinks, as PIL and torchvision do), or `"linear"` (interpolates the nearest
            four pixels, as `cv2.resize` does by default).

    Raises:
        CatganError: any other value.
    """

    crop: str = "aligned"
    margin: float = 0.0
    padding: int = 0
    size: tuple[int, int] | None = None
    channels: str | None = None
    pixels: str = "0..255"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    order: str | None = None
    resize: str = "area"

    def __post_init__(self) -> None:
        for name, value, allowed in (("crop", self.crop, CROPS), ("channels", self.channels, (None, *CHANNELS)),
                                     ("order", self.order, (None, *ORDERS)), ("resize", self.resize, (*RESIZING,))):
            if value not in allowed:
                raise CatganError(f"'{name}' must be one of {', '.join(map(str, filter(None, allowed)))}. Received: "
                                  f"{value}.")
        if self.crop == "aligned" and (self.margin or self.padding):
            raise CatganError("An aligned crop has no margin: use crop 'box' or 'square'.")
        if not (math.isfinite(self.margin) and -0.4 <= self.margin <= 3.0 and abs(self.padding) <= 10_000):
            raise CatganError("The margin of a box must lie in -0.4..3 of its side, and -10000..10000 px. Received: "
                              f"{self.margin:g} and {self.padding} px.")
        if self.size is not None and not (len(self.size) == 2 and all(1 <= side <= 4096 for side in self.size)):
            raise CatganError(f"'size' is height and width in pixels, 1..4096 each. Received: {self.size}.")
        self._check_scale()

    def _check_scale(self) -> None:
        convention = CONVENTIONS.get(self.pixels)
        if convention is None:
            low, high = self.scale
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise CatganError(f"'pixels' must run from a smaller to a larger number. Received: {self.pixels}.")
        elif self.mean or self.std:
            raise CatganError(f"'{self.pixels}' has a mean and a standard deviation of its own. Give pixels as a "
                              "range, such as 0..1, to declare others.")
        elif self.channels == "grey":
            raise CatganError(f"'{self.pixels}' is a convention for three channels. Give pixels as a range for grey.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            allowed = (0, 1) if self.channels == "grey" else (0, 1, 3)
            if len(values) not in allowed or not all(math.isfinite(value) for value in values):
                raise CatganError(f"'{name}' takes one number, or one for each channel. Received: {values}.")
        if any(value <= 0.0 for value in self.std):
            raise CatganError(f"'std' must be larger than 0. Received: {self.std}.")

    @property
    def scale(self) -> tuple[float, float]:
        """Values of grey levels 0 and 255 before mean and standard deviation."""
        if self.pixels in CONVENTIONS:
            return CONVENTIONS[self.pixels].scale
        match = _RANGE.fullmatch(self.pixels.replace(" ", ""))
        try:
            return float(match[1]), float(match[2])  # type: ignore[index]
        except (TypeError, ValueError):
            raise CatganError(f"'pixels' must be a range such as 0..1, -1..1 or 0..255, or one of "
                              f"{', '.join(CONVENTIONS)}. Received: {self.pixels}.") from None

    @property
    def colours(self) -> str:
        """Channels in use: those declared, else those of the convention, else RGB."""
        return self.channels or (CONVENTIONS[self.pixels].channels if self.pixels in CONVENTIONS else "rgb")

    @property
    def unscaled(self) -> bool:
        """Whether the input holds unscaled grey levels."""
        return self.scale == (0.0, 255.0) and not self._statistics()[0].any() and (self._statistics()[1] == 1.0).all()

    def to_dict(self) -> dict[str, object]:
        """Returns the content as a JSON object."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def declared(self, height: int | None, width: int | None, channels: int | None, order: str | None,
                 name: str) -> Preprocessing:
        """Completes the declaration with what a network declares of its input.

        Args:
            height, width: in pixels; None where the network takes any.
            channels: their number; None where the network does not declare it.
            order: as `order` of this class; None where the network does not declare it.
            name: of the network, for messages.

        Raises:
            CatganError: the two contradict each other, or the network takes other than 1 or 3 channels.
        """
        if channels not in (None, 1, 3):
            raise CatganError(f"{name} takes pictures of {channels} channels. A model to explain takes 1 (grey) or 3 "
                              "(RGB or BGR). In Python, a function around it can add what is missing.")
        size, wanted = self.size or (height or 0, width or 0), self.colours
        if any(side is not None and side != own for side, own in zip((height, width), size)):
            raise CatganError(f"{name} takes pictures of {height or 'any'} x {width or 'any'} px (height x width). "
                              f"Received size: {size[0]} x {size[1]}.")
        if self.channels is not None and channels not in (None, CHANNELS[self.channels]):
            raise CatganError(f"{name} takes {channels} channel{'s' * (channels != 1)}. Received channels: "
                              f"{self.channels}.")
        if order and self.order not in (None, order):
            raise CatganError(f"{name} takes its channels {order}. Received order: {self.order}.")
        return replace(self, size=size if all(size) else None, order=self.order or order or "last",
                       channels="grey" if channels == 1 and self.channels is None else wanted)

    # === From pictures to input ===

    def prepared(self, images: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Makes the input of a network, float32 `(n, h, w, c)` or `(n, c, h, w)`, of crops, uint8 `(h, w, 3)` each."""
        mean, std = self._statistics()
        low, high = self.scale
        pixels = np.stack([self._resized(image) for image in images]).astype(np.float32)
        pixels = (pixels * np.float32((high - low) / 255.0) + np.float32(low) - mean) / std
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) if self.order == "first" else pixels

    def _resized(self, image: np.ndarray) -> np.ndarray:
        picture = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if self.colours == "grey" else image
        height, width = self.size or picture.shape[:2]
        if picture.shape[:2] != (height, width):
            how = RESIZING[self.resize]
            if how == cv2.INTER_AREA and (picture.shape[0] < height or picture.shape[1] < width):
                how = cv2.INTER_CUBIC
            picture = cv2.resize(picture, (width, height), interpolation=how)
        picture = picture[..., None] if picture.ndim == 2 else picture
        return picture[..., ::-1] if self.colours == "bgr" else picture

    def prepared_tensors(self, images: Tensor) -> Tensor:
        """Makes the input of float tensors `(n, side, side, 3)` in 0..255, so that gradients pass through."""
        from keras import ops

        size = self.size or tuple(images.shape[1:3])
        if size != tuple(images.shape[1:3]):
            images = ops.image.resize(images, size, antialias=self.resize == "area")
        images = ops.matmul(images, LUMINANCE) if self.colours == "grey" else images
        images = ops.flip(images, -1) if self.colours == "bgr" else images
        (low, high), (mean, std) = self.scale, self._statistics()
        pixels = (images * ((high - low) / 255.0) + low - mean) / std
        return ops.transpose(pixels, (0, 3, 1, 2)) if self.order == "first" else pixels

    def _statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns mean and standard deviation, `(1,)` or `(channels,)`, in the order of the channels."""
        convention = CONVENTIONS.get(self.pixels)
        values = ((self.mean or (0.0,), self.std or (1.0,)) if convention is None else
                  (convention.mean, convention.std))
        reversed_order = convention is not None and self.colours != convention.channels
        mean, std = (np.array(part[::-1] if reversed_order else part, np.float32) for part in values)
        return mean, std

    # === From a photograph to crops ===

    def window(self, box: Box) -> Box:
        """Returns the part of a photograph that is cut for a face box; it may reach beyond the photograph."""
        left, top, width, height = box
        if self.crop == "square":
            shape = self.size[1] / self.size[0] if self.size else 1.0  # width per height
            wider, higher = max(round(height * shape) - width, 0), max(round(width / shape) - height, 0)
            left, top, width, height = left - wider // 2, top - higher // 2, width + wider, height + higher
        across, down = round(self.margin * width) + self.padding, round(self.margin * height) + self.padding
        return left - across, top - down, max(width + 2 * across, 1), max(height + 2 * down, 1)


@dataclass(frozen=True)
class PhotographedFace:
    """An aligned face with its photograph.

    Args:
        photo: uint8 `(h, w, 3)` RGB.
        face: aligned from it.
        box: of the face in the photograph: left, top, width, height.
    """

    photo: np.ndarray
    face: Face
    box: Box


def landmark_box(face: Face) -> Box:
    """Returns the box of a face's landmarks in its photograph, in whole pixels."""
    places = (face.landmarks.astype(np.float64) - face.matrix[:, 2]) @ np.linalg.inv(face.matrix[:, :2]).T
    left, top = np.floor(places.min(0) + 0.5).astype(int).tolist()
    right, bottom = np.floor(places.max(0) + 0.5).astype(int).tolist()
    return left, top, max(right - left, 1), max(bottom - top, 1)


class Crops:
    """Cuts a network's crop of one face from its photograph, with an edited face put back into the photograph.

    Args:
        shot: the face in its photograph.
        preprocessing: declares the crop.

    Raises:
        CatganError: a box outside the photograph.
    """

    def __init__(self, shot: PhotographedFace, preprocessing: Preprocessing):
        left, top, width, height = preprocessing.window(shot.box)
        rows, columns = shot.photo.shape[:2]
        self.shot = shot
        self.rows, self.columns = (slice(max(top, 0), min(top + height, rows)),
                                   slice(max(left, 0), min(left + width, columns)))
        if self.rows.start >= self.rows.stop or self.columns.start >= self.columns.stop:
            raise CatganError(f"A face box must lie in its photograph of {columns} x {rows} px. Received: "
                              f"{','.join(map(str, shot.box))} (left, top, width, height).")
        self.border = (self.rows.start - top, top + height - self.rows.stop,
                       self.columns.start - left, left + width - self.columns.stop)

    def original(self) -> np.ndarray:
        """Returns the crop of the unchanged photograph, uint8 `(h, w, 3)`."""
        return self._bordered(self.shot.photo[self.rows, self.columns])

    def edited(self, after: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """Returns the crop of the photograph with the edited face in it: the pixels of `catgan.faces.blending.paste`.

        Args:
            after, moves: as `catgan.faces.blending.paste`.
        """
        rows, columns, drawn = patch(self.shot.photo, self.shot.face, after, moves)
        result = self.shot.photo[self.rows, self.columns].copy()
        top, bottom = max(rows.start, self.rows.start), min(rows.stop, self.rows.stop)
        left, right = max(columns.start, self.columns.start), min(columns.stop, self.columns.stop)
        if top < bottom and left < right:
            result[top - self.rows.start:bottom - self.rows.start,
                   left - self.columns.start:right - self.columns.start] = drawn[
                       top - rows.start:bottom - rows.start, left - columns.start:right - columns.start]
        return self._bordered(result)

    def _bordered(self, crop: np.ndarray) -> np.ndarray:
        return cv2.copyMakeBorder(crop, *self.border, cv2.BORDER_REPLICATE) if any(self.border) else crop
