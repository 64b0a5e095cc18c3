"""Makes the inputs of an editor's training, as a function of (seed, step) alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from catgan import random_streams
from catgan.conditions import Condition
from catgan.data.pairs import RenderedPairs
from catgan.errors import CatganError
from catgan.models.gan.model import CatGAN, to_network
from catgan.training import schedules
from catgan.training.datasets import Datasets, Mixed
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.base import Batch
from catgan.training.tasks.imitations import ImitatedPairs

if TYPE_CHECKING:
    from catgan.training.tasks.editor import EditorConfig

BOTH_SHARE = 0.25
"""Share of photographs whose change names valence and arousal beside the Action Units."""
DIMENSIONS_SHARE = 0.25
"""Share of photographs whose change names valence and arousal alone."""


class EditorInputs:
    """Makes the inputs of steps: pairs of rendered scenes and, where there are photographs too, two more kinds.

    A share `EditorConfig.imitated` of the photographs comes as pairs of a photograph and its imitation. The others get
    the labels of another photograph, which stands for how real faces with these labels look.

    Args:
        datasets: one of rendered faces, and perhaps one of photographs.
        model: its labels and sizes.
        training: batch size, schedules, seed.
        options: share of imitated pairs, options of the critic.
        split: of the data sets.
        predicted: whether labels that `catgan complete` predicted replace unknown ones.

    Raises:
        CatganError: no data set was rendered.
    """

    def __init__(self, datasets: Datasets, model: CatGAN, training: TrainingConfig, options: EditorConfig,
                 split: str = "train", predicted: bool = False):
        self.training, self.spec, self.channels = training, model.spec, model.network.channels
        self.options = options
        self.units = len(model.spec.action_units)
        self.pairs = pairs_of(datasets, model, split)
        self.photographs, self.imitations, count, self.imitated = None, None, 0, 0
        if datasets.photographs is not None:
            share = datasets.share if datasets.photographs is datasets.auxiliary else 1.0 - datasets.share
            count = round(share * training.batch_size)
            self.imitated = round(options.imitated * count)
        if datasets.photographs is not None and self.imitated:
            self.imitations = ImitatedPairs(datasets.photographs, model.spec, split, self.channels, predicted,
                                            training.mirror)
        if datasets.photographs is not None and count > self.imitated:
            self.photographs = Mixed(Datasets(datasets.photographs), model.spec, self.channels, count - self.imitated,
                                     training, split, predicted)
        self.count = training.batch_size - count

    def __len__(self) -> int:
        """Returns the number of training faces."""
        photographs = len(self.photographs or ()) or len(self.imitations.rows if self.imitations else ())
        return len(self.pairs) + photographs

    def __call__(self, step: int, attempt: int = 0) -> Batch:
        """Returns the inputs of step number `step`.

        Args:
            step: counted from 0.
            attempt: number of times that the training was rolled back; each attempt gets other faces.

        Returns:
            `"before"` float32 `(b, h, w, c)` in -1..1; `"after"`, real faces with the wanted labels: the same scene
            where `"paired"` `(b,)` is 1, another person where it is 0; `"change"` and its reverse `"back"`
            `(b, 2 * width)`; `"reversible"` `(b,)`, 1 where the reverse is known, 0 where labels were left free;
            labels of the faces after: `"values"`, `"mask"` `(b, width)`, `"presence"`, `"presence_mask"` `(b, k)`;
            `"condition"` `(b, 2 * width)` of the critic; and scalar schedules.
        """
        training = self.training
        random = random_streams.generator("editing_inputs", training.seed, step, attempt)
        inputs = self._rendered(random)
        if self.imitations is not None:
            inputs = _joined(inputs, self._imitated(random))
        if self.photographs is not None:
            others = self._photographs(random, step + attempt * training.steps)
            inputs = _joined(inputs, others)
        change = Condition.decode(inputs["change"])
        reversible = change.mask[:, :self.units].sum(1) == max(self.units, 1)
        scalars = {**schedules.common(training, step, attempt),
                   "gamma": self.options.critic.gamma_at(training, step * training.batch_size)}
        return {**inputs, "back": change.opposite().encode(), "reversible": reversible.astype(np.float32),
                **{name: np.float32(value) for name, value in scalars.items()}}

    def _rendered(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        drawn = self.pairs.draw(random, self.count)
        values, mask = drawn.labels.encode()
        flip = random.random(self.count) < 0.5 if self.training.mirror else np.zeros(self.count, bool)
        before, after = (np.where(flip[:, None, None, None], faces[:, :, ::-1], faces)
                         for faces in (drawn.before, drawn.after))
        return {"before": to_network(before, self.channels), "after": to_network(after, self.channels),
                "change": drawn.change, "values": values, "mask": mask, **self._paired(values, mask)}

    def _imitated(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        assert self.imitations is not None
        pairs = self.imitations.draw(random, self.imitated)
        return {**pairs, **self._paired(pairs["values"], pairs["mask"])}

    def _paired(self, values: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the inputs that all pairs share, beside faces and labels."""
        ungraded = np.zeros((len(values), self.photographs.presences if self.photographs else 0), np.float32)
        return {"presence": ungraded, "presence_mask": ungraded,
                "condition": Condition(values, mask).encode(), "paired": np.ones(len(values), np.float32)}

    def _photographs(self, random: np.random.Generator, step: int) -> dict[str, np.ndarray]:
        """Gives every photograph the labels of the next one as its goal."""
        assert self.photographs is not None
        batch = self.photographs(step)
        after = type(batch)(*(np.roll(part, -1, axis=0) for part in batch))
        told = batch.mask * after.mask * self._named(random, len(batch.mask))
        pixels = to_network(batch.images, self.channels)
        return {"before": pixels, "after": np.roll(pixels, -1, axis=0),
                "change": Condition(after.values - batch.values, told).encode(), "values": after.values,
                "mask": after.mask,
                "presence": after.presence, "presence_mask": after.presence_mask,
                "condition": Condition(after.values, told).encode(), "paired": np.zeros(len(told), np.float32)}

    def _named(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Draws which labels a change names, in the proportions of rendered pairs, float32 `(count, width)`."""
        places, units = np.arange(self.spec.width), self.units
        kind = random.random((count, 1))
        alone, both = kind < DIMENSIONS_SHARE, kind >= 1.0 - BOTH_SHARE
        if not units or not self.spec.valence_arousal:
            alone, both = np.full_like(alone, not units), np.full_like(both, not units)
        named = np.where(places < units, ~alone, (alone | both) & (places < units + 2))
        return named.astype(np.float32)


def pairs_of(datasets: Datasets, gan: CatGAN, split: str) -> RenderedPairs:
    """Returns the rendered scenes of one split that an editor is trained, or measured, on.

    Raises:
        CatganError: none were rendered.
    """
    if datasets.rendered is None:
        raise CatganError(f"{datasets.main.folder} was not rendered, so nobody knows its faces under other labels. "
                          "Give the folder that 'catgan render' wrote, as the data set or as 'auxiliary_data.data'.")
    return RenderedPairs(datasets.rendered, gan.spec, split, gan.network.channels)


def _joined(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([first[name], second[name]]) for name in first}
