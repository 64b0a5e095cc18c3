"""Counterfactual: one answer to "why this prediction?", with its own errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catgan import files
from catgan.explain import result_json
from catgan.explain.problem import Plausibility
from catgan.explain.search.certified import Certificate
from catgan.explain.search.options import MAX_UNITS
from catgan.explain.stated import beyond, differences
from catgan.explain.wording import describe_changes
from catgan.models.gan.changes import DIGITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNRESPONSIVE = (" No drawn face moved anything that the model says: its preprocessing is probably another one than was "
                "declared. Pixels in the wrong range saturate a network: check range, mean, standard deviation, "
                "channels and crop.")
"""What the sentence of an answer adds where a foreign model did not respond."""
NUMBERS = {2: "two", 3: "three"}
"""Numbers of Action Units as words."""


@dataclass(frozen=True, repr=False)
class Counterfactual:
    """A changed face that changes the answer, or the nearest attempt.

    Args:
        status: `"ok"` (the target is met), `"already met"` (it holds for the unchanged face), `"not found"` (no change
            was found that reaches it; the pictures show the nearest attempt; only method `"minimal"` proves it, on its
            grid) or `"poor inversion"` (the drawer keeps too little of this face for the change to mean anything).
        target: as the user wrote it.
        original, counterfactual: readings of both faces by column, of the explained model.
        changes: per AU name the level as read, 0..5, and the level as drawn, of two decimals. The latter may lie below
            0, by up to the drawer's `intensity_slack`: the face then loses so much more than was read.
        validity: 1.0 if the reading of the drawn face meets the target, else 0.0.
        proximity: `l1` and `l2` between the two faces, 0..1, and `ssim`.
        drawing: `psnr` (dB) and `ssim` of the drawer's reconstruction of the face.
        renders: number of faces that the search drew.
        seconds: wall time; the mean of a batch.
        images: `original`, `reconstruction` (what the drawer keeps) and `counterfactual`, uint8 `(side, side, 3)`.
        path: faces on the way to the counterfactual, which is the last one, uint8 `(f, side, side, 3)`.
        moves: displacement field of each, `(f, side, side, 2)`, see `catgan.faces.blending.paste`.
        kept: name of the reconstruction.
        shifts: change of each label that the target names, as text.
        method: of the search.
        certificate: what a `"minimal"` answer is minimal among.
        oracle_validity: 1.0 if an independent model reads the target off the drawn face; None without such a model.
        identity: cosine similarity of the features of both faces in a network that tells people apart; None without it.
        plausibility: `distance` of the Action Units from those of the training faces, the `bound` within which nearly
            all of those lie, and `together`, pairs of units that no training face shows together; None if unknown.
        thresholds: probability from which each Action Unit that the target names counts as present, by column.
        catgan: readings of catgan's own model, `original` and `counterfactual`, beside a foreign model's; else None.
        says: prediction of a foreign model for the unchanged face, as text.
        unmoved: whether a foreign model gave the same numbers for all drawn faces.
        preprocessing: how a foreign model's pictures are made, see `catgan.explain.Preprocessing`, with the face `box`
            in the photograph where it reads crops of that.
        seed: that the answer was made with.
        described: the sentence, of an answer that was loaded without `shifts`.
        max_units: largest number of Action Units that the search could change at once.
    """

    status: str
    target: str
    original: dict[str, float | str]
    counterfactual: dict[str, float | str]
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
    certificate: Certificate | None = None
    oracle_validity: float | None = None
    identity: float | None = None
    plausibility: Plausibility | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    catgan: dict[str, dict[str, float | str]] | None = None
    says: str = ""
    unmoved: bool = False
    preprocessing: dict[str, object] | None = None
    seed: int = 0
    described: str = ""
    max_units: int = MAX_UNITS

    @property
    def differences(self) -> dict[str, float]:
        """Change of each Action Unit in levels, as `catgan edit --au 12=-2` takes it."""
        return differences(self.changes)

    @property
    def beyond(self) -> dict[str, float]:
        """Levels by which Action Units are drawn below 0."""
        return beyond(self.changes)

    def sentence(self) -> str:
        """Returns the answer as a sentence."""
        if self.described:
            return self.described
        if self.status == "already met":
            return f"{self.target} holds for this face as it is."
        changes = describe_changes(self.changes) or "nothing is changed"
        shifts = ", ".join(self.shifts)
        if self.status == "not found":
            return f"{self._none()}; the nearest attempt: {shifts} when {changes}.{UNRESPONSIVE * self.unmoved}"
        warning = f" But too much of this face is lost ({self.drawing['psnr']:.1f} dB): do not rely on this." \
            if self.status == "poor inversion" else ""
        if self.plausibility and (self.plausibility["together"]
                                  or self.plausibility["distance"] > self.plausibility["bound"]):
            warning += " Faces like this one were next to never among those that the model learned from."
        return f"{shifts[:1].upper()}{shifts[1:]} when {changes}.{warning}"

    def _none(self) -> str:
        """Returns that there is no answer, or, without a certificate, that none was found."""
        proof = self.certificate
        count = NUMBERS.get(self.max_units, str(self.max_units))
        units = f"up to {count} Action Units" if self.max_units > 1 else "one Action Unit"
        if proof is None or proof.reaching:
            return f"No change of {units} was found that reaches {self.target}"
        return (f"No change of {units} {proof.searched} reaches {self.target}"
                + (" with something to spare" if proof.margin else ""))

    # === Saving and showing ===

    def to_dict(self) -> dict[str, object]:
        """Returns the content of `counterfactual.json`, from which `catgan.explain.redraw` draws the same face."""
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

    def to_json(self, path: str | Path | None = None) -> str:
        """Returns the answer with its pictures as JSON text, and writes it to `path` if given.

        The text holds `to_dict()`, and the pictures as PNG files in base64. Numbers are rounded as in
        `counterfactual.json`.
        """
        return _written(result_json.encode(self), path)

    @classmethod
    def from_json(cls, source: str | Path) -> Counterfactual:
        """Reads an answer.

        Args:
            source: text that `to_json` returned, or the path of such a file, or of a `counterfactual.json` that
                `catgan explain` wrote, with its pictures beside it.

        Raises:
            DataError: text that is no answer, or a file that cannot be read.
        """
        content, folder = result_json.read_content(source)
        return cls.from_dict(content, folder)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], folder: Path | None = None) -> Counterfactual:
        """Reads the JSON object of an answer; pictures that it does not hold are read from `folder`.

        Raises:
            DataError: an object that is no answer.
        """
        return cls(**result_json.decode(content, folder))

    def plot(self) -> Figure:
        """Draws the faces, the readings and the sentence; returns a matplotlib figure that pyplot does not hold."""
        from catgan.explain.panel import counterfactual_figure

        return counterfactual_figure(self)

    def __repr__(self) -> str:
        return f"Counterfactual(status={self.status!r}, target={self.target!r}, differences={self.differences})"

    def _repr_html_(self) -> str:
        return result_json.html(self.sentence(), {name: self.images[name] for name in ("original", "counterfactual")
                                                  if name in self.images})


class CounterfactualList(list[Counterfactual]):
    """Answers about several faces, or several answers about one face.

    Args:
        results: the answers.
    """

    def to_json(self, path: str | Path | None = None) -> str:
        """Returns the answers with their pictures as JSON text, and writes it to `path` if given."""
        return _written({"answers": [result_json.encode(result) for result in self]}, path)

    @classmethod
    def from_json(cls, source: str | Path) -> CounterfactualList:
        """Reads what `to_json` returned or wrote, see `Counterfactual.from_json`."""
        content, folder = result_json.read_content(source)
        return cls(Counterfactual.from_dict(part, folder) for part in content.get("answers", [content]))

    def plot(self) -> Figure:
        """Draws a row of faces for each answer; returns a matplotlib figure that pyplot does not hold."""
        from catgan.explain.panel import list_figure

        return list_figure(self)

    def __repr__(self) -> str:
        return f"CounterfactualList of {len(self)}: {', '.join(result.status for result in self)}"

    def _repr_html_(self) -> str:
        return "".join(result._repr_html_() for result in self)


def _written(content: Mapping[str, object], path: str | Path | None) -> str:
    text = json.dumps(content, allow_nan=False)
    if path is not None:
        files.write_text(path, text + "\n")
    return text
