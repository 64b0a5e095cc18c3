"""Encoders that users bring as a file: the Inception network of 2015 that defines the FID, or any network in ONNX, such
as DINOv2 (Oquab et al. 2023), which agrees best with people (Stein et al. 2023).

An encoder never saw the training faces. Nothing is downloaded here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import keras
import numpy as np
from PIL import Image

from catgan.errors import CatganError
from catgan.system import progress_bar

BATCH_SIZE = 32
"""Faces that go through a network at once."""
IMAGENET = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)
"""Mean and deviation per channel of red, green, blue 0..1 that DINOv2 and its like were trained with."""

INCEPTION_INPUT = "Mul"
"""Node of Inception-2015 that takes the scaled picture."""
INCEPTION_OUTPUT = "pool_3"
"""Node of Inception-2015 that gives the features."""
INCEPTION_SIDE = 299
"""Side of its input in pixels."""
INCEPTION_OPERATIONS = frozenset((
    "AvgPool", "BatchNormWithGlobalNormalization", "CheckNumerics", "Concat", "Const", "Conv2D", "Identity", "MaxPool",
    "Placeholder", "Relu"))
"""Operations of the network. Graphs with others are refused, as an operation can read and write files."""

Opened: TypeAlias = tuple[str, int, Callable[[np.ndarray], np.ndarray]]
"""Name, side of the input in pixels, and the function from faces `(n, side, side, 3)` to features `(n, d)`."""


@runtime_checkable
class Encoder(Protocol):
    """Turns faces into features, for distances between sets of faces or between people.

    Args:
        name: by which results name it.
    """

    name: str

    def features(self, images: np.ndarray) -> np.ndarray:
        """Computes features `(n, d)` of uint8 faces `(n, side, side, 3)`."""


class FileEncoder:
    """Computes features by a network in a file.

    Args:
        path: `.onnx`, or the `.pb` of Inception-2015: `classify_image_graph_def.pb` of `inception-2015-12-05.tgz`.

    Raises:
        CatganError: no such file, another kind of file, or a network that does not take faces.
    """

    def __init__(self, path: str | Path):
        path = Path(path)
        if not path.is_file():
            raise CatganError(f"No such encoder: {path}.")
        openers: dict[str, Callable[[Path], Opened]] = {".pb": _inception, ".onnx": _onnx}
        if path.suffix.lower() not in openers:
            raise CatganError(f"An encoder is an .onnx file, or the .pb of Inception-2015. Received: {path.name}.")
        self.name, self.side, self._encode = openers[path.suffix.lower()](path)

    def features(self, images: np.ndarray) -> np.ndarray:
        """Computes features float32 `(n, d)` of uint8 faces `(n, side, side, 3)`."""
        batches = progress_bar(_batches(images), self.name, total=-(-len(images) // BATCH_SIZE), unit="batch")
        return np.concatenate([self._encode(batch) for batch in batches])


def _batches(images: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(images), BATCH_SIZE):
        yield images[start:start + BATCH_SIZE]


def resized(images: np.ndarray, side: int, how: Image.Resampling) -> np.ndarray:
    """Resizes faces to float32 0..255 `(n, side, side, 3)`, each channel in float with antialiasing (Parmar et al.
    2022: other resizing changes the distances)."""
    return np.stack([np.stack([np.asarray(Image.fromarray(channel).resize((side, side), how))
                               for channel in image.transpose(2, 0, 1).astype(np.float32)], -1)
                     for image in images]).clip(0.0, 255.0)


# === Inception-2015 ===


def _inception(path: Path) -> Opened:
    """Opens the part of the graph from the scaled picture to the 2048 pooled features."""
    if keras.backend.backend() != "tensorflow":
        raise CatganError("Inception-2015 needs TensorFlow: start with KERAS_BACKEND=tensorflow.")
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise CatganError(f"{path.name} is not a TensorFlow graph.") from error
    names = {node.name for node in graph.node}
    if not {INCEPTION_INPUT, INCEPTION_OUTPUT} <= names:
        raise CatganError(f"{path.name} is not Inception-2015: it has no '{INCEPTION_INPUT}' and '{INCEPTION_OUTPUT}'.")
    part = _between(graph)
    others = sorted({node.op for node in part.node} - INCEPTION_OPERATIONS)
    if others:
        raise CatganError(f"{path.name} is not Inception-2015: that has no operations {', '.join(others)}.")

    # A TensorFlow 1 session: `tf.function` refuses the graph's BatchNormWithGlobalNormalization, which is older.
    with tf.Graph().as_default() as network:
        try:
            tf.graph_util.import_graph_def(part, name="")
        except ValueError as error:
            raise CatganError(f"{path.name} is damaged: {str(error).splitlines()[0]}") from error
    session = tf.compat.v1.Session(graph=network)

    def encode(images: np.ndarray) -> np.ndarray:
        scaled = (resized(images, INCEPTION_SIDE, Image.Resampling.BILINEAR) - 128.0) / 128.0
        return session.run(f"{INCEPTION_OUTPUT}:0", {f"{INCEPTION_INPUT}:0": scaled}).reshape(len(images), -1)

    return "inception-2015.bilinear", INCEPTION_SIDE, encode


def _between(graph):
    """Selects the nodes that the output needs; the scaled picture becomes the input, in place of a decoded JPEG."""
    nodes = {node.name: node for node in graph.node}
    part, waiting, kept = type(graph)(versions=graph.versions), [INCEPTION_OUTPUT], {INCEPTION_INPUT}
    part.node.add(name=INCEPTION_INPUT, op="Placeholder").attr["dtype"].type = 1  # float
    while waiting:
        name = waiting.pop()
        if name in kept or name not in nodes:  # an input that is missing is found when the graph is imported
            continue
        kept.add(name)
        part.node.append(nodes[name])
        waiting += [given.lstrip("^").partition(":")[0] for given in nodes[name].input]
    return part


# === ONNX ===


def _onnx(path: Path) -> Opened:
    """Opens a network of `(n, 3, h, w)`, normalised as for ImageNet, to `(n, d)` or `(n, tokens, d)`; of tokens the
    first (class) one is taken."""
    try:
        import onnxruntime
    except ImportError as error:
        raise CatganError("An encoder in ONNX needs onnxruntime: pip install 'catgan[export]'.") from error
    try:
        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a type of its own for each way to be broken
        raise CatganError(f"{path.name} cannot be opened: {str(error).splitlines()[0]}") from error
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    if len(shape) != 4 or shape[1] not in (3, None) and not isinstance(shape[1], str):
        raise CatganError(f"{path.name} must take pictures (n, 3, h, w). Received: "
                          f"{', '.join(f'{given.name} {given.shape}' for given in inputs)}.")
    side = shape[2] if isinstance(shape[2], int) else 224

    def encode(images: np.ndarray) -> np.ndarray:
        scaled = (resized(images, side, Image.Resampling.BICUBIC) / 255.0 - IMAGENET[0]) / IMAGENET[1]
        given = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), np.float32)
        found = np.asarray(session.run(None, {inputs[0].name: given})[0])
        return found[:, 0] if found.ndim == 3 else found.reshape(len(images), -1)

    return f"{_word(path.stem)}.bicubic", side, encode


def _word(stem: str) -> str:
    """Converts a file's name to the letters that names of metrics may have."""
    letters = (letter if letter.isascii() and letter.isalnum() else "-" for letter in stem.lower())
    return "".join(letters).strip("-") or "onnx"
