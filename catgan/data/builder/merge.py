"""Merges rows that show one face.

Two rows are one face in any of these cases: they name the same file, are the same frame of one video, hold the same
bytes, or look the same. Rows look the same if the 8 x 8 perceptual hashes of the *aligned* faces differ in at most
`hash_distance` bits. In addition, the correlation of the two faces must be at least `correlation`. The hash alone errs
about once in 2,000 pairs of different people (5 of 11,175 pairs of press photographs).

These rows are never merged:

- Different frames of one video, because their labels belong to different moments.
- Frames of two videos that only look the same, because their neighbouring frames look the same, too.
- Rows that name different people, if both names come from one source, one family, or tables.

Rows that look alike and are not merged must at least stay in one split: `Groups.near_duplicates`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.data.builder.recipe import MergeConfig

BITS = 64


@dataclass(frozen=True)
class Pair:
    """Holds two rows that look the same: numbers in the scan, bits between their hashes, correlation of the faces."""

    first: int
    second: int
    distance: int
    correlation: float


def similar_pairs(rows: np.ndarray, hashes: np.ndarray, thumbnails: np.ndarray, merge: MergeConfig,
                  clips: np.ndarray | None = None) -> list[Pair]:
    """Returns the pairs of rows whose correlation is at least `merge.kin`, lowest correlation first.

    Args:
        rows: int64 `(n,)`, numbers in the scan.
        hashes: uint64 `(n,)`, perceptual hashes.
        thumbnails: uint8 `(m, 32, 32)`, indexed by number in the scan; may be a memory map.
        merge: thresholds.
        clips: int `(n,)`, number of each row's video, -1 for none; frames of one video are not compared.
    """
    pairs = []
    linked: set[tuple[int, int]] = set()
    for first, second in candidate_pairs(hashes, merge.hash_distance, clips):
        videos = (int(clips[first]), int(clips[second])) if clips is not None else (-1, -1)
        if videos in linked:  # one pair is enough: frames of two videos are never merged
            continue
        value = correlation(thumbnails[rows[first]], thumbnails[rows[second]])
        if value >= merge.kin:
            if min(videos) >= 0:
                linked |= {videos, videos[::-1]}
            distance = int(np.bitwise_count(hashes[first] ^ hashes[second]))
            pairs.append(Pair(int(rows[first]), int(rows[second]), distance, round(value, 6)))
    return sorted(pairs, key=lambda pair: (pair.correlation, pair.first, pair.second))


def candidate_pairs(hashes: np.ndarray, distance: int, clips: np.ndarray | None = None) -> Iterator[tuple[int, int]]:
    """Yields all pairs `first < second` whose hashes differ in at most `distance` bits, each once.

    Two hashes that differ in at most d bits agree in at least one of d + 1 bands of bits. Only rows that share a band
    are compared, so that memory and time stay far below those for all pairs.
    """
    bands = [np.uint64(sum(1 << int(bit) for bit in part)) for part in np.array_split(np.arange(BITS), distance + 1)]
    for number, band in enumerate(bands):
        keys = hashes & band
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order]) != 0) + 1
        for bucket in np.split(order, edges):
            ordered = hashes[bucket]
            for position in range(len(bucket) - 1):
                different = ordered[position + 1:] ^ ordered[position]
                near = np.bitwise_count(different) <= distance
                for earlier in bands[:number]:  # pairs that share an earlier band were found there
                    near &= (different & earlier) != 0
                others = bucket[position + 1:][near]
                first = int(bucket[position])
                if clips is not None and clips[first] >= 0:
                    others = others[clips[others] != clips[first]]
                yield from ((first, int(second)) for second in others)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Computes the normalised correlation of two thumbnails, `(32, 32)`.

    The border of one pixel is left out, because it depends most on the alignment.
    """
    x, y = (part[1:-1, 1:-1].astype(np.float64) for part in (a, b))
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / np.sqrt(max((x ** 2).sum() * (y ** 2).sum(), 1e-12)))


def equal_values(values: np.ndarray, nothing: int = 0) -> Iterator[tuple[int, int]]:
    """Yields links from the first row with a value to every later row with the same value.

    Args:
        values: integers `(n,)`: hashes of paths, bytes or moments.
        nothing: value that means "missing"; its rows are not linked.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    same = np.flatnonzero((ordered[1:] == ordered[:-1]) & (ordered[1:] != nothing)) + 1
    first = order.copy()
    for position in same:
        first[position] = first[position - 1]
        yield int(first[position]), int(order[position])


class Connected:
    """Maintains groups of `n` items (union-find); the smallest item is the root of its group."""

    def __init__(self, n: int):
        self.parent = array("q", range(n))

    def root(self, item: int) -> int:
        """Returns the root of the group of `item`."""
        parent = self.parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, first: int, second: int) -> int:
        """Joins the groups of two items; returns the root of the joined group."""
        a, b = sorted((self.root(first), self.root(second)))
        self.parent[b] = a
        return a

    def roots(self) -> np.ndarray:
        """Returns the root of each item's group, int64 `(n,)`."""
        return np.fromiter(map(self.root, range(len(self.parent))), np.int64, len(self.parent))


