"""Attributes a model's output to the pixels or Action Units of a face in a photograph."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catgan.errors import CatganError, printable, unknown_name
from catgan.explain.attribution import (ACTION_UNIT_EXPLAINERS, EXPLAINERS, ActionUnitAttributions, Attributions)
from catgan.explain.attribution.baselines import BASELINES
from catgan.explain.attribution.outputs import scalar_output
from catgan.explain.loading import explained_model
from catgan.faces.alignment import Face, align, aligned_by, anchors, choose_faces
from catgan.faces.collection import collect
from catgan.faces.images import Photograph, read_image, read_photograph
from catgan.faces.landmarks import FaceLandmarker
from catgan.models.gan.model import CatGAN


@dataclass(frozen=True)
class AttributeOptions:
    """Holds the options of an attribution.

    Args:
        target: name or index of the output, see `scalar_output`.
        method: a name in `EXPLAINERS` or `ACTION_UNIT_EXPLAINERS`.
        face: number of the face by size; the largest is 0.
        steps: number of steps of a path, or of samples of Expected Gradients. None uses the default of the method.
        baseline: `"blurred"`, `"black"`, or a photograph; for Expected Gradients a folder of photographs; for
            `counterfactual_ig` the changed photograph. None uses the default of the method.
    """

    target: str | int | None
    method: str = "integrated_gradients"
    face: int = 0
    steps: int | None = None
    baseline: str | None = None


@dataclass(frozen=True)
class AttributedPhotograph:
    """Holds an attribution, with its photograph, its aligned face and the number of the face by size."""

    path: Path
    photograph: Photograph
    face: Face
    number: int
    result: Attributions | ActionUnitAttributions


def attribute_photograph(model: object, gan: CatGAN, path: str | os.PathLike,
                         options: AttributeOptions) -> AttributedPhotograph:
    """Attributes one output of a model to the pixels or Action Units of a face in a photograph.

    Args:
        model: the explained model, see `catgan.explain.explained_model`.
        gan: draws the faces of Action Unit methods. Its image size is used if that of the model is unknown.
        path: of the photograph.
        options: output, method and face.

    Raises:
        CatganError: an unknown method or target, an option that the method lacks, a model that does not take aligned
            faces, or a photograph that cannot be read or does not show the face.
    """
    explained = explained_model(model)
    _check(explained, options)
    photograph = read_photograph(path)
    by_pixels = options.method in EXPLAINERS
    side = face_side(explained, gan) if by_pixels else gan.network.image_size
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
    """Returns the name of the parameter of a method that gets `steps`, or None."""
    return next((name for name in ("n_steps", "n_samples") if name in _parameters(method)), None)


def _baseline_parameter(method: str) -> tuple[str | None, bool]:
    """Returns the name of the parameter of a method that gets `baseline`, or None; and True if it is required."""
    if method in ACTION_UNIT_EXPLAINERS:
        return None, False
    for name in ("baselines", "counterfactuals"):
        if name in _parameters(method):
            return name, _parameters(method)[name].default is inspect.Parameter.empty
    return None, False


def face_side(explained: object, gan: CatGAN) -> int:
    """Returns the side of aligned faces in pixels: that of the model's input if it is known, else that of `gan`."""
    preprocessing = getattr(explained, "preprocessing", None)
    return max(preprocessing.size) if preprocessing is not None and preprocessing.size else gan.network.image_size


def _arguments(options: AttributeOptions, photo: np.ndarray, places: np.ndarray, side: int,
               landmarker: FaceLandmarker) -> dict[str, object]:
    """Converts the options to arguments of the method's `attribute`."""
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
    """Crops the face of a changed photograph at its place in the original, uint8 `(side, side, 3)`."""
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
