"""Labels of faces in the three systems, with masks as NaN, and the subjects that intervals draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from catgan import facs
from catgan.data.store import DualDataset
from catgan.errors import DataError
from catgan.labels import SCALES, LabelSpec
from catgan.metrics.figures import Figures

SYSTEMS: Mapping[str, str] = {"action_units": "Action Units", "valence_arousal": "valence-arousal",
                              "expression": "expressions"}
"""The label systems, and their titles."""
DIMENSIONS = ("valence", "arousal")


@dataclass(frozen=True)
class LabelledFaces:
    """Holds the labels of `n` faces.

    Args:
        numbers: FACS numbers of the `k` Action Units.
        units: per scale that is known on any face (`intensity` 0..5, `presence` 0..1) float64 `(n, k)`, NaN = unknown.
        affect: valence and arousal -1..1, float64 `(n, 2)`, NaN = unknown.
        classes: place of the expression in `names`, int64 `(n,)`, -1 = unknown.
        names: of the expressions.
        groups: per face what intervals draw together: its subject, else its video, else the face alone.
    """

    numbers: tuple[int, ...]
    units: Mapping[str, np.ndarray]
    affect: np.ndarray
    classes: np.ndarray
    names: tuple[str, ...]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Names of the Action Units: `AU12`."""
        return tuple(facs.au_name(number) for number in self.numbers)

    def knows(self, system: str) -> np.ndarray:
        """Tells which faces know a system: any Action Unit, valence or arousal, or the expression; bool `(n,)`."""
        if system == "action_units":
            known = [np.isfinite(values).any(1) for values in self.units.values()]
            return np.any(known, axis=0) if known else np.zeros(len(self), bool)
        return np.isfinite(self.affect).any(1) if system == "valence_arousal" else self.classes >= 0

    def select(self, rows: np.ndarray) -> LabelledFaces:
        """Returns some faces, by row numbers or bool `(n,)`."""
        return replace(self, units={scale: values[rows] for scale, values in self.units.items()},
                       affect=self.affect[rows], classes=self.classes[rows], groups=self.groups[rows])


def read_faces(dataset: DualDataset, split: str) -> LabelledFaces:
    """Reads the labels of a split of a data set.

    Raises:
        DataError: the split has no faces.
    """
    n = dataset.count(split)
    if not n:
        raise DataError(f"{dataset.folder} has no faces in split '{split}'.")
    spec = dataset.spec
    affect = np.full((n, 2), np.nan)
    if spec.valence_arousal:
        affect = _values(dataset, split, LabelSpec(valence_arousal=True))
    classes = np.full(n, -1, np.int64)
    if spec.expressions:
        read = _values(dataset, split, LabelSpec(expressions=spec.expressions))[:, 0]
        classes = np.where(np.isfinite(read), read, -1).astype(np.int64)
    return LabelledFaces(spec.action_units, _units(dataset, split), affect, classes, spec.expressions,
                         _groups(dataset, split))


def _units(dataset: DualDataset, split: str) -> dict[str, np.ndarray]:
    """Reads every scale in which any Action Unit is known; intensity first."""
    if not dataset.spec.action_units:
        return {}
    found = {scale: _values(dataset, split, LabelSpec(dataset.spec.action_units, scale)) for scale in SCALES[::-1]}
    return {scale: values for scale, values in found.items() if np.isfinite(values).any()}


def _values(dataset: DualDataset, split: str, spec: LabelSpec) -> np.ndarray:
    labels = dataset.labels(split, spec)
    return np.where(labels.mask, labels.values.astype(np.float64), np.nan)


def _groups(dataset: DualDataset, split: str) -> np.ndarray:
    """Names what intervals draw together; a prefix keeps a video from being taken for a subject of that name."""
    table = dataset.table(split, ["id", "video", "subject"])
    columns = (table[name].to_pylist() for name in ("subject", "video", "id"))
    return np.array([f"subject {subject}" if subject else f"video {video}" if video else f"face {face}"
                     for subject, video, face in zip(*columns)])


def described_groups(groups: np.ndarray) -> Figures:
    """Describes what intervals draw: `count`, `unit` (`subjects`, `videos` or `images`, the kind of most faces), and
    `without_subject`, the number of faces whose subject is unknown."""
    kinds = np.array([group.split(" ", 1)[0] for group in groups])
    units = {"subject": "subjects", "video": "videos", "face": "images"}
    most = max(units, key=lambda kind: int((kinds == kind).sum()))
    return {"count": len(np.unique(groups)), "unit": units[most], "without_subject": int((kinds != "subject").sum())}


def known_counts(faces: LabelledFaces) -> Figures:
    """Counts the faces that know each system, and each pair of systems, named `action_units+expression`."""
    known = {system: faces.knows(system) for system in SYSTEMS}
    names = list(SYSTEMS)
    pairs = {f"{one}+{other}": int((known[one] & known[other]).sum())
             for place, one in enumerate(names) for other in names[place + 1:]}
    return {**{system: int(rows.sum()) for system, rows in known.items()}, **pairs}
