"""Trains networks of several modalities on people that lie in memory, without a run folder."""

from __future__ import annotations

import numpy as np

from catgan.backend import get_engine
from catgan.data.people.samples import PeopleSamples
from catgan.models.multimodal.model import FusionRecogniser
from catgan.system import progress_bar
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.fusion import FusionTaskConfig, make_inputs
from catgan.training.tasks.fusion_steps import FusionStep
from catgan.training.tasks.fusion_validation import validate_people


def fit_people(people: PeopleSamples, validation: PeopleSamples, options: FusionTaskConfig = FusionTaskConfig(),
               training: TrainingConfig = TrainingConfig(), verbose: bool = False) -> FusionRecogniser:
    """Trains a model on people, and calibrates it on others.

    Args:
        people, validation: of the same emotions; those of whom nothing is known are left out.
        options: networks and losses.
        training: length, batch size, learning rate, seed. There are no snapshots: the model is that of the last step.
        verbose: whether a progress bar is shown.

    Raises:
        DataError: people of fewer than two emotions, or without a modality of the network.
    """
    shown = np.unique(people.labels[people.labels >= 0])
    names = (tuple(people.classes[label] for label in shown.tolist()), people.dimensions, people.category_names)
    model, average = (FusionRecogniser(options.network, *names, seed=training.seed) for _ in range(2))
    inputs, engine = make_inputs(model, people, options, training), get_engine()
    step = FusionStep(model, average, training, options, engine)
    compiled = engine.compile(step, step.variables)
    for number in progress_bar(range(training.steps), "people", unit="step", verbose=verbose):
        compiled(inputs(number))
    engine.synchronize()
    validate_people(average, validation)
    return average
