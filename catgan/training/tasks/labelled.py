"""Holds the members that kinds of training on labelled faces share."""

from __future__ import annotations

from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN
from catgan.training import cards, starting, validation
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment
from catgan.training.tasks.base import Validation


class LabelledTask:
    """Gives a kind of training its start, validation and card; see `catgan.training.tasks.base.Task`."""

    labelled = True
    has_budget = True

    def check(self, experiment: Experiment) -> None:
        """Accepts every experiment."""

    def networks(self, experiment: Experiment, spec: LabelSpec) -> CatGAN:
        """Builds new networks, or those of `experiment.start`."""
        return starting.initial_networks(experiment, spec)

    def validate(self, model: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
        """Measures the label heads and the generator, and learns which Action Units come together."""
        result = validation.validate_labels(model, datasets, experiment)
        validation.learn_combinations(model, datasets, experiment)
        validation.validate_generator(model, datasets, experiment, result)
        return result

    def card(self, model: CatGAN, datasets: Datasets, validation: Validation) -> str:
        """Writes the card with the figures of the labels."""
        return cards.label_card(model, datasets.main.info["name"], validation.details, validation.columns)
