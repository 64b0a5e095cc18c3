"""Search for the smallest change of Action Units over time after which the answer about a clip changes.

Coarse to fine: sets of units are grown and intervals cut by foretold readings, which cost no drawing. The smallest
sets are then drawn and read, and made as small as the drawn clip allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from catgan.errors import CatganError
from catgan.explain.clips.changes import UnitChange
from catgan.explain.clips.effects import Direction, Effects

Changes = tuple[UnitChange, ...]


SCALES = (0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the largest change that are foretold."""
UNIT_SCALES = (0.0, 0.35, 0.7)
"""Shares of a unit's change that are foretold while the others stay."""


@dataclass(frozen=True)
class ClipSearchOptions:
    """Holds the options of the search.

    Args:
        max_units: Action Units that may change at once.
        directions: units, with a direction each, of which sets are made: those that come nearest alone.
        beam_width: sets of units that are grown by one more.
        drawn: sets of units that are drawn, those of the smallest foretold cost first.
        unit_cost: what one more unit must save, in intensities times seconds.
        ramp: seconds in which a change grows and fades.
        cuts: parts of the interval by which its ends may be cut, where a question is not about every frame.
        halvings: steps by which the size of a drawn change is found.
        margin: share of a label's range to go beyond the edge of the target.
        together: where the question is about every frame, weaken all units of the episode by the same share if that
            reaches the target. Single units are tried only where it does not: a network can be turned by one of many
            units of an expression, which no face shows.
        least_share: share of what weakening does to the answer, below which a unit is left out of it.
    """

    max_units: int = 4
    directions: int = 10
    beam_width: int = 5
    drawn: int = 3
    unit_cost: float = 0.1
    ramp: float = 0.32
    cuts: tuple[float, ...] = (0.0, 0.2, 0.4)
    halvings: int = 3
    margin: float = 0.08
    together: bool = True
    least_share: float = 0.05

    def __post_init__(self) -> None:
        for name in ("max_units", "directions", "beam_width", "drawn", "halvings"):
            if getattr(self, name) < 1:
                raise CatganError(f"'{name}' must be 1 or more. Received: {getattr(self, name)}.")
        if not 0.0 <= self.margin <= 0.4 or self.ramp < 0.0 or self.unit_cost < 0.0:
            raise CatganError("'margin' must lie in 0..0.4, 'ramp' and 'unit_cost' must not be negative. Received: "
                              f"{self.margin:g}, {self.ramp:g} and {self.unit_cost:g}.")


@dataclass(frozen=True)
class Found:
    """What a search found.

    Args:
        changes: the smallest that reach the target, or the nearest attempt.
        reached: whether the drawn clip reached the target.
        draws: frames that were drawn.
    """

    changes: Changes
    reached: bool
    draws: int


