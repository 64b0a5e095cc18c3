"""Measures a model during training: what its heads read, and what it generates. Tasks put these parts together."""

from __future__ import annotations

import numpy as np

from catgan import metrics
from catgan.conditions import Condition
from catgan.evaluation import samples
from catgan.evaluation.evaluate import choose_thresholds, score
from catgan.evaluation.predictions import predict_labels
from catgan.labels import Labels
from catgan.models.calibration import Calibration, calibrate
from catgan.models.gan.density import learn_density
from catgan.models.gan.model import CatGAN
from catgan.system import logger
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment
from catgan.training.tasks.base import Validation

REFERENCE_FACES = 256
"""Generated faces whose mean critic score is the reference of `realness`, and whose diversity is measured."""
MAX_FACES = 5000
"""The most faces that a snapshot is measured on."""
MIN_CALIBRATION_FACES = 100
"""Faces whose label is known, from which a calibration uses the main data set alone."""
MIN_DIVERSITY = 0.3
"""Diversity of generated faces, relative to real ones, below which the generator counts as collapsed."""


def validation_faces(datasets: Datasets, experiment: Experiment) -> np.ndarray:
    """Returns the faces of the main data set that snapshots are measured on, uint8 `(n, h, w, 3)`."""
    return datasets.main.images(experiment.validation_split, 3)[:MAX_FACES]


def validate_labels(gan: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
    """Measures the label heads, and sets the model's calibration and thresholds.

    Args:
        gan: the averaged networks.
        datasets: the validation split of the main one is measured; the calibration also uses the auxiliary one.
        experiment: names the split.
    """
    dataset, split = datasets.main, experiment.validation_split
    gan.calibration = calibration_of(gan, datasets, split)
    truth = dataset.labels(split, gan.spec)[:MAX_FACES]
    presences = dataset.presences(split, gan.spec)
    presences = presences and presences[:MAX_FACES]
    predicted = predict_labels(gan, validation_faces(datasets, experiment))
    gan.thresholds = choose_thresholds(gan, truth, predicted, presences)
    result = metrics.evaluate_labels(truth, predicted, gan.thresholds, presences=presences)
    figures = {"score": score(result)}
    for name, key in (("validation_f1", "mean_f1"), ("validation_icc", "mean_icc")):
        figures[name] = result.get("action_units", {}).get(key)
    for name in ("valence", "arousal"):
        figures[f"validation_ccc_{name}"] = result.get(name, {}).get("ccc")
    return Validation(figures, {"split": split, **result})


def learn_combinations(gan: CatGAN, datasets: Datasets, experiment: Experiment) -> None:
    """Learns which combinations of Action Units the training faces show, for `gan.density`."""
    gan.density = learn_density(_known(gan, datasets, experiment.split, experiment.labels.predicted))


def validate_generator(gan: CatGAN, datasets: Datasets, experiment: Experiment, validation: Validation) -> None:
    """Adds sample sheets and diversity to a validation, and sets the critic's reference.

    The diversity is that of faces with the labels of real ones, and of faces of one label and many latents, both
    relative to real faces.
    """
    seed, split = experiment.training.seed, experiment.validation_split
    validation.sheet, validation.columns = samples.sweep(gan, seed=seed)
    validation.pictures |= {"free": samples.free_samples(gan, seed=seed), "sweep": validation.sheet}
    truth = datasets.main.labels(split, gan.spec)[:MAX_FACES]
    conditions = Condition.of(truth[:REFERENCE_FACES]).encode()
    latents = samples.fixed_latents(len(conditions), gan.network.latent_size, seed)
    generated = gan.draw(latents, conditions)
    free = gan.draw(latents, np.repeat(gan.condition(), len(conditions), axis=0))
    gan.critic_reference = gan.critic_reference + _mean_logit(gan.read(free)["realness"])
    real = diversity(gan.features(validation_faces(datasets, experiment)[:REFERENCE_FACES]))
    alike = gan.draw(latents, np.repeat(conditions[:1], len(conditions), axis=0))
    relative = diversity(gan.features(generated)) / real
    validation.figures |= {"diversity": relative, "diversity_alike": diversity(gan.features(alike)) / real}
    if relative < MIN_DIVERSITY:
        logger.info("Collapse: generated faces differ %.2f times as much as real ones (below %s). Raise "
                    "options.critic.gamma, lower training.learning_rate, or go back to an earlier snapshot.", relative,
                    MIN_DIVERSITY)


def calibration_of(gan: CatGAN, datasets: Datasets, split: str) -> Calibration:
    """Learns the calibration of a model's uncertainties on up to `MAX_FACES` faces of the main data set.

    For labels that fewer than `MIN_CALIBRATION_FACES` of those know, it also uses the auxiliary data set: rendered
    faces are easier to read than photographs, so they are used only where there is nothing else.
    """
    gan.calibration = Calibration()
    images = np.concatenate([dataset.images(split, 3)[:MAX_FACES] for dataset in datasets.all])
    truth, main = _known(gan, datasets, split), min(datasets.main.count(split), MAX_FACES)
    truth.mask[main:, truth.mask[:main].sum(0) >= MIN_CALIBRATION_FACES] = 0
    return calibrate(predict_labels(gan, images), truth)


def diversity(features: np.ndarray) -> float:
    """Returns the mean squared distance between two rows of `(n, d)`: twice the summed variance."""
    return float(max(2.0 * features.astype(np.float64).var(axis=0).sum(), 1e-12))


def _known(gan: CatGAN, datasets: Datasets, split: str, predicted: bool = False) -> Labels:
    """Returns the labels of up to `MAX_FACES` faces of each data set."""
    known = [dataset.labels(split, gan.spec, predicted and "completed" in dataset.info)[:MAX_FACES]
             for dataset in datasets.all]
    return Labels(gan.spec, *(np.concatenate([getattr(part, name) for part in known]) for name in ("values", "mask")))


def _mean_logit(probability: np.ndarray) -> float:
    clipped = np.clip(probability, 1e-12, 1 - 1e-12)
    return float(np.mean(np.log(clipped / (1 - clipped))))
