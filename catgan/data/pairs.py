"""Renders training pairs for an editor: the same scene before and after a change of its labels.

Data sets of photographs have no such pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from catgan import facs
from catgan.conditions import Condition
from catgan.data.batches import releaser
from catgan.data.scenes import Scenes
from catgan.data.store import DualDataset
from catgan.labels import Labels, LabelSpec
from catgan.synthesis.moves import another_face, exchange_units, move_units, move_valence_arousal
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Scene

FEW_UNITS, EXCHANGED, ALL_UNITS = 0.55, 0.65, 0.75
"""Cumulative shares of the kinds of changes.

Kinds: one to three Action Units change; one replaces the Action Units that exclude it; all change. The remaining share
changes valence and arousal.
"""


class Pairs(NamedTuple):
    """Holds pairs of faces.

    Attributes:
        rows: int `(n,)`, rows of the data set's split.
        before, after: uint8 `(n, side, side, channels)`.
        change: float32 `(n, 2 * width)`, [mask * difference, mask], the input of `catgan.models.gan.editor`.
        labels: of the faces after the change.
    """

    rows: np.ndarray
    before: np.ndarray
    after: np.ndarray
    change: np.ndarray
    labels: Labels


class RenderedPairs:
    """Makes pairs from the scenes of a rendered data set.

    Args:
        dataset: a data set written by `catgan render`; its people keep their split.
        spec: the labels of the changes.
        split: the split of the faces that are changed.
        channels: 1 or 3.

    Raises:
        CatganError: the data set was not rendered, or holds clips.
    """

    def __init__(self, dataset: DualDataset, spec: LabelSpec, split: str = "train", channels: int = 1):
        self.scenes, self.spec, self.channels = Scenes(dataset, split), spec, channels
        self.images = dataset.images(split, 3)
        self._let_go = releaser(self.images)
        self.renderer = Renderer(dataset.image_size)

    def __len__(self) -> int:
        return len(self.scenes)

    def scene(self, row: int) -> Scene:
        """Returns the scene of face `row` of the split."""
        return self.scenes[row]

    def draw(self, random: np.random.Generator, n: int) -> Pairs:
        """Samples `n` pairs, with the kinds of changes in the shares above."""
        rows = random.integers(len(self), size=n)
        scenes = [self.scene(row) for row in rows]
        moved, told = zip(*(self.move(random, scene) for scene in scenes))
        return self.pairs(rows, scenes, moved, np.stack(told))

    def move(self, random: np.random.Generator, scene: Scene) -> tuple[Scene, np.ndarray]:
        """Returns the scene after a random change, and the mask of the labels in the condition, float32 `(width,)`."""
        units, dimensions = len(self.spec.action_units), self.spec.valence_arousal
        kind = random.random()
        told = (np.arange(self.spec.width) < units + 2 * dimensions).astype(np.float32)
        if units and (kind < ALL_UNITS or not dimensions):
            among = self.spec.action_units
            changes = move_some(random, scene, kind, among)
            told[units:units + 2 * dimensions] = random.random() < 0.25
            return scene.with_action_units(changes), told
        return self.move_dimensions(random, scene, told)

    def move_dimensions(self, random: np.random.Generator, scene: Scene, told: np.ndarray) -> tuple[Scene, np.ndarray]:
        """Returns the scene after a change of valence, arousal or both, and the mask as in `move`."""
        units = len(self.spec.action_units)
        span = 1.0 if random.random() < 0.5 else 0.4
        wanted = {name: span * float(random.uniform(-1.0, 1.0)) for name in ("valence", "arousal")}
        told[:units] = 0.0
        if random.random() < 0.4:  # one of the two is in the condition; the other one follows
            follower = ("valence", "arousal")[int(random.integers(2))]
            del wanted[follower]
            told[units + ("valence", "arousal").index(follower)] = 0.0
        held = set[int]()
        if units and random.random() < 0.4:  # some Action Units are in the condition, too
            changes = move_units(random, scene, int(random.integers(1, 3)), self.spec.action_units)
            scene = scene.with_action_units(changes)
            held = set(changes) | {number for number in self.spec.action_units if random.random() < 0.2}
            told[:units] = [number in held for number in self.spec.action_units]
        return scene.with_action_units(move_valence_arousal(scene, wanted, held)), told

    def pairs(self, rows: np.ndarray, scenes: list[Scene], moved: Any, told: np.ndarray) -> Pairs:
        """Renders the changed scenes and encodes the changes; `told`, `(n, width)` or `(width,)`, is the mask."""
        before, after = (self.labels(part) for part in (scenes, moved))
        difference = after.encode()[0] - before.encode()[0]
        told = np.broadcast_to(told, difference.shape).astype(np.float32)
        pictures, stored = self.renderer.render(list(moved), self.channels)[0], self.images[rows]
        self._let_go()
        return Pairs(rows, stored, pictures, Condition(difference, told).encode(), after)

    def labels(self, scenes: Any) -> Labels:
        """Returns the true labels of scenes under `spec`. The expression of a changed face is unknown."""
        columns: dict[str, list] = {name: [] for name in self.spec.columns if name != "expression"}
        for scene in scenes:
            known = dict(zip(("valence", "arousal"), scene.valence_arousal))
            known |= {facs.au_name(number): value for number, value in scene.action_units.items()}
            for name in columns:
                value = known.get(facs.without_presence(name), 0.0)
                columns[name].append(float(value >= 1.0) if facs.is_presence(name) else value)
        return Labels.from_columns(self.spec, columns, len(scenes))


def move_some(random: np.random.Generator, scene: Scene, kind: float, among: Sequence[int]) -> dict[int, float]:
    """Samples new intensities of Action Units of `among`; `kind`, in 0..`ALL_UNITS`, selects the kind of change."""
    if kind < FEW_UNITS:
        return move_units(random, scene, int(random.integers(1, 4)), among)
    exchanged = exchange_units(random, scene, among) if kind < EXCHANGED else None
    return exchanged or another_face(random, among)
