"""Training of an editor, the network that changes labels of a given face, beside finished networks.

Rendered pairs show one scene under two sets of labels: the editor's output is held to the true changed face in pixels,
edges and in the discriminator's features and readings. Photographs have no such pair: the discriminator's readings of
the edited one are held to those of another photograph with the wanted labels. The critic, which may take part, judges
edited against real faces under the same condition and thereby asks for sharp edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
from keras import ops

from catgan import config
from catgan.backend import sums
from catgan.backend.engine import Engine, Tensor
from catgan.backend.sharding import ALL_FACES_FIRST
from catgan.conditions import Condition
from catgan.errors import CatganError, ModelError
from catgan.evaluation import editing
from catgan.labels import LabelSpec
from catgan.models import heads, losses
from catgan.models.gan.heads import heads_of
from catgan.models.gan.model import CatGAN
from catgan.training import schedules, starting, validation
from catgan.training.averaging import update_average
from catgan.training.datasets import Datasets
from catgan.training.experiment import Experiment, TrainingConfig
from catgan.training.tasks.base import Batch, Report, Validation
from catgan.training.tasks.critic import CriticConfig, discriminator_loss
from catgan.training.tasks.editor_inputs import EditorInputs, pairs_of
from catgan.training.tasks.labelled import LabelledTask

SHOWN_PEOPLE = 8
"""Rows of the sample sheet of edits."""
WEIGHTS = ("pixel_weight", "edge_weight", "feature_weight", "label_weight", "adversarial_weight", "cycle_weight",
           "mask_weight")


@dataclass(frozen=True)
class EditorConfig:
    """Holds the options of an editor's training.

    Args:
        pixel_weight, edge_weight: weight of the distance between the drawn and the true changed face.
        feature_weight, label_weight: weight of the distance between the discriminator's features, and its readings, of
            the two.
        adversarial_weight: weight of the critic; 0 leaves the discriminator as it is.
        cycle_weight: weight of the distance to the original face after the change and its reverse.
        mask_weight: weight of the area that may change.
        lenience: difference up to which pixel distances are squared, see `catgan.models.losses.LENIENCE`; true changes
            have .06.
        imitated: share of the photographs that come as pairs, 0..1, see `catgan.training.tasks.imitations`.
        start: a run or preset with the same labels and sizes whose editor the training continues from. Without it,
            the editor of `Experiment.start`, if it has one, or a new one.
        critic: options of the discriminator's loss, where it takes part.
    """

    pixel_weight: float = 40.0
    edge_weight: float = 20.0
    feature_weight: float = 0.0
    label_weight: float = 0.0
    adversarial_weight: float = 0.0
    cycle_weight: float = 0.0
    mask_weight: float = 0.0
    lenience: float = 0.2
    imitated: float = 0.0
    start: str | None = None
    critic: CriticConfig = CriticConfig()

    def __post_init__(self) -> None:
        config.check(self, "options", above_zero=("lenience",), shares=("imitated",), from_zero=WEIGHTS)


class EditorTask(LabelledTask):
    """Trains an editor, and with it the discriminator where the critic takes part."""

    config = EditorConfig
    columns = ("d_loss", "e_loss", "gap", "r1", "r2", "pixels", "edges", "action_units", "valence_arousal",
               "expression", "score")

    def check(self, experiment: Experiment) -> None:
        """Raises `CatganError` if there are no finished networks to start from."""
        if experiment.start is None:
            raise CatganError("An editor ('task: editor') is trained beside the networks of a finished run: name it, "
                              "for example --set start=runs/00000-xs-64.")

    def networks(self, experiment: Experiment, spec: LabelSpec) -> CatGAN:
        """Builds the networks of the start and an editor: an earlier one or a new one.

        Raises:
            CatganError: networks of other sizes, or a run to continue from that has no editor.
        """
        gan, options = starting.initial_networks(experiment, spec), _options(experiment)
        name = experiment.start or ""
        start = starting.compatible_model(name, gan)
        if replace(start.network, editor_widths=()) != replace(gan.network, editor_widths=()):
            raise ModelError(f"{name} has other sizes: an editor is trained for finished networks. Train those of "
                             "these sizes first ('start' may be smaller there).")
        gan.add_editor(experiment.training.seed)
        before = start if options.start is None else starting.compatible_model(options.start, gan)
        if before.editor is not None:
            starting.transfer_weights(gan.editor, before.editor, options.start or name)
        elif options.start is not None:
            raise ModelError(f"{options.start} has no editor to continue from.")
        return gan

    def inputs(self, datasets: Datasets, model: CatGAN, experiment: Experiment) -> EditorInputs:
        return EditorInputs(datasets, model, experiment.training, _options(experiment), experiment.split,
                            experiment.labels.predicted)

    def step(self, model: CatGAN, average: CatGAN, experiment: Experiment, engine: Engine) -> EditorStep:
        return EditorStep(model, average, experiment.training, _options(experiment), engine)

    def validate(self, model: CatGAN, datasets: Datasets, experiment: Experiment) -> Validation:
        result, split = validation.validate_labels(model, datasets, experiment), experiment.validation_split
        validation.learn_combinations(model, datasets, experiment)
        result.figures |= editing.validate(model, pairs_of(datasets, model, split), seed=experiment.training.seed)
        result.figures["score"] = result.figures.get("explained_change", result.figures.get("explained_change_va", 0.0))
        faces = validation.validation_faces(datasets, experiment)[:SHOWN_PEOPLE]
        result.pictures["edits"] = editing.edit_sheet(model, faces)[0]
        validation.validate_generator(model, datasets, experiment, result)
        return result


TASK = EditorTask()


def _options(experiment: Experiment) -> EditorConfig:
    assert isinstance(experiment.options, EditorConfig)
    return experiment.options


class EditorStep:
    """Updates the discriminator (where the critic takes part) and the editor on one batch.

    Args:
        model, average: see `catgan.training.tasks.base.Step`.
        training: learning rate, Adam.
        options: weights of the losses.
        engine: see `catgan.backend`.
    """

    batch_axes = ALL_FACES_FIRST

    def __init__(self, model: CatGAN, average: CatGAN, training: TrainingConfig, options: EditorConfig, engine: Engine):
        self.model, self.average, self.engine = model, average, engine
        self.training, self.weights = training, options
        self.editor, self.discriminator = model.editor, model.discriminator
        self.heads = heads_of(model.network, model.spec)
        self.judged = any((self.weights.adversarial_weight, self.weights.feature_weight, self.weights.label_weight))
        self.trained = [self.editor] + ([self.discriminator] if self.weights.adversarial_weight else [])
        self.optimizers = {}
        for network in self.trained:
            alone = network is self.editor and not self.weights.adversarial_weight
            optimizer = keras.optimizers.Adam(training.learning_rate, beta_1=0.9 if alone else 0.0,
                                              beta_2=training.beta2, name=network.name)
            optimizer.build(network.trainable_variables)
            self.optimizers[network.name] = optimizer

    @property
    def variables(self) -> list[Tensor]:
        """All variables that a step reads or changes, in a fixed order."""
        models = [part for gan in (self.model, self.average) for part in (gan.generator, gan.discriminator, gan.editor)]
        return [variable for part in models + list(self.optimizers.values()) for variable in part.variables]

    def kind(self, step: int) -> tuple[bool]:
        """Returns whether step number `step` has penalties."""
        return (bool(self.weights.adversarial_weight) and step % self.weights.critic.penalty_interval == 0,)

    def learning_rate(self, images: int) -> float:
        """Returns the scheduled learning rate after `images` faces."""
        return schedules.learning_rate(self.training, images)

    def __call__(self, batch: Batch, penalise: bool) -> Report:
        """Updates everything once; `batch` is made by `EditorInputs`."""
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(batch["learning_rate"])
            optimizer.beta_2 = batch["beta2"]
        report = {}
        if self.weights.adversarial_weight:
            report.update(self.update_discriminator(batch, penalise))
        report.update(self.update_editor(batch))
        for network in self.trained:
            update_average(getattr(self.average, network.name), network, batch["ema_decay"])
        return report

    def update_discriminator(self, batch: Batch, penalise: bool) -> Report:
        """Updates the discriminator on real and edited faces."""
        fake = ops.stop_gradient(self.editor({"image": batch["before"], "change": batch["change"]})["image"])
        images, condition = ops.concatenate([batch["after"], fake]), ops.concatenate([batch["condition"]] * 2)

        def judge(faces: Tensor) -> tuple[Tensor, Batch]:
            outputs = self.discriminator({"image": faces, "condition": condition})
            return outputs["critic"], outputs

        def loss_fn() -> tuple[Tensor, Report]:
            loss, _, report = discriminator_loss(self.engine, judge, images, batch, self.heads, self.weights.critic,
                                                 penalise)
            return loss, report

        return self._minimize(loss_fn, self.discriminator)

    def update_editor(self, batch: Batch) -> Report:
        """Updates the editor on pairs of faces."""
        weights, before, after = self.weights, batch["before"], batch["after"]
        truth, paired = self._judge(after, batch) if self.judged else {}, batch["paired"]
        asked, even = Condition.decode(batch["condition"]).mask, losses.normalise_by_change(before, after)

        def loss_fn() -> tuple[Tensor, Report]:
            drawn = self.editor({"image": before, "change": batch["change"]})
            apart = (even * drawn["image"], even * after, paired, weights.lenience)
            terms = {"pixels": (weights.pixel_weight, losses.image_distance(*apart)),
                     "edges": (weights.edge_weight, losses.edge_distance(*apart)),
                     "mask": (weights.mask_weight, sums.mean(ops.mean(drawn["mask"], axis=(1, 2, 3))))}
            if weights.cycle_weight:
                back = self.editor({"image": drawn["image"], "change": batch["back"]})["image"]
                terms["cycle"] = (weights.cycle_weight, losses.image_distance(back, before, batch["reversible"]))
            if self.judged:
                seen = self._judge(drawn["image"], batch)
                unlike = ops.mean(ops.abs(seen["features"] - truth["features"]), axis=-1)
                shown = ops.square(heads.decode_outputs(self.heads, seen) - heads.decode_outputs(self.heads, truth))
                critic = losses.generator_loss(truth["critic"], seen["critic"])
                terms |= {"features": (weights.feature_weight, losses.counted_mean(unlike, paired)),
                          "labels": (weights.label_weight, losses.masked_mean(shown, asked)),
                          "e_loss": (weights.adversarial_weight, critic)}
            used = {name: term for name, term in terms.items() if term[0]}
            return sum(weight * value for weight, value in used.values()), {name: value for name, (_, value)
                                                                            in used.items()}

        return self._minimize(loss_fn, self.editor)

    def _judge(self, faces: Tensor, batch: Batch) -> Batch:
        return self.discriminator({"image": faces, "condition": batch["condition"]})

    def _minimize(self, loss_fn: Callable[[], tuple[Tensor, Tensor]], model: keras.Model) -> Report:
        return self.engine.minimize(loss_fn, model.trainable_variables, self.optimizers[model.name])
