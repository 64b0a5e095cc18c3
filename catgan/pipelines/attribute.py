"""Attributes a model's output to the face in a photograph, and writes heat maps, tables and figures."""

from __future__ import annotations

import csv
import inspect
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import catgan
from catgan import facs, files, plots
from catgan.errors import CatganError, printable, unknown_name
from catgan.explain.attribution import (ACTION_UNIT_EXPLAINERS, EXPLAINERS, ActionUnitAttributions, Attributions)
from catgan.explain.attribution.baselines import BASELINES
from catgan.explain.attribution.figure import heat, heat_map, overlay
from catgan.explain.attribution.outputs import scalar_output
from catgan.explain.loading import explained_model
from catgan.faces import coverage
from catgan.faces.alignment import Face, align, aligned_by, anchors, choose_faces, pixel_centres
from catgan.faces.blending import soft_border
from catgan.faces.collection import collect
from catgan.faces.images import Photograph, read_image, read_photograph, write_image, write_photograph
from catgan.faces.landmarks import FaceLandmarker
from catgan.models.gan.model import CatGAN

LARGE_DELTA = 0.05
"""Share of the difference between face and baseline from which a convergence delta is reported as large."""


@dataclass(frozen=True)
class AttributeOptions:
    """What is attributed, and how.

    Args:
        target: name or index of the output, see `scalar_output`.
        method: a name in `EXPLAINERS` or `ACTION_UNIT_EXPLAINERS`.
        face: which face, the largest being 0.
        steps: of a path, or samples of Expected Gradients; the method's own number when None.
        baseline: `"blurred"`, `"black"`, or a photograph; for Expected Gradients a folder of photographs; for
            `counterfactual_ig` the changed photograph. The method's own baseline when None.
    """

    target: str | int | None
    method: str = "integrated_gradients"
    face: int = 0
    steps: int | None = None
    baseline: str | None = None


@dataclass(frozen=True)
class AttributedPhotograph:
    """An attribution with the photograph and the aligned face that it is about."""

    path: Path
    photograph: Photograph
    face: Face
    number: int
    result: Attributions | ActionUnitAttributions


def attribute_photograph(model: object, gan: CatGAN, path: str | os.PathLike,
                         options: AttributeOptions) -> AttributedPhotograph:
    """Attributes one output of a model to the pixels or Action Units of a face in a photograph.

    Args:
        model: what is explained, see `catgan.explain.explained_model`.
        gan: draws the faces of Action Unit methods, and states the size of aligned faces where the model does not.
        path: of the photograph.
        options: what is attributed, and how.

    Raises:
        CatganError: an unknown method or target, an option that the method lacks, a model that does not read aligned
            faces, or a photograph that cannot be read or does not show the face.
    """
    explained = explained_model(model)
    _check(explained, options)
    photograph = read_photograph(path)
    by_pixels = options.method in EXPLAINERS
    side = _side(explained, gan) if by_pixels else gan.network.image_size
    with FaceLandmarker() as landmarker:
        try:
            (_, found), = choose_faces(landmarker.detect(photograph.pixels), options.face)
        except CatganError as error:
            raise CatganError(f"{printable(path)}: {error}") from None
        face = align(photograph.pixels, found.landmarks, side)
        arguments = _arguments(options, photograph.pixels, anchors(found.landmarks), side, landmarker)
    explainer = EXPLAINERS[options.method](explained) if by_pixels else \
        ACTION_UNIT_EXPLAINERS[options.method](explained, gan=gan)
    result = explainer.attribute(face.image[None], options.target, **arguments)
    return AttributedPhotograph(Path(path), photograph, face, options.face, result)


def _check(explained: object, options: AttributeOptions) -> None:
    """Checks method, target, steps and kind of baseline before any photograph is opened."""
    methods = {**EXPLAINERS, **ACTION_UNIT_EXPLAINERS}
    if options.method not in methods:
        raise unknown_name("attribution method", options.method, methods)
    scalar_output(explained, options.target)
    preprocessing = getattr(explained, "preprocessing", None)
    if preprocessing is not None and preprocessing.crop != "aligned":
        raise CatganError("Attributions are made of aligned faces, and this model reads the crop "
                          f"'{preprocessing.crop}' of a photograph. Declare crop 'aligned'.")
    if options.steps is not None and _steps_name(options.method) is None:
        raise CatganError(f"The method {options.method} takes no steps. Received: {options.steps}.")
    name, required = _baseline_parameter(options.method)
    if options.baseline is not None and name is None:
        raise CatganError(f"The method {options.method} takes no baseline. Received: {options.baseline}.")
    if required and options.baseline in (None, *BASELINES):
        what = "the changed photograph" if name == "counterfactuals" else "a photograph or a folder of photographs"
        raise CatganError(f"The method {options.method} needs {what} as its baseline. Received: "
                          f"{options.baseline or 'none'}.")


def _parameters(method: str) -> Mapping[str, inspect.Parameter]:
    explainer = EXPLAINERS.get(method) or ACTION_UNIT_EXPLAINERS[method]
    return inspect.signature(explainer.attribute).parameters


def _steps_name(method: str) -> str | None:
    """Names the parameter of a method that `steps` stands for."""
    return next((name for name in ("n_steps", "n_samples") if name in _parameters(method)), None)


def _baseline_parameter(method: str) -> tuple[str | None, bool]:
    """Names the parameter of a method that `baseline` stands for, and says whether it must be given."""
    if method in ACTION_UNIT_EXPLAINERS:
        return None, False
    for name in ("baselines", "counterfactuals"):
        if name in _parameters(method):
            return name, _parameters(method)[name].default is inspect.Parameter.empty
    return None, False


