"""All that one step of an editor's training needs, as a function of (seed, step) alone."""

from __future__ import annotations

import numpy as np

from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.gan.model import CatGAN, to_network
from catgan.training import schedules
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.pairs import RenderedPairs


class EditingInputs:
    """Makes the inputs of a step.

    Args:
        pairs: rendered scenes.
        model: its sizes.
        training: batch size, schedules, seed.
    """

    def __init__(self, pairs: RenderedPairs, model: CatGAN, training: TrainingConfig):
        self.pairs, self.training, self.channels = pairs, training, model.network.channels
        self.units = len(model.spec.action_units)

    def __len__(self) -> int:
        """Number of training faces."""
        return len(self.pairs)

    def __call__(self, step: int, attempt: int = 0) -> dict:
        """Inputs of step number `step`.

        Args:
            attempt: times that the training was set back to a good state: another attempt gets other faces.

        Returns:
            `"before"`, `"after"` float32 `(b, h, w, c)`; `"change"`, `"back"` `(b, 2 * width)`, from one to the other
            and back; `"reversible"` `(b,)`: 1 where the way back is known, 0 where labels were left free;
            `"values"`, `"mask"` `(b, width)` and `"condition"` `(b, 2 * width)`: labels of the face after; and scalar
            schedules.
        """
        training = self.training
        random = np.random.default_rng([training.seed, 4, step, attempt])
        drawn = self.pairs.draw(random, training.batch_size)
        values, mask = drawn.labels.encode()
        width = values.shape[1]
        flip = random.random(len(values)) < 0.5 if training.mirror else np.zeros(len(values), bool)
        before, after = (np.where(flip[:, None, None, None], faces[:, :, ::-1], faces)
                         for faces in (drawn.before, drawn.after))
        told = drawn.change[:, width:]
        reversible = told[:, :self.units].sum(1) == max(self.units, 1)
        scales = schedules.at(training, step * training.batch_size)
        scales["learning_rate"] *= 0.5 ** attempt
        return {"before": to_network(before, self.channels), "after": to_network(after, self.channels),
                "change": drawn.change, "back": np.concatenate([-drawn.change[:, :width], told], axis=1),
                "reversible": reversible.astype(np.float32), "values": values, "mask": mask,
                "condition": np.concatenate([values * mask, mask], axis=1),
                **{name: np.float32(value) for name, value in scales.items()}}


def pairs_of(experiment: Experiment, dataset: DualDataset, gan: CatGAN, split: str) -> RenderedPairs:
    """The rendered scenes of one split that an editor is trained, or measured, on.

    Raises:
        CatganError: they were not rendered, or have another size.
    """
    editing = experiment.training.editing
    rendered = load_dataset(editing.rendered) if editing is not None and editing.rendered else dataset
    if rendered.image_size != gan.network.image_size:
        raise CatganError(f"{rendered.folder} holds faces of {rendered.image_size} px, the editor needs "
                          f"{gan.network.image_size} px.")
    return RenderedPairs(rendered, gan.spec, split, gan.network.channels)
