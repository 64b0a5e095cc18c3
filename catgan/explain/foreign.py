"""Foreign models: functions from pictures of faces to numbers, as explained models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from catgan.errors import CatganError, ModelError
from catgan.explain.models import Label
from catgan.explain.outputs import find_heads, parts_by_name
from catgan.explain.preprocessing import Preprocessing
from catgan.explain.tensors import Tensor

BATCH_SIZE = 64
"""Faces that a model without a batch size of its own gets at once."""
TRIAL_SIDE = 64
"""Side in pixels of the trial faces, for a model that takes any."""


class ForeignModel:
    """A function from faces to numbers, with or without gradients. It is tried once, on two drawn faces.

    Args:
        function: maps the input that `preprocessing` makes, float32 `(n, h, w, c)`, to an array `(n, k)` or `(n,)`, or
            to a dictionary or list of arrays.
        outputs: names of the numbers; when empty `output[0]`, `output[1]` .., and `emotion[3]` or `valence` where a
            model names its outputs.
        preprocessing: how the input is made of a face.
        classes: whether the numbers of one output exclude each other. A target may then also read `class=NAME`.
        differentiable: whether `function` takes the backend's tensors and lets gradients pass.
        heads: names of the outputs that are read; all that hold numbers when empty.
        dtype: of the input. Integers are for unscaled grey levels alone.
        batch: number of faces that the function always takes; None: any.
        name: for messages.

    Raises:
        ModelError: a function that fails, whose numbers are not finite, or to which outputs or names do not fit.
    """

    def __init__(self, function: Callable[[Tensor], object], outputs: Sequence[str] = (),
                 preprocessing: Preprocessing | None = None, classes: bool = False, differentiable: bool = False,
                 heads: Sequence[str] = (), dtype: str = "float32", batch: int | None = None, name: str = "The model"):
        self.function, self.preprocessing, self.name = function, preprocessing or Preprocessing(), name
        self.dtype, self.batch = np.dtype(dtype), batch
        if self.dtype.kind in "iu" and not self.preprocessing.unscaled:
            raise ModelError(f"{name} takes pixels as whole numbers ({self.dtype}): declare them as 0..255, without "
                             f"mean and standard deviation. Received pixels: {self.preprocessing.pixels}.")
        if self.preprocessing.crop != "aligned" and self.preprocessing.size is None:
            raise ModelError(f"{name} does not say how large its pictures are, and the crop "
                             f"'{self.preprocessing.crop}' has any size. Declare 'size', height and width in pixels.")
        self.differentiable = differentiable and self.dtype.kind == "f" and self.preprocessing.crop == "aligned"
        faces = trial_faces(*(self.preprocessing.size or (TRIAL_SIDE, TRIAL_SIDE)))
        count = batch or len(faces)
        given = self._given(faces[:count])
        self.heads = find_heads(given, count, name, heads, outputs, classes)
        self.heads.values(given, count, name)
        self.outputs, self.skipped = self.heads.names, self.heads.skipped
        self.labels: dict[str, Label] = {label: Label(label, (label,), -np.inf, np.inf) for label in self.outputs}
        if classes:
            self.labels["class"] = Label("class", self.heads.classes, kind="class", classes=self.heads.classes)

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads aligned faces, uint8 `(n, side, side, 3)`, as columns `(n,)`.

        Raises:
            ModelError: a model that reads another crop of a photograph, or as `read_crops`.
        """
        if self.preprocessing.crop != "aligned":
            raise ModelError(f"{self.name} reads the crop '{self.preprocessing.crop}' of a photograph, and this is an "
                             "aligned face alone. Give photographs, or declare crop 'aligned'.")
        return self.read_crops(images)

    def read_crops(self, crops: Sequence[np.ndarray] | np.ndarray) -> dict[str, np.ndarray]:
        """Reads crops as `preprocessing` cuts them, uint8 `(h, w, 3)` each, as columns `(n,)`.

        Raises:
            ModelError: a function that fails, or gives other shapes than before, or numbers that are not finite.
        """
        size, values = self.batch or BATCH_SIZE, []
        for start in range(0, len(crops), size):
            part = crops[start:start + size]
            count = self.batch or len(part)
            values.append(self.heads.values(self._given(part), count, self.name)[:len(part)])
        return dict(zip(self.outputs, np.concatenate(values).T)) if values else {
            name: np.zeros(0) for name in self.outputs}

    def _given(self, crops: Sequence[np.ndarray] | np.ndarray) -> object:
        """Calls the function. A batch that is too small is filled up with its last picture."""
        pixels = self.preprocessing.prepared(crops)
        if self.batch and len(pixels) < self.batch:
            pixels = np.concatenate([pixels, np.repeat(pixels[-1:], self.batch - len(pixels), axis=0)])
        pixels = (np.rint(pixels) if self.dtype.kind in "iu" else pixels).astype(self.dtype)
        try:
            return self.function(pixels)
        except CatganError:
            raise
        except Exception as error:  # a stranger's code may raise anything
            raise ModelError(f"{self.name} fails on pictures of shape {pixels.shape}, {pixels.dtype}: "
                             f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from None

    def predict_tensors(self, images: Tensor) -> dict[str, Tensor]:
        """Reads faces as `read` does, as tensors that gradients pass through, see `DifferentiableModel`."""
        from keras import ops

        arrays = parts_by_name(self.function(ops.cast(self.preprocessing.prepared_tensors(images), self.dtype.name)))
        values = ops.concatenate([ops.cast(ops.reshape(arrays[head], (images.shape[0], -1)), "float32")
                                  for head in self.heads.widths], axis=1)
        return {name: values[:, place] for place, name in enumerate(self.outputs)}


def trial_faces(height: int, width: int) -> np.ndarray:
    """Draws two faces to try a model on, one of which smiles, uint8 `(2, height, width, 3)`."""
    faces = []
    for smile in (0, 40):
        face = np.full((256, 256, 3), (96, 110, 128), np.uint8)
        cv2.ellipse(face, (128, 140), (84, 108), 0, 0, 360, (214, 168, 142), -1, cv2.LINE_AA)
        for x in (92, 164):
            cv2.ellipse(face, (x, 112), (15, 8), 0, 0, 360, (246, 244, 240), -1, cv2.LINE_AA)
            cv2.circle(face, (x, 112), 7, (60, 44, 34), -1, cv2.LINE_AA)
        cv2.ellipse(face, (128, 186 - smile // 2), (34, 6 + smile // 2), 0, 0, 180, (150, 62, 66), -1, cv2.LINE_AA)
        faces.append(cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA))
    return np.stack(faces)
