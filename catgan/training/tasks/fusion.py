"""Training of networks of several modalities: face, posture, gait, context (Palash & Bhargava, EMERSK)."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

from catgan import config
from catgan.backend.engine import Engine
from catgan.data.people.columns import is_of_people, read_people
from catgan.data.people.pose_errors import with_errors
from catgan.data.people.samples import PeopleSamples
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError, DataError
from catgan.evaluation.people_measures import PeopleTruth
from catgan.labels import LabelSpec
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.model import FusionRecogniser
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Validation
from catgan.training.tasks.fusion_inputs import FusionInputs
from catgan.training.tasks.fusion_steps import FusionStep
from catgan.training.tasks.fusion_validation import fusion_card, validate_people

LABEL_MODES = ("expression", "both")


@dataclass(frozen=True)
class FusionTaskConfig:
    """Holds the options of training on people.

    Args:
        network: modalities, encoders and fusion.
        modality_dropout: probability with which each modality of a person is hidden from the fusion, so that it learns
            to do without any of them. 0 also switches `all_hidden` off.
        all_hidden: probability with which all modalities of a person are hidden.
        own_heads: weight of the losses of the modules' own heads.
        affect: weight of the loss of valence, arousal and dominance.
        categories: weight of the loss of categories of which several may be true.
        weight_decay: of Adam.
        label_smoothing: share of the probability of an emotion that all emotions share.
        jitter: standard deviation of the noise that is added to each coordinate of a joint, in metres, so that
            networks work on the joints of a landmarker.
        pose_errors: scale of the errors of MediaPipe's pose landmarker that are added to joints, in training and in
            validation; 1 is as measured on drawn people (`catgan.data.people.pose_errors`). For data with exact joints
            alone.
        class_weights: whether an emotion counts by 1 / sqrt(number of people who show it).
    """

    network: FusionConfig = FusionConfig()
    modality_dropout: float = 0.3
    all_hidden: float = 0.02
    own_heads: float = 0.5
    affect: float = 0.5
    categories: float = 0.5
    weight_decay: float = 0.01
    label_smoothing: float = 0.05
    jitter: float = 0.01
    pose_errors: float = 0.0
    class_weights: bool = True

    def __post_init__(self) -> None:
        config.check(self, "options", below_one=("modality_dropout", "all_hidden", "label_smoothing"),
                     from_zero=("own_heads", "affect", "categories", "weight_decay", "jitter", "pose_errors"))


class LabelNames(NamedTuple):
    """Names what a network predicts: emotions, dimensions of affect, categories."""

    classes: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class FusionTask:
    """Trains a network that reads several modalities of a person, each of which may be missing."""

    config = FusionTaskConfig
    columns = ("loss", "accuracy", "score")
    labelled = True

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` for labels or data that this kind does not know."""
        if experiment.labels.mode not in LABEL_MODES:
            raise CatganError("Networks on people read emotions: set labels.mode to 'expression', or 'both' with "
                              f"valence and arousal. Received: '{experiment.labels.mode}'.")
        if experiment.auxiliary_data is not None or experiment.start is not None:
            raise CatganError("A training on people has neither 'auxiliary_data' nor 'start'.")

    def check_data(self, experiment: Experiment, dataset: DualDataset) -> None:
        """Raises `DataError` for data without people, or of fewer than two emotions."""
        label_names(experiment, dataset)

    def networks(self, experiment: Experiment, spec: LabelSpec) -> FusionRecogniser:
        """Builds new networks; those of the emotions that the training split shows."""
        assert experiment.data is not None
        names = label_names(experiment, load_dataset(experiment.data))
        return FusionRecogniser(_options(experiment).network, *names, seed=experiment.training.seed)

    def inputs(self, datasets: Datasets, model: FusionRecogniser, experiment: Experiment) -> FusionInputs:
        """Reads the people into memory."""
        samples = read_people(datasets.main, experiment.split, model.classes)
        return make_inputs(model, samples, _options(experiment), experiment.training)

    def step(self, model: FusionRecogniser, average: FusionRecogniser, experiment: Experiment,
             engine: Engine) -> FusionStep:
        options = _options(experiment)
        return FusionStep(model, average, experiment.training, options, engine)

    def validate(self, model: FusionRecogniser, datasets: Datasets, experiment: Experiment) -> Validation:
        """Calibrates the networks, and measures the fusion and each module alone."""
        samples = with_errors(validation_people(datasets.main, experiment.validation_split, model.classes),
                              _options(experiment).pose_errors)
        validation = validate_people(model, samples)
        validation.details["split"] = experiment.validation_split
        return validation

    def card(self, model: FusionRecogniser, datasets: Datasets, validation: Validation) -> str:
        """Writes the card, in Markdown."""
        return fusion_card(model, datasets.main.info["name"], validation.details)


TASK = FusionTask()


def label_names(experiment: Experiment, dataset: DualDataset) -> LabelNames:
    """Returns what the networks learn from a data set: the emotions that its training split shows, and what the label
    mode and the data set add.

    Raises:
        DataError: a data set of faces alone, or fewer than two emotions.
    """
    if not is_of_people(dataset):
        raise DataError(f"{dataset.folder} is a data set of faces alone. Draw people with 'catgan render --people N', "
                        "or build a recipe with 'people: true'.")
    table = dataset.table(experiment.split, ["expression", "dominance"])
    found = set(table["expression"].to_pylist())
    classes = tuple(name for name in dataset.spec.expressions if name in found)
    if len(classes) < 2:
        raise DataError("Networks on people need people of at least two emotions in the training split. "
                        f"Received: {len(table)} people, of {', '.join(classes) or 'no known emotion'}.")
    dimensions: tuple[str, ...] = ()
    if experiment.labels.mode == "both":
        dimensions = ("valence", "arousal") + (("dominance",) if table["dominance"].null_count < len(table) else ())
    return LabelNames(classes, dimensions, tuple(dataset.info.get("categories", ())))


def make_inputs(model: FusionRecogniser, samples: PeopleSamples, options: FusionTaskConfig,
                training: TrainingConfig) -> FusionInputs:
    """Makes the inputs of steps on people in memory, of the modalities and labels of a model."""
    truth = PeopleTruth.of(samples, model.classes, model.dimensions, model.categories)
    return FusionInputs(with_modalities(samples, model), truth, training, options.modality_dropout,
                        options.all_hidden if options.modality_dropout else 0.0, options.jitter,
                        options.class_weights, options.pose_errors)


def with_modalities(samples: PeopleSamples, model: FusionRecogniser) -> PeopleSamples:
    """Returns people with the modalities of a model, in its order.

    Raises:
        DataError: they lack one.
    """
    names = model.modalities
    if absent := [name for name in names if name not in samples.inputs]:
        raise DataError(f"The network reads {', '.join(names)}. The data set has no {', '.join(absent)}: choose "
                        "others with 'options.network.modalities'.")
    return samples.only(names)


@functools.lru_cache(maxsize=1)
def validation_people(dataset: DualDataset, split: str, classes: tuple[str, ...]) -> PeopleSamples:
    """Reads the people that snapshots are measured on; the last ones are kept for the next snapshot."""
    return read_people(dataset, split, classes)


def _options(experiment: Experiment) -> FusionTaskConfig:
    assert isinstance(experiment.options, FusionTaskConfig)
    return experiment.options
