"""Searches the smallest change of a movement after which a network on landmarks answers otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

import numpy as np

from catgan.explain.landmarks.changes import MAX_INTENSITY, MovementChange, MovementChanger
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.counterfactual_result import LandmarkCounterfactual
from catgan.explain.landmarks.questions import LandmarkTarget
from catgan.synthesis.face_model import ACTION_UNITS

Read = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Reads landmarks `(n, t, p, 2)` and seen `(n, t)`: probabilities `(n, classes)`."""

BATCH_SIZE = 128
"""Changed clips that are read at once."""


@dataclass(frozen=True)
class LandmarkSearch:
    """Chooses how a changed movement is searched.

    Args:
        lead: probability by which the target must win.
        levels: shares of the movement that are tried to be taken away.
        max_parts: parts of the face that may move less, before the whole face may.
        intensities: of Action Units that are tried to be added.
        max_units: Action Units that may be added.
        beam: changes with added Action Units that are kept, when another one is added.
        halvings: of the interval in which the smallest change lies.
    """

    lead: float = 0.02
    levels: tuple[float, ...] = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
    max_parts: int = 3
    intensities: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0, MAX_INTENSITY)
    max_units: int = 3
    beam: int = 6
    halvings: int = 6


@dataclass
class _Reader:
    """Reads changed clips, and counts them."""

    read: Read
    changer: MovementChanger
    target: LandmarkTarget
    count: int = field(default=0)

    def probabilities(self, changes: Sequence[MovementChange]) -> np.ndarray:
        """Returns what is read after each change, `(n, classes)`."""
        found = []
        for first in range(0, len(changes), BATCH_SIZE):
            shapes = np.stack([self.changer.shape(change) for change in changes[first:first + BATCH_SIZE]])
            found.append(self.read(shapes, np.tile(self.changer.clip.seen, (len(shapes), 1))))
        self.count += len(changes)
        return np.concatenate(found)

    def leads(self, changes: Sequence[MovementChange]) -> np.ndarray:
        """Returns the lead of the target after each change, `(n,)`."""
        return self.target.lead(self.probabilities(changes))


def changed_movement(read: Read, clip: LandmarkClip, target: LandmarkTarget, classes: Sequence[str],
                     search: LandmarkSearch = LandmarkSearch()) -> LandmarkCounterfactual:
    """Finds the smallest change of the movement of a clip after which the answer is the target.

    Parts of the face that move less come first, as few as possible: one, two, up to `max_parts`, then the whole face.
    Such a face stays within its own movement. Only if none of these reaches the target, Action Units are added to the
    own movement, to half of it, or instead of it, as few as possible. Of changes with equally many parts or units, the
    one that moves the landmarks least is returned. The result is read again by the network.

    Args:
        read: the network.
        clip: the clip.
        target: what must be read.
        classes: names of what `read` gives.
        search: see `LandmarkSearch`.
    """
    began = time.perf_counter()
    reader = _Reader(read, MovementChanger(clip), target)
    nothing = MovementChange()
    before = reader.probabilities([nothing])[0]
    if target.lead(before) > 0.0:
        status, change = "already met", nothing
    else:
        met, change = _weaken(reader, search)
        if not met:
            met, change = _add_units(reader, search, change)
        status = "ok" if met else "not found"
    changed = reader.changer.shape(change)
    after = read(changed[None], clip.seen[None])[0]
    return LandmarkCounterfactual(
        status, target.text, clip, change, len(change.parts) == len(reader.changer.parts), changed,
        reader.changer.front(change),
        dict(zip(classes, before.tolist())), dict(zip(classes, after.tolist())), bool(target.lead(after) > 0.0),
        reader.count + 1, time.perf_counter() - began)


def _size(reader: _Reader, change: MovementChange) -> float:
    """Returns the root of the mean square by which a change moves the landmarks, in eye distances."""
    clip = reader.changer.clip
    moved = (reader.changer.shape(change) - clip.shape)[clip.seen]
    return float(np.sqrt((moved ** 2).sum(-1).mean()))


def _smallest(reader: _Reader, changes: Sequence[MovementChange], leads: np.ndarray, search: LandmarkSearch,
              shrunk: Callable[[MovementChange, float], MovementChange]) -> MovementChange | None:
    """Returns the smallest of the changes that reach the target, made as small as it can be; None if none does."""
    met = [change for change, lead in zip(changes, leads) if lead >= search.lead]
    if not met:
        return None
    shortest = sorted(met, key=lambda change: _size(reader, change))[:search.beam]
    refined = [_refined(reader, change, search, shrunk) for change in shortest]
    return min(refined, key=lambda change: _size(reader, change))


def _refined(reader: _Reader, change: MovementChange, search: LandmarkSearch,
             shrunk: Callable[[MovementChange, float], MovementChange]) -> MovementChange:
    """Makes a change smaller by halving, as long as the target is reached."""
    low, high = 0.0, 1.0
    for _ in range(search.halvings):
        middle = 0.5 * (low + high)
        if reader.leads([shrunk(change, middle)])[0] >= search.lead:
            high = middle
        else:
            low = middle
    return shrunk(change, high)


def _weaken(reader: _Reader, search: LandmarkSearch) -> tuple[bool, MovementChange]:
    """Searches parts of the face that must move less; returns whether it was found, or else the nearest attempt."""
    names = list(reader.changer.parts)
    sizes = [*range(1, min(search.max_parts, len(names) - 1) + 1), len(names)]
    best, best_lead = MovementChange(), -np.inf
    for size in sizes:
        changes = [MovementChange(parts, less) for parts in combinations(names, size) for less in search.levels]
        leads = reader.leads(changes)
        found = _smallest(reader, changes, leads, search,
                          lambda change, share: replace(change, less=share * change.less))
        if found is not None:
            return True, found
        if leads.max() > best_lead:
            best, best_lead = changes[int(leads.argmax())], float(leads.max())
    return False, best


def _add_units(reader: _Reader, search: LandmarkSearch, weakened: MovementChange) -> tuple[bool, MovementChange]:
    """Searches Action Units to add; returns as `_weaken`."""
    names = tuple(reader.changer.parts)
    kept = [MovementChange(), MovementChange(names, 0.5), MovementChange(names, 1.0)]
    best, best_lead = weakened, float(reader.leads([weakened])[0])
    for _ in range(search.max_units):
        changes = [replace(change, units=(*change.units, (unit, amount)))
                   for change, unit, amount in product(kept, ACTION_UNITS, search.intensities)
                   if unit not in dict(change.units)]
        leads = reader.leads(changes)
        found = _smallest(reader, changes, leads, search, _fewer_units)
        if found is not None:
            return True, found
        kept = [changes[place] for place in np.argsort(-leads, kind="stable")[:search.beam]]
        if leads.max() > best_lead:
            best, best_lead = kept[0], float(leads.max())
    return False, best


def _fewer_units(change: MovementChange, share: float) -> MovementChange:
    """Scales the added intensities; what is taken away of the own movement stays."""
    return replace(change, units=tuple((unit, share * amount) for unit, amount in change.units))