class ClipSearch:
    """Searches one clip.

    Args:
        effects: foretell readings.
        draw: draws changes and returns the distance of the drawn clip from the target, see `Question.distance`.
        options: of the search.
    """

    def __init__(self, effects: Effects, draw: Callable[[Changes], float], options: ClipSearchOptions):
        self.effects, self.options, self._draw, self.draws = effects, options, draw, 0
        times, question = effects.clip.times, effects.question
        asked = times[question.frames]
        self.first, self.last = float(asked[0]), float(asked[-1])

    def weakened(self) -> Found:
        """Weakens the whole episode, see `_weakened`, as little as reaches the target."""
        reached, drawn, _ = self._fitted(self._weakened())
        return Found(drawn, reached, self.draws)

    def smallest(self) -> Found:
        """Returns the smallest change of any units that was found."""
        candidates = self._candidates()
        best: Changes | None = None
        nearest: Changes = ()
        least = np.inf
        for changes in candidates[:self.options.drawn + 1]:
            if best is not None and self.cost(changes) > 2.0 * self.cost(best):
                continue  # cannot shrink enough to win
            reached, drawn, distance = self._fitted(changes)
            if reached and (best is None or self.cost(drawn) < self.cost(best)):
                best = drawn
            if distance < least:
                nearest, least = drawn, distance
        return Found(nearest if best is None else best, best is not None, self.draws)

    # === Foretold ===

    def cost(self, changes: Sequence[UnitChange]) -> float:
        """Returns the size of a change, see `Effects.size`, with the cost of its units."""
        return self.effects.size(changes) + self.options.unit_cost * len(changes)

    def _candidates(self) -> list[Changes]:
        """Returns changes, those that are foretold to reach the target at the least cost first, then the nearest."""
        reaching: list[Changes] = []
        nearest: list[tuple[float, Changes]] = []
        for sets, distances in self._grown():
            full = [self._full(chosen) for chosen in sets]
            nearest += [(float(distances[place]), full[place]) for place in range(min(2, len(full)))]
            reaching += [full[place] for place in range(min(2 * self.options.beam_width, len(full)))
                         if distances[place] <= 0.0]
        removal = self._removal()
        found = sorted(self._smaller(self._scaled(reaching)), key=self.cost)[:self.options.drawn - 1]
        found = sorted([*found, *(self._scaled([removal]) or [removal])], key=self.cost) if removal else found
        if self.effects.question.summary != "every":
            found = sorted(self._cut(found), key=self.cost)
        return [*found, *(changes for _, changes in sorted(nearest, key=lambda item: item[0]))]

    def _removal(self) -> Changes:
        """Returns the change that takes away everything that rises in the episode, without the units that are foretold
        not to be needed. Expressions of many units are found by it. Empty without such units."""
        found = self._full([one for one in self.effects.directions if one.sign < 0])
        while len(found) > 1:
            fewer = [found[:place] + found[place + 1:] for place in range(len(found))]
            distances = self.effects.foretold([*fewer, found])
            best = int(distances[:-1].argmin())
            if distances[best] > max(0.0, float(distances[-1])):
                break
            found = fewer[best]
        return found

    def _weakened(self) -> Changes:
        """Returns the change that weakens the whole episode: all units that rise in it are lowered by the same share of
        what they rise, as little as is foretold to reach the target, or wholly. Units that hardly count are left
        out."""
        whole = self._full([one for one in self.effects.directions if one.sign < 0])
        if not whole:
            return ()
        found = next(iter(self._scaled([whole])), whole)
        fewer = [found[:place] + found[place + 1:] for place in range(len(found))]
        *left, all_of_them, nothing = self.effects.foretold([*fewer, found, ()])
        needed = self.options.least_share * (nothing - all_of_them)
        kept = [change for change, without in zip(found, left) if without - all_of_them >= needed]
        full = tuple(replace(one, by=self._largest(one)) for one in kept)
        return next(iter(self._scaled([full])), full) if kept else ()

    def _grown(self) -> Iterator[tuple[list[tuple[Direction, ...]], np.ndarray]]:
        """Yields sets of units in the order of their size, with the foretold distances of their largest change, the
        nearest first."""
        beam: list[tuple[Direction, ...]] = [()]
        directions = list(self.effects.directions)
        for size in range(self.options.max_units):
            sets = list(dict.fromkeys(tuple(sorted((*chosen, one))) for chosen in beam for one in directions
                                      if one.unit not in {other.unit for other in chosen}))
            if not sets:
                return
            distances = self.effects.foretold([self._full(chosen) for chosen in sets])
            order = np.argsort(distances, kind="stable")
            if size == 0:
                directions = [sets[place][0] for place in order[:self.options.directions]]
            beam = [sets[place] for place in order[:self.options.beam_width]]
            yield [sets[place] for place in order], distances[order]

    def _full(self, chosen: Sequence[Direction]) -> Changes:
        """Returns the largest change of some units over the whole interval in question."""
        ramp = self.options.ramp
        return tuple(UnitChange(one.unit, self.effects.largest(one), self.first - ramp, self.last + ramp, ramp)
                     for one in chosen)

    def _scaled(self, full: Sequence[Changes]) -> list[Changes]:
        """Returns the smallest of `SCALES` of each change that is foretold to reach the target; others are left out."""
        tried = [scaled(changes, share) for changes in full for share in SCALES]
        if not tried:
            return []
        met = (self.effects.foretold(tried) <= 0.0).reshape(len(full), len(SCALES))
        return [tried[row * len(SCALES) + int(there.argmax())] for row, there in enumerate(met) if there.any()]

    def _smaller(self, changes: Sequence[Changes]) -> list[Changes]:
        """Makes single units of the cheapest changes smaller, where the foretold target allows."""
        few = sorted(changes, key=self.cost)[:2 * self.options.drawn]
        tried = [(row, tuple(replace(one, by=share * one.by) if index == place else one
                             for index, one in enumerate(found) if index != place or share))
                 for row, found in enumerate(few) if len(found) > 1 for place in range(len(found))
                 for share in UNIT_SCALES]
        result = list(few)
        if tried:
            met = self.effects.foretold([found for _, found in tried]) <= 0.0
            for (row, found), there in zip(tried, met):
                result[row] = min(result[row], found, key=self.cost) if there else result[row]
        return result

    def _cut(self, changes: Sequence[Changes]) -> list[Changes]:
        """Cuts the intervals at both ends where the foretold target allows, at the intensities that it then takes."""
        length, result = self.last - self.first, []
        for found in changes:
            shorter = [tuple(replace(one, by=self._largest(one), start=one.start + before * length,
                                     end=one.end - after * length) for one in found)
                       for before in self.options.cuts for after in self.options.cuts if 0.0 < before + after < 0.9]
            result.append(min([found, *self._scaled(shorter)], key=self.cost))
        return result

    def _largest(self, change: UnitChange) -> float:
        """Returns the largest useful difference of the unit of a change, in its direction."""
        return self.effects.largest(Direction(change.unit, -1 if change.by < 0.0 else 1))

    # === Drawn ===

    def _asked(self, changes: Changes) -> float:
        self.draws += int((self.effects.differences(changes) != 0.0).any(1).sum())
        return self._draw(changes)

    def _fitted(self, changes: Changes) -> tuple[bool, Changes, float]:
        """Makes a change as small as the drawn clip allows, or larger until it reaches the target.

        Returns:
            Whether the target is reached, the change, and its distance.
        """
        changes = stated(changes)
        distance = self._asked(changes)
        if distance > 0.0:
            full = stated(tuple(replace(one, by=self._largest(one)) for one in changes))
            far = self._asked(full)
            if far > 0.0:
                return False, full if far < distance else changes, min(far, distance)
            return self._between(changes, full, far)
        return self._between(stated(scaled(changes, 0.4)), changes, distance)

    def _between(self, near: Changes, far: Changes, distance: float) -> tuple[bool, Changes, float]:
        """Halves the way from a change that reaches the target towards one that is too small."""
        low, high, best = 0.0, 1.0, far
        for _ in range(self.options.halvings):
            middle = (low + high) / 2.0
            changes = stated(between(near, far, middle))
            found = self._asked(changes)
            if found <= 0.0:
                high, best, distance = middle, changes, found
            else:
                low = middle
        return True, best, distance


def between(near: Changes, far: Changes, share: float) -> Changes:
    """Returns the change `share` of the way from `near` to `far`, which have the same units and intervals."""
    return tuple(replace(one, by=start.by + share * (one.by - start.by)) for start, one in zip(near, far))


def scaled(changes: Changes, share: float) -> Changes:
    """Returns a change with its intensities times `share`."""
    return tuple(replace(one, by=share * one.by) for one in changes)


def stated(changes: Changes) -> Changes:
    """Returns a change as it is stated: rounded."""
    return tuple(one.rounded() for one in changes)
