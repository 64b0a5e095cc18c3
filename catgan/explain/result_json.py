"""Answers as JSON text with pictures, and as HTML for notebooks."""

from __future__ import annotations

import base64
import html as html_text
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from catgan.errors import DataError
from catgan.explain.search.certified import Certificate
from catgan.explain.search.options import MAX_UNITS
from catgan.faces.images import read_image

if TYPE_CHECKING:
    from catgan.explain.result import Counterfactual

PICTURES = ("original", "reconstruction", "counterfactual")
SHOWN_WIDTH = 160
"""Width of a face in a notebook, in pixels of the page."""


def encode(result: Counterfactual) -> dict[str, object]:
    """Returns an answer as a JSON object: `to_dict()`, with `pictures` and `texts`."""
    moves = io.BytesIO()
    np.savez_compressed(moves, moves=result.moves)
    return {**result.to_dict(),
            "texts": {"kept": result.kept, "shifts": list(result.shifts), "says": result.says,
                      "unmoved": result.unmoved, "described": result.described, "max_units": result.max_units},
            "pictures": {**{name: to_base64(image) for name, image in result.images.items()},
                         "path": [to_base64(image) for image in result.path],
                         "moves": base64.b64encode(moves.getvalue()).decode("ascii")}}


def decode(content: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """Returns the arguments of a `Counterfactual` from its JSON object.

    Args:
        content: what `encode` returned, or the content of `counterfactual.json`.
        folder: of `counterfactual.json`, where its pictures lie.

    Raises:
        DataError: an object that is no answer.
    """
    try:
        texts = content.get("texts", {"described": content["sentence"]})
        proof = content["certificate"]
        named = {name: content[name] for name in (
            "status", "target", "original", "counterfactual", "validity", "proximity", "renders", "seconds", "method",
            "oracle_validity", "identity", "plausibility", "thresholds", "catgan", "preprocessing", "seed")}
        return {**named, **_pictures(content.get("pictures"), folder),
                "changes": {name: (now, to) for name, (now, to) in content["changes"].items()},
                "drawing": content["inversion"], "certificate": proof and Certificate.from_dict(proof),
                "kept": texts.get("kept", ""), "shifts": tuple(texts.get("shifts", ())), "says": texts.get("says", ""),
                "unmoved": texts.get("unmoved", False), "described": texts.get("described", ""),
                "max_units": texts.get("max_units", MAX_UNITS)}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("This is no counterfactual as catgan writes it: "
                        f"{type(error).__name__}: {' '.join(str(error).split())[:100]}.") from None


def _pictures(content: Mapping[str, Any] | None, folder: Path | None) -> dict[str, Any]:
    """Returns `images`, `path` and `moves`. Without content, pictures are read from the folder."""
    if content is None:
        if folder is None:
            raise DataError("This counterfactual has no pictures. Read it from its file, which they lie beside, or "
                            "from the text of to_json.")
        images = {name: read_image(folder / f"{name}.png") for name in PICTURES}
        face = images["counterfactual"]
        return {"images": images, "path": face[None], "moves": np.zeros((1, *face.shape[:2], 2), np.float32)}
    with np.load(io.BytesIO(base64.b64decode(content["moves"])), allow_pickle=False) as file:
        moves = file["moves"]
    return {"images": {name: from_base64(content[name]) for name in PICTURES if name in content},
            "path": np.stack([from_base64(text) for text in content["path"]]), "moves": moves}


def read_content(source: str | Path) -> tuple[dict[str, Any], Path | None]:
    """Reads a JSON object from its text, or from a file; returns it and the folder of the file.

    Raises:
        DataError: a file that cannot be read, or text that is no JSON object.
    """
    is_text = isinstance(source, str) and source.lstrip().startswith("{")
    try:
        content = json.loads(str(source) if is_text else Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{'This text' if is_text else source} cannot be read as JSON: {error}") from None
    if not isinstance(content, dict):
        raise DataError(f"An answer is a JSON object. Received: {type(content).__name__}.")
    return content, None if is_text else Path(source).parent


def to_base64(image: np.ndarray) -> str:
    """Encodes a picture, uint8 `(h, w, 3)`, as a PNG file in base64."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, format="PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def from_base64(text: str) -> np.ndarray:
    """Decodes what `to_base64` returned, uint8 `(h, w, 3)`."""
    with Image.open(io.BytesIO(base64.b64decode(text)), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("RGB"))


def html(sentence: str, images: Mapping[str, np.ndarray]) -> str:
    """Returns pictures and a sentence as HTML."""
    shown = "".join(f"<figure style='display:inline-block;margin:4px'><img width='{SHOWN_WIDTH}' alt='{name}' "
                    f"src='data:image/png;base64,{to_base64(image)}'><figcaption>{name}</figcaption></figure>"
                    for name, image in images.items())
    return f"<div>{shown}<p>{html_text.escape(sentence)}</p></div>"
