"""Writes the attribution of a photograph: heat maps, a figure, a table and JSON."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import cv2
import numpy as np

import catgan
from catgan import facs, files, plots
from catgan.errors import printable
from catgan.explain.attribution import ActionUnitAttributions, Attributions
from catgan.explain.attribution.figure import heat, heat_map, overlay
from catgan.faces import coverage
from catgan.faces.alignment import Face, pixel_centres
from catgan.faces.blending import soft_border
from catgan.faces.images import write_image, write_photograph
from catgan.pipelines.attribute import AttributedPhotograph

LARGE_DELTA = 0.05
"""Convergence deltas above this share of the difference between face and baseline are reported as large."""


def save(found: AttributedPhotograph, folder: str | os.PathLike, model: str = "") -> dict[str, object]:
    """Writes pictures, a table and, last, `attribution.json`.

    Pixel methods write `heat_map.png` (the aligned face), `photograph.png` (the heat map over the whole photograph),
    `panel.png` and `regions.csv`. Action Unit methods write `panel.png` and `action_units.csv`.

    Args:
        found: the attribution.
        folder: created if it does not exist.
        model: name of the explained model, for the provenance.

    Returns:
        The content of `attribution.json` without maps and pixels.
    """
    folder, result, summary = Path(folder), found.result, summarised(found)
    provenance = {"catgan": f"attribution, catgan {catgan.__version__}", "model": model, "target": result.target,
                  "method": result.method}
    if isinstance(result, Attributions):
        write_image(folder / "heat_map.png", heat_map(result.images[0], result.pixels[0]), provenance)
        write_photograph(folder / "photograph.png", found.photograph,
                         over_photograph(found.photograph.pixels, found.face, result.pixels[0]), provenance)
        write_table(folder / "regions.csv", ("region", "attribution"),
                    [(name, values[0]) for name, values in result.by_region().items()])
    else:
        write_table(folder / "action_units.csv", ("action_unit", "name", "baseline", "intensity", "attribution"),
                    [(facs.au_name(number), facs.action_unit(number).name, result.baseline_levels[0, place],
                      result.levels[0, place], result.attributions[0, place])
                     for place, number in enumerate(result.units)])
    plots.save(result.plot(), folder / "panel.png", provenance)
    content = {**summary, **result.to_dict(), "provenance": provenance}
    files.write_json(folder / "attribution.json", content)
    return summary


def summarised(found: AttributedPhotograph) -> dict[str, object]:
    """Returns the figures of an attribution as JSON values, without maps and pixels."""
    result, delta = found.result, found.result.convergence_delta
    parts = result.by_region() if isinstance(result, Attributions) else result.by_unit()
    name = "regions" if isinstance(result, Attributions) else "action_units"
    return {"image": printable(found.path), "face": found.number, "turned": found.face.turned,
            "covered": list(coverage.covered(found.face.image)), "method": result.method, "target": result.target,
            "value": float(result.values[0]), "baseline_value": float(result.baseline_values[0]),
            "convergence_delta": None if delta is None else float(delta[0]), "passes": int(result.passes[0]),
            name: {key: float(values[0]) for key, values in parts.items()}}


def delta_is_large(result: Attributions | ActionUnitAttributions) -> bool:
    """Returns True if the convergence delta of the first face exceeds the share `LARGE_DELTA`."""
    delta = result.convergence_delta
    if delta is None:
        return False
    return bool(abs(delta[0]) > LARGE_DELTA * abs(result.values[0] - result.baseline_values[0]))


def over_photograph(photo: np.ndarray, face: Face, pixels: np.ndarray) -> np.ndarray:
    """Lays the heat map of an aligned face over its photograph, at the photograph's own resolution.

    Args:
        photo: uint8 `(h, w, 3)`.
        face: the aligned face of `photo`.
        pixels: the attribution, float `(side, side)`.

    Returns:
        uint8 `(h, w, 3)`; pixels outside the aligned face are those of `photo`.
    """
    border, size = soft_border(len(pixels)), (photo.shape[1], photo.shape[0])

    def brought(values: np.ndarray, how: int) -> np.ndarray:
        return cv2.warpAffine(values.astype(np.float32), pixel_centres(face.matrix), size,
                              flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT)

    strength = np.clip(brought(heat(pixels) * border, cv2.INTER_CUBIC), -1.0, 1.0)
    return overlay(photo, strength, np.clip(brought(border, cv2.INTER_LINEAR), 0.0, 1.0))


def write_table(path: Path, names: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Writes a CSV file with a line of names."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    files.write_text(path, stream.getvalue())
