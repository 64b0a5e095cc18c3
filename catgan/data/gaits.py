"""Reads the gaits of E-Gait and Emotion-Gait (Bhattacharya et al., STEP, AAAI 2020): HDF5, or a text file a gait.

Features hold one flat data set a gait, `(frames, 48)` = 16 joints x (x, y, z) with y up; labels hold a whole number
under the same key. Numbers are given names by the caller: the order published for E-Gait is not that of its file.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catgan import facs
from catgan.data.gait_agreement import Agreement, agreement
from catgan.data.gait_files import read_features, read_labels
from catgan.data.people.samples import PeopleSamples
from catgan.errors import CatganError, DataError, Failure
from catgan.joints import FEWEST_KNOWN, JOINTS, MIRRORED, Sides
from catgan.modalities.gait_reader import FRAMES, LEAST_FRAMES, RATE, has_gait, resampled, window
from catgan.modalities.posture_reader import has_posture

FILE_RATE = 30.0
"""Frames per second that the authors' features assume; the files do not state it."""
CODES = {"an": "anger", "ha": "happiness", "nu": "neutral", "sa": "sadness"}
"""What actors walked, in keys such as `ale_walk_sa_1_fin_positions.csv`."""

logger = logging.getLogger("catgan")


@dataclass(frozen=True)
class Gaits:
    """Holds n labelled gaits.

    Args:
        joints: float32 `(t, 16, 3)` of each, y up, left side first, 0 where unknown. The unit differs between gaits.
        known: bool `(t, 16)` of each.
        labels: int64 `(n,)`, the number in the file: the place in `classes` of what raters saw.
        classes: emotions in the order of the numbers.
        ids: keys without their ending.
        acted: what the key says was acted; None where it does not say.
        subjects: the actor, where the key names one.
        rate: frames per second.
        rejected: gaits that were not used, and why.
    """

    joints: tuple[np.ndarray, ...]
    known: tuple[np.ndarray, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    acted: tuple[str | None, ...]
    subjects: tuple[str | None, ...]
    rate: float
    rejected: tuple[Failure, ...] = ()

    def __len__(self) -> int:
        """Returns the number of gaits."""
        return len(self.labels)

    def agreement(self) -> Agreement:
        """Counts what was acted, by the keys, against the labels."""
        return agreement(self.acted, self.labels, self.classes)


def read_gaits(features: str | os.PathLike, labels: str | os.PathLike, *, order: Sequence[str],
               sides: Sides = "left first", rate: float = FILE_RATE) -> Gaits:
    """Reads gaits and their labels, which are paired by their keys.

    Args:
        features: an HDF5 file, or a folder of text files with 48 columns.
        labels: an HDF5 file, or a text file with a line `key,number` for each gait.
        order: names of the emotions in the order of their numbers, such as `["happy", "angry", "sad", "neutral"]` for
            `labels.h5` of E-Gait. A warning is logged where another order fits what was acted better; see
            `Gaits.agreement`.
        sides: which side joints 4-6 and 10-12 are: left by the data set's text, right by its authors' feature code.
        rate: frames per second.

    Raises:
        DataError: a file that cannot be read, groups in it, other joints, a label that is not one of the numbers, names
            that do not differ, unknown sides, or no gait that can be used. Single gaits that are too short, are not
            finite or lack a label are listed in `rejected`.
    """
    classes = _classes(order)
    if sides not in ("left first", "right first"):
        raise DataError(f"The sides must be 'left first' or 'right first'. Received: {sides!r}.")
    if not (np.isfinite(rate) and rate > 0):
        raise DataError(f"The rate of gaits is frames per second, above 0. Received: {rate}.")
    numbers = read_labels(Path(labels), len(classes))
    used, rejected = _paired(Path(features), numbers, sides)
    if not used:
        raise DataError(f"No gait of {features} can be used with {labels}. {len(rejected)} were rejected"
                        + (f", such as {rejected[0]}." if rejected else "."))
    keys = tuple(key for key, _, _ in used)
    found = Gaits(tuple(joints for _, joints, _ in used), tuple(known for _, _, known in used),
                  np.array([numbers[key] for key in keys], np.int64), classes, keys, tuple(map(acted_word, keys)),
                  tuple(map(actor, keys)), float(rate), tuple(rejected))
    if any(found.acted):
        compared = found.agreement()
        logger.info("%d gaits read, %d rejected\n%s", len(used), len(rejected), compared.table())
        if not compared.fits:
            logger.warning("%s", compared.warning())
    return found


def _paired(features: Path, numbers: Mapping[str, int],
            sides: Sides) -> tuple[list[tuple[str, np.ndarray, np.ndarray]], list[Failure]]:
    """Returns key, joints and mask of gaits that can be used, and the others with the reason."""
    used: list[tuple[str, np.ndarray, np.ndarray]] = []
    rejected: list[Failure] = []
    without = set(numbers)
    for key, values in read_features(features):
        without.discard(key)
        joints, known = _joints(values, sides)
        if reason := _problem(key in numbers, known):
            rejected.append(Failure(key, reason))
        else:
            used.append((key, joints, known))
    return used, rejected + [Failure(key, "it has a label and no joints") for key in sorted(without)]


def to_samples(gaits: Gaits, classes: Sequence[str] | None = None) -> PeopleSamples:
    """Returns gaits as samples of people with the modalities posture (the middle frame) and gait.

    Gaits are resampled to `RATE`; of long ones the `FRAMES` best known frames are taken.

    Args:
        gaits: of `read_gaits`.
        classes: emotions; those of the gaits by default. Others are unknown, -1.
    """
    names = tuple(classes or gaits.classes)
    place = np.array([names.index(name) if name in names else -1 for name in gaits.classes], np.int64)
    n = len(gaits)
    joints, known = np.zeros((n, FRAMES, len(JOINTS), 3), np.float32), np.zeros((n, FRAMES, len(JOINTS)), bool)
    for row, (one, mask) in enumerate(zip(gaits.joints, gaits.known)):
        _, at_rate, mask = resampled(np.arange(len(one)) / gaits.rate, one, mask, RATE)
        joints[row], known[row], _ = window(at_rate, mask)
    rows, middle = np.arange(n), np.array([_middle(mask) for mask in known])
    inputs = {"posture": {"joints": joints[rows, middle], "known": known[rows, middle]},
              "gait": {"joints": joints, "known": known}}
    available = {"posture": has_posture(known[rows, middle]), "gait": has_gait(known)}
    for name, arrays in inputs.items():
        for array in arrays.values():
            array[~available[name]] = 0
    return PeopleSamples(inputs, available, place[gaits.labels], names,
                         tuple(subject or key for subject, key in zip(gaits.subjects, gaits.ids)), gaits.ids,
                         np.full((n, 2), np.nan, np.float32), rate=RATE)


def _middle(known: np.ndarray) -> int:
    """Returns the middle one of the frames that are postures; 0 where none is."""
    frames = np.flatnonzero(has_posture(known))
    return int(frames[len(frames) // 2]) if len(frames) else 0


# === Keys ===


def acted_word(key: str) -> str | None:
    """Returns the emotion that a key says was acted: `003_Sad_positions.csv`, `ale_walk_sa_1_fin_positions.csv`."""
    words = _words(key)
    if "walk" in words[:-1]:
        return CODES.get(words[words.index("walk") + 1])
    return next((name for word in words if (name := _expression(word)) is not None), None)


def actor(key: str) -> str | None:
    """Returns the actor whom a key names, in `ale_walk_sa_1_fin_positions.csv` `ale`; None for other keys."""
    words = _words(key)
    return words[words.index("walk") - 1] if "walk" in words[1:] else None


def _words(key: str) -> list[str]:
    return [word for word in re.split(r"[^a-z]+", key.lower()) if word] or [""]


def _expression(word: str) -> str | None:
    try:
        return facs.parse_expression(word)
    except CatganError:
        return None


def _classes(order: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of emotions, those of `facs.EXPRESSIONS` where they are known there."""
    if isinstance(order, str) or not len(order):
        raise DataError(f"The order of labels is a list of names, number 0 first. Received: {order!r}.")
    names = tuple(_expression(str(name)) or str(name).strip() for name in order)
    if len(set(names)) < len(names):
        raise DataError(f"The order of labels needs different names. Received: {', '.join(map(str, order))}.")
    return names


# === Gaits ===


def _joints(values: np.ndarray, sides: Sides) -> tuple[np.ndarray, np.ndarray]:
    """Returns joints `(t, 16, 3)`, 0 where not finite, and bool `(t, 16)`, with the left side first."""
    joints = values.reshape(len(values), len(JOINTS), 3).astype(np.float32)
    if sides == "right first":
        joints = joints[:, MIRRORED]
    known = np.asarray(np.isfinite(joints).all(-1), bool)
    return np.where(known[..., None], joints, np.float32(0)), known


def _problem(labelled: bool, known: np.ndarray) -> str | None:
    """Returns why a gait cannot be used; None where it can."""
    if not labelled:
        return "it has no label"
    frames = int((known.sum(-1) >= FEWEST_KNOWN).sum())
    if frames < LEAST_FRAMES:
        lost = "" if known.all() else f", as {(~known).sum()} joints are not finite"
        return f"{LEAST_FRAMES} frames with {FEWEST_KNOWN} known joints are needed; it has {frames}{lost}"
    return None
