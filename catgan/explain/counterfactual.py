"""Counterfactual: the answer to "why this prediction?", with its own errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.drawing import InversionDrawer
from catgan.explain.search import search
from catgan.explain.targets import parse_target
from catgan.gan.model import CatGAN
from catgan.metrics import image as image_metrics

STATUSES = ("ok", "already met", "not found", "poor inversion")


@dataclass(frozen=True)
class Counterfactual:
    """A changed face that changes the answer, or the nearest attempt.

    Args:
        status: `"ok"`; `"already met"` (the target holds for the face as it is); `"not found"` (no change of at most
            three AUs within 0..5 reaches it; the pictures show the nearest attempt); `"poor inversion"` (the
            generator cannot draw this face well enough for the change to mean anything).
        target: as the user wrote it.
        original, counterfactual: readings by column.
        changes: per AU name `(from, to)`, intensity 0..5.
        validity: 1.0 if the reading of the drawn face meets the target, else 0.0.
        proximity: L1 and L2 between the two faces, 0..1.
        inversion: PSNR (dB) and SSIM of the unchanged face as the generator draws it.
        renders: faces drawn by the search.
        seconds: wall time.
        images: `original`, `reconstruction` and `counterfactual`, uint8 `(side, side, 3)`.
        thresholds: the probability from which the model calls an AU of the target present, by column.
    """

    status: str
    target: str
    original: dict[str, Any]
    counterfactual: dict[str, Any]
    changes: dict[str, tuple[float, float]]
    validity: float
    proximity: dict[str, float]
    inversion: dict[str, float]
    renders: int
    seconds: float
    images: dict[str, np.ndarray]
    thresholds: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The content of `counterfactual.json`. There is no independent oracle and no identity judge yet: null."""
        rounded = {name: [round(value, 3) for value in pair] for name, pair in self.changes.items()}
        return {"status": self.status, "target": self.target, "original": self.original,
                "counterfactual": self.counterfactual, "changes": rounded, "sentence": self.sentence(),
                "thresholds": self.thresholds, "validity": self.validity, "oracle_validity": None,
                "proximity": {name: round(value, 5) for name, value in self.proximity.items()},
                "sparsity": len(self.changes), "identity": None,
                "inversion": {name: round(value, 3) for name, value in self.inversion.items()},
                "renders": self.renders, "seconds": round(self.seconds, 3)}

    def sentence(self) -> str:
        """The answer in plain words."""
        if self.status == "already met":
            return f"{self.target} holds for this face as it is."
        moved = " and ".join(
            f"{name} {facs.action_unit(facs.parse_action_unit(name)).name.lower()} goes from {a:.1f} to {b:.1f}"
            for name, (a, b) in self.changes.items())
        shifts = ", ".join(_shift(column, self.original[column], self.counterfactual[column], self.thresholds)
                           for column in target_columns(self.target, self.original))
        if self.status == "not found":
            return f"No change of up to three Action Units reaches {self.target}; the nearest attempt: {shifts} when " \
                   f"{moved}."
        warning = f" The generator draws this face poorly ({self.inversion['psnr']:.1f} dB): do not rely on this." \
            if self.status == "poor inversion" else ""
        return f"{shifts[:1].upper()}{shifts[1:]} when {moved}.{warning}"


def counterfactual(model: CatGAN, image: np.ndarray, target: str, seed: int = 0,
                   drawer: Callable[..., Any] = InversionDrawer) -> Counterfactual:
    """The smallest change of Action Units that makes `model` read `target` off the face.

    Args:
        model: explains its own discriminator's reading.
        image: uint8 `(side, side, 3)`, an aligned face of the model's size.
        target: see `catgan.explain.targets`.
        seed: the same seed gives the same answer.
        drawer: makes what draws the changes: `drawer(model, image, settings, seed)` with `draw`, `quality`, `poor`
            and `reconstruction` as `InversionDrawer` has them.

    Raises:
        CatganError: a target this model cannot tell, an image of the wrong shape, or a model without AUs.
    """
    started = time.perf_counter()
    spec = model.spec
    if not spec.action_units:
        raise CatganError("Explanations are said in Action Units, and this model was trained without them. "
                          "Train with labels.mode au or joint.")
    wanted = parse_target(target, spec, model.thresholds)
    original = model.read(np.asarray(image)[None])
    wanted = wanted.with_original(original, spec)
    settings = {number: float(original[column][0]) * 5.0 / spec.maximum
                for number, column in zip(spec.action_units, spec.action_unit_columns)}

    if wanted.shortfall(original)[0] <= 0.0:
        status, changes, renders = "already met", {}, 0
        drawn, reconstruction, quality = image, image, {"psnr": 100.0, "ssim": 1.0}
    else:
        pen = drawer(model, image, settings, seed)
        held = [facs.parse_action_unit(goal.label) for goal in wanted.goals
                if goal.kept and goal.label.startswith("AU")]
        found = search(lambda options: wanted.shortfall(model.read(pen.draw(options))), settings, held)
        changes, renders = found.changes, found.renders
        status = "poor inversion" if pen.poor else "ok" if found.reached else "not found"
        drawn, reconstruction, quality = pen.draw([changes])[0], pen.reconstruction, pen.quality

    reading = model.read(drawn[None])
    return Counterfactual(
        status, target, _first_row(original), _first_row(reading),
        {facs.au_name(number): (settings[number], value) for number, value in sorted(changes.items())},
        float(wanted.shortfall(reading)[0] <= 0.0),
        {"l1": image_metrics.l1(image, drawn), "l2": image_metrics.l2(image, drawn)}, quality, renders,
        time.perf_counter() - started, {"original": image, "reconstruction": reconstruction, "counterfactual": drawn},
        {goal.column: round(model.thresholds[facs.parse_action_unit(goal.label)], 4) for goal in wanted.goals
         if goal.column.endswith("_present") and not goal.kept})


def target_columns(target: str, reading: Mapping[str, Any]) -> list[str]:
    """The columns of a reading that a target speaks of, those to keep left out."""
    columns = []
    for part in target.split(","):
        label = part.strip()
        if label.lower().startswith("keep:"):
            continue
        name = label.split("=")[0].rstrip("<>").strip()
        if name[:2].upper() == "AU":
            name = facs.au_name(facs.parse_action_unit(name.replace(" ", "")))
        columns += [column for column in (name, f"{name}_present", name.lower()) if column in reading][:1]
    return list(dict.fromkeys(columns))


def _shift(column: str, before: Any, after: Any, thresholds: Mapping[str, float]) -> str:
    name = f"the probability of {column.removesuffix('_present')}" if column.endswith("_present") else column
    if isinstance(before, str):
        return f"{name} turns from {before} to {after}"
    before, after = round(before, 2) + 0.0, round(after, 2) + 0.0  # no "-0.00"
    if before == after:
        return f"{name} stays at {before:.2f}"
    present = f" (present from {thresholds[column]:.2f})" if column in thresholds else ""
    return f"{name} {'falls' if after < before else 'rises'} from {before:.2f} to {after:.2f}{present}"


def _first_row(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[0] if isinstance(values[0], str) else round(float(values[0]), 4)
            for name, values in reading.items()}
