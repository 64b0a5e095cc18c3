"""Where in a picture the evidence lies: hiding one part after the other, and the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from catgan.explain.people.model import Available, Features, FusionModel
from catgan.explain.people.shapley import log_odds
from catgan.faces.regions import face_regions

CELLS = 8
"""Rows and columns of the grid whose cells are hidden."""
WIDTH = 2
"""Cells that are hidden at once in each direction; every place is hidden several times."""
HIDDEN_SHARE = 0.2
"""Share of a picture that is hidden to check a map."""
NAMED_SHARE = 0.6
"""Regions are named until they hold this share of a map."""
MOST_NAMED = 2
"""Regions that are named at most."""
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "middle", "right")
WORDS = {"background": "what is around the face"}
"""What a sentence says instead of `the NAME`."""


@dataclass(frozen=True)
class RegionEvidence:
    """Where in the picture of a modality the evidence lies.

    Args:
        modality: its name.
        method: "attention", the network's own mask; or "occlusion", what the log odds lose while a part is hidden.
        heat: `(side, side)`, 0 or more.
        shares: share of the heat by region, in words.
        drop: what the log odds of the answer lose while the hottest fifth of the picture is hidden.
        drop_elsewhere: while the coldest fifth is hidden.
    """

    modality: str
    method: str
    heat: np.ndarray
    shares: Mapping[str, float]
    drop: float
    drop_elsewhere: float

    @property
    def named(self) -> list[str]:
        """The regions that a sentence names; none where there is no heat."""
        found, held = list[str](), 0.0
        for name in sorted(self.shares, key=lambda name: -self.shares[name])[:MOST_NAMED]:
            if held < NAMED_SHARE and self.shares[name] > 0.0:
                found.append(name)
                held += self.shares[name]
        return found

    @property
    def confirmed(self) -> bool:
        """Whether hiding the hottest fifth costs more than hiding the coldest one."""
        return self.drop > self.drop_elsewhere

    def to_dict(self) -> dict[str, object]:
        """Returns it as JSON can hold it; the heat as `CELLS` x `CELLS` means."""
        return {"method": self.method, "shares": {name: round(share, 6) for name, share in self.shares.items()},
                "named": self.named, "drop": round(self.drop, 6), "drop_elsewhere": round(self.drop_elsewhere, 6),
                "confirmed": self.confirmed, "heat": np.round(_coarse(self.heat), 6).tolist()}


def _coarse(heat: np.ndarray) -> np.ndarray:
    return cv2.resize(np.asarray(heat, np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float64)


@dataclass(frozen=True)
class Hiding:
    """Measures what the log odds of one person's answer lose while parts of a picture are hidden.

    Hidden pixels get the mean colour of what is seen; where the modality has an input `seen`, it is 0 there, as where
    persons are removed.

    Args:
        model: the network.
        arrays: inputs of the modality of one person, `(1, ...)`, `image` among them.
        features, available: of that person, `(1, ...)`.
        modality: its name.
        place: the explained class.
    """

    model: FusionModel
    arrays: Mapping[str, np.ndarray]
    features: Features
    available: Available
    modality: str
    place: int

    @property
    def side(self) -> int:
        """Side of the picture in pixels."""
        return int(self.arrays["image"].shape[1])

    def drops(self, masks: np.ndarray) -> np.ndarray:
        """Returns the losses while the pixels of each mask are hidden: bool `(k, side, side)` to float64 `(k,)`."""
        count = len(masks)
        image = np.asarray(self.arrays["image"])
        seen = np.asarray(self.arrays.get("seen", np.ones(image.shape[:3], np.float32)))
        colour = np.average(image[0].reshape(-1, 3), axis=0, weights=seen[0].ravel() + 1e-6)
        hidden = {name: np.repeat(array, count, axis=0) for name, array in self.arrays.items()}
        hidden["image"] = np.where(masks[..., None], np.rint(colour).astype(image.dtype), hidden["image"])
        if "seen" in hidden:
            hidden["seen"] = np.where(masks, np.float32(0), hidden["seen"])
        features = {name: np.repeat(array, count, axis=0) for name, array in self.features.items()}
        features[self.modality] = self.model.features({self.modality: hidden})[self.modality]
        there = {name: np.repeat(mask, count) for name, mask in self.available.items()}
        left = self.model.fused(features, there).probabilities[:, self.place]
        whole = self.model.fused(self.features, self.available).probabilities[0, self.place]
        return log_odds(np.array(whole)) - log_odds(left)


def occlusion_map(hiding: Hiding) -> np.ndarray:
    """Returns what the log odds lose while a place is hidden, averaged over the windows that hide it.

    Returns:
        float64 `(side, side)`; below 0 where the answer gains.
    """
    edges = np.linspace(0, hiding.side, CELLS + 1).round().astype(int)
    windows = [(row, column) for row in range(CELLS - WIDTH + 1) for column in range(CELLS - WIDTH + 1)]
    masks = np.zeros((len(windows), hiding.side, hiding.side), bool)
    for number, (row, column) in enumerate(windows):
        masks[number, edges[row]:edges[row + WIDTH], edges[column]:edges[column + WIDTH]] = True
    drops = hiding.drops(masks)
    return np.tensordot(drops, masks, axes=1) / masks.sum(0)


def region_evidence(hiding: Hiding, heat: np.ndarray | None = None) -> RegionEvidence:
    """Finds where in a picture the evidence lies, and checks it.

    Args:
        hiding: of the person and the modality.
        heat: the network's own attention `(side, side)`, 0..1; None measures an occlusion map.
    """
    method = "occlusion" if heat is None else "attention"
    full = occlusion_map(hiding) if heat is None else np.asarray(heat, np.float64)
    shown = np.maximum(full, 0.0)
    order = np.argsort(full.ravel(), kind="stable")
    count = max(round(HIDDEN_SHARE * full.size), 1)
    masks = np.zeros((2, full.size), bool)
    masks[0, order[-count:]], masks[1, order[:count]] = True, True
    drop, elsewhere = hiding.drops(masks.reshape(2, *full.shape))
    regions = face_words(full.shape[0]) if hiding.modality == "face" else picture_words(full.shape[0])
    total = shown.sum()
    shares = {name: float(shown[mask].sum() / total) if total > 0.0 else 0.0 for name, mask in regions.items()}
    return RegionEvidence(hiding.modality, method, shown, shares, float(drop), float(elsewhere))


def face_words(side: int) -> dict[str, np.ndarray]:
    """Returns the regions of an aligned face by the words for them, bool `(side, side)`."""
    return {WORDS.get(name, f"the {name}"): mask for name, mask in face_regions((side, side)).items()}


def picture_words(side: int) -> dict[str, np.ndarray]:
    """Returns nine regions of a picture by the words for them, bool `(side, side)`; every pixel lies in one."""
    row, column = (np.indices((side, side)) * 3) // side
    return {_place(ROWS[y], COLUMNS[x]): (row == y) & (column == x) for y in range(3) for x in range(3)}


def _place(row: str, column: str) -> str:
    return "the middle" if row == column == "middle" else f"the {row} {column}"
