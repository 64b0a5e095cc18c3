"""Hides labels of training faces: what would a training be worth with fewer labels, or with labels of two data sets?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catgan import random_streams
from catgan.data.schema import SPLITS
from catgan.data.store import DualDataset
from catgan.errors import CatganError, unknown_name
from catgan.labels import Labels, LabelSpec

SYSTEMS = ("au", "va")
"""Label systems: Action Units; everything else (valence, arousal and expressions, as data sets of VA have them)."""


@dataclass(frozen=True)
class BudgetConfig:
    """Says which labels of the training faces are known. Faces of other splits keep all of theirs.

    Args:
        subjects: share of the subjects whose labels are known, above 0, at most 1. Faces of the others stay in the
            training, without labels.
        disjoint: whether half of these subjects have Action Units alone, the other half everything but Action Units.
        shuffled: `"au"` or `"va"`: labels of this system are exchanged between faces at random, so that they tell
            nothing; a check that a comparison can answer. `""` for none.
    """

    subjects: float = 1.0
    disjoint: bool = False
    shuffled: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.subjects <= 1.0:
            raise CatganError(f"'labels.budget.subjects' is a share above 0, at most 1. Received: {self.subjects}.")
        if self.shuffled and self.shuffled not in SYSTEMS:
            raise unknown_name("label system to shuffle ('labels.budget.shuffled')", self.shuffled, SYSTEMS)


class BudgetedDataset(DualDataset):
    """Reads a data set of which some labels of one split are hidden or shuffled.

    Args:
        dataset: the data set.
        budget: what is known.
        split: the split that is trained on.
        seed: of the choice of subjects and of the shuffling.

    Raises:
        CatganError: no subject is left whose labels are known.
    """

    def __init__(self, dataset: DualDataset, budget: BudgetConfig, split: str, seed: int):
        super().__init__(dataset.folder)
        self.budget, self.budget_split = budget, split
        self._knows, self._order = _knowledge(self.subjects(split), budget, seed)

    def labels(self, split: str = "all", spec: LabelSpec | None = None, predicted: bool = False) -> Labels:
        """Reads the labels of a split, as `DualDataset.labels` does, less those that the budget hides."""
        found = super().labels(split, spec, predicted)
        if split not in (self.budget_split, "all"):
            return found
        first = sum(self.count(name) for name in SPLITS[:SPLITS.index(self.budget_split)]) if split == "all" else 0
        values, mask = found.values.copy(), found.mask.copy()
        rows = slice(first, first + len(self._order))
        for column, name in enumerate(found.spec.columns):
            system = SYSTEMS.index("au" if name.startswith("AU") else "va")
            if SYSTEMS[system] == self.budget.shuffled:
                for part in (values, mask):
                    part[rows, column] = part[rows, column][self._order]
            mask[rows, column] &= self._knows[:, system]
        return Labels(found.spec, values * mask, mask)


def _knowledge(subjects: list[str], budget: BudgetConfig, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws per face whether each system is known, bool `(n, 2)`, and the order that shuffled labels take, `(n,)`."""
    random = random_streams.generator("label_budget", seed)
    names, places = np.unique(np.asarray(subjects), return_inverse=True)
    drawn = random.permutation(len(names))
    count = round(budget.subjects * len(names))
    if count < 1 + budget.disjoint:
        raise CatganError(f"'labels.budget' leaves {count} of {len(names)} training subjects with labels. Raise "
                          "'labels.budget.subjects'.")
    knows = np.zeros((len(names), len(SYSTEMS)), bool)
    knows[drawn[:count]] = True
    if budget.disjoint:
        knows[drawn[:count // 2], SYSTEMS.index("va")] = False
        knows[drawn[count // 2:count], SYSTEMS.index("au")] = False
    return knows[places], random.permutation(len(subjects))
