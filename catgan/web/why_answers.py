"""Describes answers for the page Why?: pictures, sentences and every error that an answer states."""

from __future__ import annotations

import numpy as np

from catgan import facs
from catgan.explain import report
from catgan.explain.attribution.figure import heat_map
from catgan.explain.result import Counterfactual
from catgan.explain.semifactual import Semifactual
from catgan.faces import coverage
from catgan.faces.alignment import anchors
from catgan.pipelines.why import Why
from catgan.web.face_edits import jpeg_address
from catgan.web.face_state import FoundFace

PICTURES = report.PICTURES


def described(why: Why, face: FoundFace, sentence: str, model: str) -> dict[str, object]:
    """Returns all answers as JSON holds them.

    Args:
        why: the answers.
        face: the face that they are about.
        sentence: the question in words.
        model: name of the explained model.
    """
    heat = why.heat
    return {"question": sentence, "target": why.question.target, "method": why.question.method, "model": model,
            "answers": [_answer(answer, face) for answer in why.answers],
            "even_if": None if why.even_if is None else _even_if(why.even_if),
            "heat": None if heat is None else {
                "picture": jpeg_address(heat_map(heat.images[0], heat.pixels[0])), "output": heat.target,
                "method": heat.method, "value": float(heat.values[0]), "baseline": float(heat.baseline_values[0]),
                "delta": None if heat.convergence_delta is None else float(heat.convergence_delta[0]),
                "regions": {name: float(values[0]) for name, values in heat.by_region().items()}},
            "missing": dict(why.missing), "covered": list(coverage.covered(face.face.image))}


def _answer(result: Counterfactual, face: FoundFace) -> dict[str, object]:
    places = seen_from(face, anchors(face.detected.landmarks))
    shown = report.pictures(result, face.near.pixels, face.near.face, places)
    frames = report.frames(result, face.near.pixels, face.near.face, places)
    return {**result.to_dict(), "kept": result.kept, "says": result.says,
            "proof": None if result.certificate is None else result.certificate.sentence(),
            "moved": _changes(result.changes), "pictures": {name: jpeg_address(shown[name]) for name in PICTURES},
            "frames": [jpeg_address(frame) for frame in frames]}


def _even_if(result: Semifactual) -> dict[str, object]:
    return {"sentence": result.sentence(), "moved": _changes(result.changes), "picture": jpeg_address(result.image)}


def _changes(changes: dict[str, tuple[float, float]]) -> list[dict[str, object]]:
    return [{"name": name, "title": facs.action_unit(facs.parse_action_unit(name)).name, "from": round(now, 2),
             "to": round(to, 2)} for name, (now, to) in changes.items()]


def seen_from(face: FoundFace, places: np.ndarray) -> np.ndarray:
    """Converts points of the photograph, `(n, 2)`, to pixels of the view of the face, `face.near`."""
    matrix, near = face.face.matrix, face.near.face.matrix
    crop = places @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray((crop - near[:, 2]) @ np.linalg.inv(near[:, :2]).T)