class Groups:
    """Groups rows that show one face.

    Args:
        clips: int `(n,)`, number of each row's video, -1 for none.
        frames: int `(n,)`, number of the frame in its video.
        names: uint64 `(n,)`, hash of the person's name, 0 for none.
        namers: int `(n,)`, number of the naming scheme; names are compared only within one scheme.
    """

    def __init__(self, clips: np.ndarray, frames: np.ndarray, names: np.ndarray | None = None,
                 namers: np.ndarray | None = None):
        self.connected = Connected(len(clips))
        self.near_duplicates: list[tuple[int, int]] = []
        """Pairs of rows that look alike but are not one face; both rows must stay in one split."""
        self._clips, self._frames = clips, frames
        self._names = np.zeros(len(clips), np.uint64) if names is None else names
        self._namers = np.zeros(len(clips), np.int64) if namers is None else namers
        self._facts: dict[int, dict[int, int]] = {}

    def join(self, links: Iterable[tuple[int, int]]) -> None:
        """Joins the rows of every link into one face.

        A link that would join two frames of one video, or two people, goes to `near_duplicates` instead.
        """
        for first, second in links:
            a, b = self.connected.root(first), self.connected.root(second)
            if a == b:
                continue
            mine, other = self._of(a), self._of(b)
            if any(other.get(about, fact) != fact for about, fact in mine.items()):
                self.near_duplicates.append((first, second))
                continue
            root = self.connected.join(a, b)
            if mine or other:
                self._facts[root] = mine | other

    def join_alike(self, pairs: Sequence[Pair], merge: MergeConfig) -> list[Pair]:
        """Joins pairs that look the same, highest correlation first; returns joined pairs, lowest first."""
        joined = []
        for pair in reversed(pairs):
            two_videos = self._clips[pair.first] >= 0 and self._clips[pair.second] >= 0
            if pair.correlation < merge.correlation or two_videos:
                self.near_duplicates.append((pair.first, pair.second))
                continue
            before = len(self.near_duplicates)
            self.join([(pair.first, pair.second)])
            if len(self.near_duplicates) == before:
                joined.append(pair)
        return joined[::-1]

    def _of(self, root: int) -> dict[int, int]:
        """Returns the facts that must agree within a face: video -> frame, and -1 - namer -> name."""
        if root in self._facts:
            return self._facts[root]
        facts = {int(self._clips[root]): int(self._frames[root])} if self._clips[root] >= 0 else {}
        if self._names[root]:
            facts[-1 - int(self._namers[root])] = int(self._names[root])
        return facts


@dataclass(frozen=True)
class Faces:
    """Holds the faces of a data set: the rows of each face, and the row of its picture.

    Args:
        kept: int64 `(f,)`, ascending: row of each face's picture.
        members: int64 `(m,)`: rows of the first face, then of the second ...
        starts: int64 `(f + 1,)`: start of each face's rows in `members`.
        of_row: int64 `(n,)`: face of each row, -1 for none.
    """

    kept: np.ndarray
    members: np.ndarray
    starts: np.ndarray
    of_row: np.ndarray

    def __len__(self) -> int:
        return len(self.kept)

    def of(self, first: int, last: int) -> list[list[int]]:
        """Returns the rows of each face from `first` to `last - 1`."""
        return [self.members[self.starts[face]:self.starts[face + 1]].tolist() for face in range(first, last)]


def faces(roots: np.ndarray, usable: np.ndarray, eye_distance: np.ndarray) -> Faces:
    """Collects usable rows into faces and selects a picture for each.

    The picture with the largest face is kept; among equals, the first.

    Args:
        roots: int64 `(n,)`, root of each row's group.
        usable: bool `(n,)`, True if a row has an aligned face.
        eye_distance: `(n,)`, pixels between the eyes in the photograph.
    """
    rows = np.flatnonzero(usable)
    best = rows[np.lexsort((rows, -eye_distance[rows], roots[rows]))]
    kept = np.sort(best[np.unique(roots[best], return_index=True)[1]])
    of_root = np.full(len(roots), -1, np.int64)
    of_root[roots[kept]] = np.arange(len(kept))
    of_row = np.where(usable, of_root[roots], -1)
    members = rows[np.argsort(of_row[rows], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_row[rows], minlength=len(kept)))])
    return Faces(kept, members, starts.astype(np.int64), of_row)
