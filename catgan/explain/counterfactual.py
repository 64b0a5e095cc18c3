"""Counterfactual: the answer to "why this prediction?", with its own errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from catgan.errors import CatganError, unknown_name
from catgan.explain.drawers.common import likeness
from catgan.explain.loading import explained_model
from catgan.explain.models import blocks
from catgan.explain.outputs import OWN
from catgan.explain.question import Question, plain, rows_of, said_first, shift
from catgan.explain.search import beam, certified, gradient
from catgan.explain.stated import beyond, changes_of, differences, outward, said
from catgan.explain.targets import Target, parse_target
from catgan.metrics import image as image_metrics
from catgan.models.gan.changes import DIGITS

STATUSES = ("ok", "already met", "not found", "poor inversion")
METHODS = ("search", "gradient", "minimal")
UNMOVED = (" No drawn face moved anything that the model says: its preprocessing is probably another one than was "
           "declared. Pixels in the wrong range saturate a network: check range, mean, standard deviation, channels "
           "and crop.")
NUMBERS = {1: "one", 2: "two", 3: "three"}
NUDGES = (0.0, 0.01, 0.03, 0.1)
"""Levels by which a change is made larger where the target, reached by the search, is lost in the final drawing."""


@dataclass(frozen=True)
class Counterfactual:
    """A changed face that changes the answer, or the nearest attempt.

    Args:
        status: `"ok"`; `"already met"` (the target holds for the face as it is); `"not found"` (no change of at most
            three AUs was found that reaches it, which only method `"minimal"` proves, on its grid; the pictures show
            the nearest attempt); `"poor inversion"` (the drawer
            does not keep this face well enough for the change to mean anything).
        target: as the user wrote it.
        original, counterfactual: readings by column, of the explained model.
        changes: per AU name `(from, to)`, levels of two decimals: as read, 0..5, and as drawn. The latter may lie below
            0, by up to the slack of what draws: the face then loses so much more than was read.
        validity: 1.0 if the reading of the drawn face meets the target, else 0.0.
        proximity: L1 and L2 between the two faces, 0..1, and SSIM.
        drawing: PSNR (dB) and SSIM of what the drawer keeps of the face.
        renders: faces drawn by the search.
        seconds: wall time; of a batch, the mean.
        images: `original`, `reconstruction` (what the drawer keeps) and `counterfactual`, uint8 `(side, side, 3)`.
        path, moves: faces on the way to the counterfactual, which is the last, uint8 `(f, side, side, 3)`, and what was
            moved in each, `(f, side, side, 2)`, see `catgan.faces.blending.paste`.
        seed: that the answer was made with.
        kept: what `reconstruction` is, in words.
        shifts: what the target speaks of, in words.
        method: how it was searched.
        certificate: what a `minimal` answer is minimal among.
        oracle_validity: whether an independent model agrees; None without one.
        identity: cosine similarity of the two faces to a judge of identity; None without one.
        plausibility: how far the Action Units of the answer (those below 0 counted as 0) lie from those of the training
            faces, `distance`, the `bound` within which nearly all of those lie, and `together`, pairs of units that it
            shows together as no training face did, see `catgan.models.gan.density`; None where a model does not know.
        catgan: of a foreign model's answer, what the catgan model that draws reads off both faces, `original` and
            `counterfactual`; None where that is the explained model.
        says: what a foreign model says of the face as it is, in words.
        unmoved: whether a foreign model said the same of all drawn faces.
        preprocessing: how a foreign model's pictures are made, see `catgan.explain.preprocessing`, and the face `box`
            in the photograph where it is cut from that.
    """

    status: str
    target: str
    original: dict[str, Any]
    counterfactual: dict[str, Any]
    changes: dict[str, tuple[float, float]]
    validity: float
    proximity: dict[str, float]
    drawing: dict[str, float]
    renders: int
    seconds: float
    images: dict[str, np.ndarray]
    path: np.ndarray
    moves: np.ndarray
    kept: str = ""
    shifts: tuple[str, ...] = ()
    method: str = "search"
    certificate: certified.Certificate | None = None
    oracle_validity: float | None = None
    identity: float | None = None
    plausibility: dict[str, Any] | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    catgan: dict[str, dict[str, Any]] | None = None
    says: str = ""
    unmoved: bool = False
    preprocessing: dict[str, Any] | None = None
    seed: int = 0

    @property
    def differences(self) -> dict[str, float]:
        """By how many levels each AU changes: what the editor was told, and what `catgan edit --au 12=-2` asks for."""
        return differences(self.changes)

    @property
    def beyond(self) -> dict[str, float]:
        """By how many levels AUs go further down than to 0 from what was read."""
        return beyond(self.changes)

    def to_dict(self) -> dict[str, Any]:
        """The content of `counterfactual.json`, from which `catgan.explain.redraw` draws the same face again."""
        rounded = {name: [round(value, DIGITS) for value in pair] for name, pair in self.changes.items()}
        return {"status": self.status, "target": self.target, "original": self.original,
                "counterfactual": self.counterfactual, "catgan": self.catgan, "changes": rounded,
                "differences": self.differences, "beyond": self.beyond, "seed": self.seed, "sentence": self.sentence(),
                "thresholds": self.thresholds, "validity": self.validity, "oracle_validity": self.oracle_validity,
                "proximity": {name: round(value, 5) for name, value in self.proximity.items()},
                "sparsity": len(self.changes), "identity": self.identity, "plausibility": self.plausibility,
                "inversion": {name: round(value, 3) for name, value in self.drawing.items()},
                "method": self.method, "certificate": self.certificate and self.certificate.to_dict(),
                "renders": self.renders, "seconds": round(self.seconds, 3),
                "preprocessing": self.preprocessing}

    def sentence(self) -> str:
        """The answer in plain words."""
        if self.status == "already met":
            return f"{self.target} holds for this face as it is."
        moved = said(self.changes) or "nothing is changed"
        shifts = ", ".join(self.shifts)
        if self.status == "not found":
            unmoved = UNMOVED if self.unmoved else ""
            return f"{self._none()}; the nearest attempt: {shifts} when {moved}.{unmoved}"
        warning = f" But too much of this face is lost ({self.drawing['psnr']:.1f} dB): do not rely on this." \
            if self.status == "poor inversion" else ""
        if self.plausibility and (self.plausibility["together"]
                                  or self.plausibility["distance"] > self.plausibility["bound"]):
            warning += " Faces like this one were next to never among those that the model learned from."
        return f"{shifts[:1].upper()}{shifts[1:]} when {moved}.{warning}"

    def _none(self) -> str:
        """That there is no answer: for certain where a certificate says so, else that none was found."""
        proof = self.certificate
        if proof is None or proof.reaching:
            return f"No change of up to three Action Units was found that reaches {self.target}"
        return f"No change of up to {NUMBERS.get(proof.most, proof.most)} Action Units {proof.searched} reaches " \
               f"{self.target}" + (" with something to spare" if proof.margin else "")


def counterfactual(model: Any, image: np.ndarray, target: str, **options: Any) -> Counterfactual:
    """The smallest change of Action Units after which `model` reads `target` off the face.

    Args:
        model: what is explained, see `catgan.explain.loading.explained_model`.
        image: uint8 `(side, side, 3)`, an aligned face.
        target: see `catgan.explain.targets`.
        options: as `counterfactuals`.

    Raises:
        CatganError: as `counterfactuals`.
    """
    return counterfactuals(model, np.asarray(image)[None], target, **options)[0]


def counterfactuals(model: Any, images: np.ndarray, target: str | Sequence[str], method: str = "search",
                    grid: Sequence[float] = certified.GRID, oracle: Any = None,
                    identity: Callable[[np.ndarray], np.ndarray] | None = None, frames: int = 1,
                    **options: Any) -> list[Counterfactual]:
    """The smallest changes of Action Units after which `model` reads `target` off faces, one answer a face.

    Args:
        model: what is explained, see `catgan.explain.loading.explained_model`.
        images: uint8 `(n, side, side, 3)`, aligned faces of the size that `gan` draws.
        target: see `catgan.explain.targets`; one for all faces, or one each.
        method: `"search"` (a black box is enough), `"gradient"`, or `"minimal"` (certified on `grid`).
        grid: levels of a `minimal` answer.
        oracle: an independent model that is asked whether it agrees; as `model`.
        identity: features that tell people apart.
        frames: faces to draw on the way to the answer, for an animation.
        options: `gan`, which draws the changes and reads the Action Units (`model` itself where that is a `CatGAN`);
            `drawer`, which makes what draws, `drawer(gan, images, settings, seed)`: `catgan.explain.drawers.common`;
            `seed`: the same gives the same answer; `margin`: share of a label's range by which the target is to be met
            with something to spare, where it can be; `without`: FACS numbers that must not be changed; `photographs`:
            for a model that reads crops of photographs, a `catgan.explain.preprocessing.PhotographedFace` for each
            face.

    Raises:
        CatganError: a target that this model cannot tell, images of another shape, a model without AUs, an unknown
            method, or one that needs gradients where there are none.
    """
    started = time.perf_counter()
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if not len(images):
        return []
    question = Question(model, images, target, **options)
    oracle = None if oracle is None else explained_model(oracle)
    if oracle is not None:
        agreed_targets(oracle, [goal.text for goal in question.goals])
    found, certificates = _search(question, method, grid)
    made = _answers(question, found, oracle, identity, frames)
    seconds = (time.perf_counter() - started) / max(len(images), 1)
    return [replace(result, method=method, renders=int(count), certificate=proof, seconds=seconds)
            for result, count, proof in zip(made, found.renders, certificates)]


def _search(question: Question, method: str, grid: Sequence[float]) -> tuple[beam.Found, Sequence[Any]]:
    """What was found, and certificates."""
    settings, free, past = question.pen.settings, question.free, question.pen.past
    if method == "minimal":
        answers = [certified.minimal(question.distance, settings[row], question.pen.units, free[row], grid, row=row,
                                     past=past) for row in range(len(settings))]
        proofs = [replace(proof, apart=question.apart, margin=question.margin) for *_, proof in answers]
        return (beam.Found(np.stack([levels for levels, *_ in answers]), np.array([met for _, met, _ in answers]),
                           np.array([proof.renders for proof in proofs])),
                [None if met else proof for met, proof in zip(question.met, proofs)])
    found = (beam.search(question.ahead, settings, free, odd=question.odd, past=past) if method == "search" else
             gradient.gradient_search(question.ahead, question.gradient, settings, free, odd=question.odd, past=past))
    return found, [None] * len(settings)


def _final(question: Question, found: beam.Found) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], list[Any]]:
    """The levels that are stated `(n, k)`, the faces at them and what was moved, and what is read off each.

    Levels are rounded to what is stated, and every face is drawn and read alone, as `catgan edit` does: so the answer
    can be drawn again. Where that loses a target that the search has reached, the change is made a little larger.
    """
    pen, levels = question.pen, np.empty_like(question.pen.settings)
    drawn, after = [], []
    for row, original in enumerate(rows_of(question.original)):
        for nudge in NUDGES:
            at = outward(pen.settings[row], found.levels[row], pen.past, nudge)
            picture = pen.drawn(np.array([row]), at[None])
            reading = original if question.met[row] else question.read(np.array([row]), *picture)
            if not found.reached[row] or question.goals[row].shortfall(reading)[0] <= 0.0:
                break
        levels[row] = at
        drawn.append(picture)
        after.append(reading)
    faces, moves = (np.concatenate(part) for part in zip(*drawn))
    return levels, (faces, moves), after


def _answers(question: Question, found: beam.Found, oracle: Any,
             identity: Callable[[np.ndarray], np.ndarray] | None, frames: int) -> list[Counterfactual]:
    pen, goals, met = question.pen, question.goals, question.met
    levels, final, readings = _final(question, found)
    everyone = np.arange(len(levels))
    drawings = [pen.drawn(everyone, pen.settings + share * (levels - pen.settings))
                for share in np.linspace(0.0, 1.0, frames + 1)[1:-1]]
    path, moves = (np.stack(part, axis=1) for part in zip(*drawings, final))
    path[met] = pen.images[met][:, None]
    drawn, kept = path[:, -1], pen.reconstructed(levels, path[:, -1])
    quality = likeness(pen.images, kept)
    agrees = None if oracle is None else agreed(oracle, [goal.text for goal in goals], drawn)
    alike = None if identity is None else _cosine(identity(pen.images), identity(drawn))
    poor, result = (quality["psnr"] < pen.least[0]) | (quality["ssim"] < pen.least[1]), []
    for row, (before, after) in enumerate(zip(rows_of(question.original), readings)):
        reached = bool(goals[row].shortfall(after)[0] <= 0.0)
        status = "already met" if met[row] else "poor inversion" if poor[row] else "ok" if reached else "not found"
        changes = changes_of(pen.units, pen.settings[row], levels[row])
        pair = (pen.images[row], drawn[row])
        (says, ours), (turned, ours_turned) = blocks(plain(before)), blocks(plain(after))
        result.append(Counterfactual(
            status, goals[row].text, says, turned, changes, float(reached),
            {"l1": image_metrics.l1(*pair), "l2": image_metrics.l2(*pair), "ssim": image_metrics.ssim(*pair)},
            {name: float(values[row]) for name, values in quality.items()}, 0, 0.0,
            {"original": pair[0], "reconstruction": kept[row], "counterfactual": pair[1]},
            path[row], moves[row], pen.title, tuple(shift(label, before, after) for label in goals[row].moved),
            oracle_validity=None if agrees is None else float(agrees[row]),
            identity=None if alike is None else float(alike[row]),
            plausibility=question.plausibility(row, levels[row]),
            thresholds={label.columns[0]: round(label.threshold, 4) for label in goals[row].moved
                        if label.kind == "presence"},
            catgan={"original": ours, "counterfactual": ours_turned} if ours else None,
            says=said_first(question.model, before, goals[row].moved), unmoved=question.unmoved(row),
            preprocessing=question.declared(row), seed=question.seed))
    return result


def agreed(oracle: Any, texts: Sequence[str], after: np.ndarray) -> np.ndarray:
    """Whether an independent model reads the targets off the faces after, bool `(n,)`; what is kept is not asked."""
    targets = agreed_targets(oracle, texts)
    return np.array([targets[text].shortfall(reading)[0] <= 0.0
                     for text, reading in zip(texts, rows_of(oracle.read(after)))], bool)


def agreed_targets(oracle: Any, texts: Sequence[str]) -> dict[str, Target]:
    """The targets as an independent model is asked about them, by their text.

    Raises:
        CatganError: a target that this model cannot tell.
    """
    moved = {text: ",".join(part.strip().removeprefix(OWN) for part in text.split(",")
                            if not part.strip().lower().startswith("keep:")) for text in texts}
    try:
        return {text: parse_target(part, oracle.labels) for text, part in moved.items()}
    except CatganError as error:
        raise CatganError(f"The oracle cannot be asked about this target. {error}") from None


def _cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-12)
