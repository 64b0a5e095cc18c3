"""Files of a counterfactual: pictures, the panel, an animation, and `counterfactual.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import catgan
from catgan import files, plots
from catgan.explain.panel import PICTURES, counterfactual_figure, heat, with_difference
from catgan.explain.result import Counterfactual
from catgan.faces.alignment import Face, aligned_by
from catgan.faces.blending import paste
from catgan.faces.images import Photograph, write_image, write_photograph

__all__ = ["PICTURES", "heat", "save"]

PICTURE_SIZE = 256
"""Side in pixels of aligned faces that are cut from a photograph."""
FRAME_SECONDS = 0.08
"""Duration of a frame of the animation."""
HOLD_SECONDS = 0.8
"""Duration of its first and last frame."""


def save(result: Counterfactual, folder: str | Path, photo: np.ndarray | Photograph | None = None,
         face: Face | None = None, places: np.ndarray | None = None, model: str = "") -> dict[str, np.ndarray]:
    """Writes the pictures and, last, `counterfactual.json`.

    Args:
        result: the answer.
        folder: made if needed.
        photo: the photograph that `face` was aligned from, uint8 `(h, w, 3)`. The change is put into it at its own
            resolution. A `Photograph` keeps its colour profile and transparency.
        face: the aligned face.
        places: its anchors in the photograph, see `catgan.faces.alignment.anchors`.
        model: names of the explained model and of the model that draws, for the provenance.

    Returns:
        The pictures, by name.
    """
    folder, mark = Path(folder), provenance(result, model)
    source, photo = (photo, photo.pixels) if isinstance(photo, Photograph) else (None, photo)
    images = pictures(result, photo, face, places)
    for name, image in images.items():
        if name == "photograph" and source is not None:
            write_photograph(folder / "photograph.png", source, image, mark)
        else:
            write_image(folder / f"{name}.png", image, None if name == "original" else mark)
    plots.save(counterfactual_figure(result, images), folder / "panel.png", mark)
    if len(result.path) > 1:
        animation(folder / "animation.gif", frames(result, photo, face, places), mark)
    files.write_json(folder / "counterfactual.json", {**result.to_dict(), "provenance": mark})
    return images


def provenance(result: Counterfactual, model: str = "") -> dict[str, str]:
    """Returns the text chunks of every drawn picture, which `counterfactual.json` holds too."""
    return {"catgan": f"synthetic face, catgan {catgan.__version__}", "model": model, "target": result.target,
            "status": result.status}


def pictures(result: Counterfactual, photo: np.ndarray | None = None, face: Face | None = None,
             places: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Returns the pictures of an answer by name, uint8.

    They are `PICTURES` of the aligned face, and `photograph`, the whole photograph with the changed face, where one is
    given. Arguments as `save`.
    """
    if photo is None or face is None or places is None:
        shown = dict(result.images)
    else:
        pasted = paste(photo, face, result.path[-1], result.moves[-1])
        base = aligned_by(photo, places, PICTURE_SIZE).image
        shown = {"original": base, "reconstruction": _large(result.images["reconstruction"]),
                 "counterfactual": aligned_by(pasted, places, PICTURE_SIZE).image, "photograph": pasted}
    return with_difference(shown)


def frames(result: Counterfactual, photo: np.ndarray | None = None, face: Face | None = None,
           places: np.ndarray | None = None) -> list[np.ndarray]:
    """Returns the aligned faces from the original to the counterfactual, uint8; arguments as `save`."""
    if photo is None or face is None or places is None:
        return [result.images["original"], *result.path]
    pasted = [photo, *(paste(photo, face, after, moves) for after, moves in zip(result.path, result.moves))]
    return [aligned_by(picture, places, PICTURE_SIZE).image for picture in pasted]


def animation(path: Path, shown: list[np.ndarray], mark: Mapping[str, str]) -> None:
    """Writes a GIF from one face to the other and back, in a loop."""
    order = [*shown, *shown[-2:0:-1]]
    seconds = [FRAME_SECONDS] * len(order)
    seconds[0] = seconds[len(shown) - 1] = HOLD_SECONDS
    pages = [Image.fromarray(picture) for picture in order]
    with files.atomic_path(path) as temporary:
        pages[0].save(temporary, format="GIF", save_all=True, append_images=pages[1:], loop=0,
                      duration=[round(1000 * part) for part in seconds], comment=mark["catgan"].encode())


def _large(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, (PICTURE_SIZE, PICTURE_SIZE), interpolation=cv2.INTER_CUBIC)
