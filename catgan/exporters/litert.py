"""Writes parts as LiteRT files (`.tflite`), which phones, small computers and browsers run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catgan import files
from catgan.errors import ModelError
from catgan.exporters.descriptions_inside import put_inside
from catgan.exporters.saved_model import SIGNATURE, save

if TYPE_CHECKING:
    from catgan.exporters.formats import Options
    from catgan.exporters.parts import Part


def write(part: Part, path: Path, options: Options) -> Mapping[str, object]:
    """Writes a part; see `catgan.exporters.formats.PartWriter`.

    The file has operators that every LiteRT runtime knows, none of TensorFlow. Its number of faces is free: the
    signature runner of the interpreter takes any; a plain interpreter starts with 1 and is resized with
    `resize_tensor_input`. Of 16 bits are the stored weights, not the computation.

    Raises:
        ModelError: Keras runs on another backend than TensorFlow, or the network cannot be written.
    """
    facts = {"runtime": "ai_edge_litert", "signature": SIGNATURE, "batch": "any number of faces",
             "precision": "weights in float16, computed in float32" if options.half else "float32"}
    content = convert(part, options.half)
    with files.atomic_path(path) as temporary:
        temporary.write_bytes(content)
        put_inside(temporary, part.description, **facts)
    return facts


def convert(part: Part, half: bool = False) -> bytes:
    """Converts a part to the content of a file, without its description."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        save(part.network, Path(folder) / "network")
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "network"),
                                                             signature_keys=[SIGNATURE])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        try:
            return bytes(converter.convert())
        except Exception as error:  # the converter has its own class of errors, which TensorFlow does not export
            reason = " ".join(str(error).split())[:200]
            raise ModelError(f"The {part.name} cannot be written for LiteRT: {reason}") from None
