"""Subject-disjoint, label-stratified splits."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from catgan.data.recipe import SplitConfig

SPLITS = ("train", "validation", "test")
CELLS = 4


def tokens(values: Mapping[str, Any]) -> list[str]:
    """What a split should be balanced over: which labels a face has, its AUs, its cell of the VA plane, expression."""
    found = []
    for column, value in values.items():
        if column.endswith("_present"):
            found.append(f"{column}={value}")
        elif column == "expression":
            found.append(f"expression={value}")
    for column in ("valence", "arousal"):
        if column in values:
            found.append(f"{column}:{min(int((values[column] + 1.0) / 2.0 * CELLS), CELLS - 1)}")
    return found


def assign(groups: Sequence[str], labels: Sequence[Sequence[str]], split: SplitConfig) -> list[str]:
    """The split of every face: iterative stratification (Sechidis, Tsoumakas & Vlahavas 2011) over whole groups.

    The rarest label is dealt out first, each group with it to the split that still lacks most of it.

    Args:
        groups: per face, who (or what) it belongs to; a group is never divided.
        labels: per face, its tokens.
        split: shares and seed.
    """
    shares = {name: getattr(split, name) for name in SPLITS if getattr(split, name) > 0}
    contents: dict[str, Counter[str]] = defaultdict(Counter)
    for name, face in zip(groups, labels):
        contents[name].update(face)
        contents[name][""] += 1  # the face itself
    totals: Counter[str] = Counter()
    for counter in contents.values():
        totals.update(counter)
    wanted = {name: {token: share * count for token, count in totals.items()} for name, share in shares.items()}
    order = sorted(contents, key=lambda name: hashlib.sha256(f"{split.seed}/{name}".encode()).digest())
    holders: dict[str, list[str]] = defaultdict(list)
    for name in order:
        for token in contents[name]:
            holders[token].append(name)

    chosen: dict[str, str] = {}
    for token in sorted(totals, key=lambda token: (totals[token], token)):
        for name in holders[token]:
            if name not in chosen:
                # `shares` is in a fixed order, so that ties are broken the same way always.
                best = max(shares, key=lambda target: (wanted[target][token], wanted[target][""]))
                chosen[name] = best
                for other, count in contents[name].items():
                    wanted[best][other] -= count
    return [chosen[name] for name in groups]