def _side(explained: object, gan: CatGAN) -> int:
    """Returns the side of aligned faces in pixels: that of a foreign model's input where it is known."""
    preprocessing = getattr(explained, "preprocessing", None)
    return max(preprocessing.size) if preprocessing is not None and preprocessing.size else gan.network.image_size


def _arguments(options: AttributeOptions, photo: np.ndarray, places: np.ndarray, side: int,
               landmarker: FaceLandmarker) -> dict[str, object]:
    """Makes the arguments of the method's `attribute` that the options stand for."""
    arguments: dict[str, object] = {}
    steps = _steps_name(options.method)
    if options.steps is not None and steps is not None:
        arguments[steps] = options.steps
    name, required = _baseline_parameter(options.method)
    if options.baseline is None or name is None:
        return arguments
    if name == "counterfactuals":
        return {**arguments, name: _changed_face(options.baseline, photo, places, side)}
    if options.baseline in BASELINES:
        return {**arguments, name: options.baseline}
    faces = _other_faces(options.baseline, side, landmarker)
    if not required and len(faces) != 1:
        raise CatganError(f"The method {options.method} takes one photograph as its baseline. Received: {len(faces)} "
                          f"in {options.baseline}.")
    return {**arguments, name: faces if required else faces[0]}


def _changed_face(path: str, photo: np.ndarray, places: np.ndarray, side: int) -> np.ndarray:
    """Cuts the face out of a changed photograph where it lies in the original, uint8 `(side, side, 3)`."""
    changed = read_image(path)
    if changed.shape != photo.shape:
        raise CatganError(f"{path}: a changed photograph must have the size of the original, {photo.shape[1]} x "
                          f"{photo.shape[0]} pixels. Received: {changed.shape[1]} x {changed.shape[0]}.")
    return aligned_by(changed, places, side).image


def _other_faces(path: str, side: int, landmarker: FaceLandmarker) -> np.ndarray:
    """Aligns the largest face of each photograph, uint8 `(n, side, side, 3)`."""
    found = collect([path])
    if not found.paths:
        raise CatganError(f"{found.failures[0]}")
    faces = []
    for photo in found.paths:
        pixels = read_image(photo)
        try:
            (_, face), = choose_faces(landmarker.detect(pixels), 0)
        except CatganError as error:
            raise CatganError(f"{printable(photo)}: {error}") from None
        faces.append(align(pixels, face.landmarks, side).image)
    return np.stack(faces)


# === Files ===


def save(found: AttributedPhotograph, folder: str | os.PathLike, model: str = "") -> dict[str, object]:
    """Writes pictures, a table and, last, `attribution.json`.

    Pixel methods write `heat_map.png` (the aligned face), `photograph.png` (the heat map over the whole photograph),
    `panel.png` and `regions.csv`; Action Unit methods `panel.png` and `action_units.csv`.

    Args:
        found: the attribution.
        folder: is made if it does not exist.
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
        _write_table(folder / "regions.csv", ("region", "attribution"),
                     [(name, values[0]) for name, values in result.by_region().items()])
    else:
        _write_table(folder / "action_units.csv", ("action_unit", "name", "baseline", "intensity", "attribution"),
                     [(facs.au_name(number), facs.action_unit(number).name, result.baseline_levels[0, place],
                       result.levels[0, place], result.attributions[0, place])
                      for place, number in enumerate(result.units)])
    plots.save(result.plot(), folder / "panel.png", provenance)
    content = {**summary, **result.to_dict(), "provenance": provenance}
    files.write_json(folder / "attribution.json", content)
    return summary


def summarised(found: AttributedPhotograph) -> dict[str, object]:
    """Returns the figures of an attribution as JSON holds them, without maps and pixels."""
    result, delta = found.result, found.result.convergence_delta
    parts = result.by_region() if isinstance(result, Attributions) else result.by_unit()
    name = "regions" if isinstance(result, Attributions) else "action_units"
    return {"image": printable(found.path), "face": found.number, "turned": found.face.turned,
            "covered": list(coverage.covered(found.face.image)), "method": result.method, "target": result.target,
            "value": float(result.values[0]), "baseline_value": float(result.baseline_values[0]),
            "convergence_delta": None if delta is None else float(delta[0]), "passes": int(result.passes[0]),
            name: {key: float(values[0]) for key, values in parts.items()}}


def delta_is_large(result: Attributions | ActionUnitAttributions) -> bool:
    """Tells whether the completeness error of the first face is a large share of what was attributed."""
    delta = result.convergence_delta
    if delta is None:
        return False
    return bool(abs(delta[0]) > LARGE_DELTA * abs(result.values[0] - result.baseline_values[0]))


def over_photograph(photo: np.ndarray, face: Face, pixels: np.ndarray) -> np.ndarray:
    """Lays the heat map of an aligned face over its photograph, at the photograph's own resolution.

    Args:
        photo: uint8 `(h, w, 3)`.
        face: aligned from it.
        pixels: the attribution, `(side, side)`.

    Returns:
        uint8 `(h, w, 3)`; pixels outside the aligned face are those of `photo`.
    """
    border, size = soft_border(len(pixels)), (photo.shape[1], photo.shape[0])

    def brought(values: np.ndarray, how: int) -> np.ndarray:
        return cv2.warpAffine(values.astype(np.float32), pixel_centres(face.matrix), size,
                              flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT)

    strength = np.clip(brought(heat(pixels) * border, cv2.INTER_CUBIC), -1.0, 1.0)
    return overlay(photo, strength, np.clip(brought(border, cv2.INTER_LINEAR), 0.0, 1.0))


def _write_table(path: Path, names: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    files.write_text(path, stream.getvalue())
