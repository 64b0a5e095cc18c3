"""Training an editor: pairs whose truth is known, steps, a whole run that goes on, and what is measured of it."""

from dataclasses import replace

import numpy as np
import pytest

from catgan import config
from catgan.backend import get_engine
from catgan.conditions import Condition, encoded_width
from catgan.data.pairs import RenderedPairs
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation import editing
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN, EditResult, to_network
from catgan.training import run
from catgan.training.datasets import Datasets
from catgan.training.experiment import TrainingConfig
from catgan.training.loop import train
from catgan.training.tasks import get_task
from catgan.training.tasks.editor import EditorConfig, EditorInputs, EditorStep
from tests.harness.experiments import TINY, tiny_experiment

EVERYTHING = {"pixel_weight": 10.0, "edge_weight": 10.0, "feature_weight": 0.1, "label_weight": 1.0,
              "adversarial_weight": 0.01, "cycle_weight": 1.0, "mask_weight": 0.01}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(160, 16, 3, channels=1, subjects=40), folder, workers=1)
    return load_dataset(folder)


@pytest.fixture(scope="module")
def start(rendered, tmp_path_factory):
    """Networks to begin with: new ones do."""
    folder, made = tmp_path_factory.mktemp("start"), two_units(tiny_experiment())
    CatGAN(made.network_config, made.spec(rendered.spec), seed=5).save_to_preset(folder)
    return folder


def two_units(made):
    return replace(made, labels=replace(made.labels, action_units=(4, 12)))


def experiment(start, weights=None, **training):
    made = two_units(tiny_experiment(**training))
    return replace(made, name="tiny-editor", start=str(start), task="editor", options=EditorConfig(**(weights or {})))


# === Pairs ===


def test_pairs_are_one_scene_under_two_sets_of_labels(rendered):
    pairs = RenderedPairs(rendered, replace(rendered.spec, expressions=()), "validation")
    row = 3
    scene = pairs.scene(row)
    same = pairs.pairs(np.array([row]), [scene], [scene], np.ones(19))
    np.testing.assert_array_equal(same.before, same.after)  # the stored face is the rendered one
    assert not same.change[:, :19].any() and same.change[:, 19:].all()
    truth = rendered.labels("validation", pairs.spec)[row:row + 1]
    np.testing.assert_allclose(same.labels.values, truth.values, atol=1e-6)


@pytest.mark.parametrize("mode", ["joint", "au", "va"])
def test_changes_are_differences_of_labels(rendered, mode):
    spec = replace(rendered.spec, action_units=(4, 12)).mode(mode)
    pairs = RenderedPairs(rendered, spec)
    drawn = pairs.draw(np.random.default_rng(0), 60)
    assert drawn.before.shape == drawn.after.shape == (60, 16, 16, 3)
    assert drawn.change.shape == (60, encoded_width(spec.width))
    change = Condition.decode(drawn.change)
    difference, told = change.values, change.mask
    assert set(np.unique(told)) <= {0.0, 1.0} and not difference[told == 0].any()
    changed = (drawn.before != drawn.after).any(axis=(1, 2, 3))
    assert changed[np.abs(difference).max(1) > 0.5].all()
    values, _ = drawn.labels.encode()
    assert (values - difference >= -1.0001).all() and (values - difference <= 1.0001).all()
    if mode == "joint":
        units = told[:, :2]
        assert units.all(1).any() and (units == 0).all(1).any()  # some hold Action Units, some let them follow
        assert not told[:, 4:].any()  # nobody knows the expression of a changed face


def test_presence_is_read_off_the_scene(rendered):
    spec = LabelSpec((12,), "presence")
    pairs = RenderedPairs(rendered, spec)
    labels = pairs.labels([pairs.scene(row) for row in range(30)])
    np.testing.assert_array_equal(labels.values, rendered.labels("train", spec)[:30].values)


def test_pairs_of_photographs_are_refused(drawn):
    with pytest.raises(CatganError, match="was not rendered"):
        RenderedPairs(load_dataset(drawn), LabelSpec((4, 12), "presence"))


# === Steps ===


def tiny_step(rendered, weights, batch_size=8):
    spec = replace(rendered.spec, expressions=())
    network = tiny_experiment().network_config
    model, average = (CatGAN(network, spec) for _ in range(2))
    for gan in (model, average):
        gan.add_editor()
    training = TrainingConfig(images=3200, batch_size=batch_size, tick_images=320, learning_rate=2e-3,
                              ema_half_life=10.0, precision="float32")
    options = EditorConfig(**weights)
    step = EditorStep(model, average, training, options, get_engine())
    return step, EditorInputs(Datasets(rendered), model, training, options)


def test_inputs_are_a_function_of_the_step(rendered):
    (_, first), (_, second) = (tiny_step(rendered, {}) for _ in range(2))
    for name, value in first(3).items():
        np.testing.assert_array_equal(value, second(3)[name])
    assert not np.array_equal(first(3)["before"], first(4)["before"])
    assert not np.array_equal(first(3)["before"], first(3, attempt=1)["before"])
    batch = first(3)
    np.testing.assert_array_equal(batch["back"][:, :19], -batch["change"][:, :19])
    assert set(np.unique(batch["reversible"])) <= {0.0, 1.0}


@pytest.mark.slow
def test_pixels_alone_teach_an_editor(rendered):
    step, inputs = tiny_step(rendered, {}, batch_size=32)
    run_step, batches = step.engine.compile(lambda batch: step(batch, False), step.variables), [inputs(0), inputs(1)]
    before = step.model.discriminator.get_weights()
    reports = [run_step(batches[number % 2]) for number in range(160)]
    step.engine.synchronize()
    assert set(reports[0]) == {"pixels", "edges"} and step.trained == [step.editor]
    for old, new in zip(before, step.model.discriminator.get_weights()):
        np.testing.assert_array_equal(old, new)
    drawn = np.asarray(step.average.editor({"image": batches[0]["before"], "change": batches[0]["change"]})["image"])
    left, done = (np.square(faces - batches[0]["after"]).mean() for faces in (drawn, batches[0]["before"]))
    assert left < 0.7 * done


def test_step_with_adversarial_weight_updates_the_critic(rendered):
    step, inputs = tiny_step(rendered, EVERYTHING)
    before = step.model.discriminator.get_weights()
    assert {step.kind(number) for number in range(8)} == {(True,), (False,)}
    report = step.engine.compile(lambda batch: step(batch, True), step.variables)(inputs(0))
    step.engine.synchronize()
    assert {"r1", "r2", "d_loss", "e_loss", "features", "labels", "cycle", "mask", "gap"} <= set(report)
    assert all(np.isfinite(float(value)) for value in report.values())
    assert any((old != new).any() for old, new in zip(before, step.model.discriminator.get_weights()))


# === A run ===


@pytest.mark.slow
def test_editor_run_resumes_and_reports_its_measures(rendered, start, tmp_path):
    made = experiment(start, images=64, tick_images=32, snapshot_ticks=2)

    class Stop:
        def on_epoch_end(self, tick, logs):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        train(made, rendered, tmp_path, callbacks=[Stop()], verbose=False)
    result = train(made, rendered, tmp_path, verbose=False)
    lines = run.read_stats(tmp_path / "00000-tiny-editor")
    assert result["finished"] and [line["tick"] for line in lines] == [1, 2]
    assert {"explained_change", "explained_change_worst", "explained_change_3", "explained_change_va",
            "back_ssim", "validation_icc", "score"} <= set(lines[-1])
    assert lines[-1]["score"] == lines[-1]["explained_change"]
    status = run.status_line(lines[-1], 2, 64, get_task("editor").columns)
    assert "  pixels 0.0" in status and "score" in status
    assert (tmp_path / "00000-tiny-editor" / "samples" / "edits.png").is_file()
    gan = CatGAN.from_preset(result["run"])
    generator = CatGAN.from_preset(start).generator.get_weights()
    for old, new in zip(generator, gan.generator.get_weights()):
        np.testing.assert_array_equal(old, new)
    faces = rendered.images("test", 3)[:4]
    assert gan.edit(faces, by={12: 3}).shape == faces.shape


@pytest.mark.slow
def test_an_editor_goes_on_from_that_of_its_start(start, tmp_path):
    gan = CatGAN.from_preset(start)
    gan.add_editor(seed=8)
    gan.save_to_preset(tmp_path / "edited")
    for made in (experiment(tmp_path / "edited"), experiment(start, {"start": str(tmp_path / "edited")})):
        begun = made.kind.networks(made, gan.spec)
        for old, new in zip(gan.editor.get_weights(), begun.editor.get_weights()):
            np.testing.assert_array_equal(old, new)
    made = experiment(start, {"start": str(start)})
    with pytest.raises(CatganError, match="no editor to continue from"):
        made.kind.networks(made, gan.spec)


def test_editor_with_unusable_start_is_refused(rendered, start, tmp_path):
    other = replace(experiment(start), network={**TINY, "latent_size": 9})
    with pytest.raises(CatganError, match="has other sizes"):
        train(other, rendered, tmp_path, verbose=False)
    with pytest.raises(CatganError, match="--set start="):
        replace(experiment(start), start=None)
    with pytest.raises(CatganError, match="'options.pixel_weight' must be 0 or more"):
        EditorConfig(pixel_weight=-1)


# === Measures ===


class TrueEditor:
    """Draws the truth of the pairs it was given, or leaves faces as they are."""

    def __init__(self, gan, honest=True):
        self.gan, self.spec, self.honest = gan, gan.spec, honest

    def apply_change(self, faces, change):
        return EditResult(self.truth if self.honest else faces, None, None, change)


def test_the_truth_explains_everything_and_nothing_explains_nothing(rendered):
    spec = replace(rendered.spec, expressions=())
    gan = CatGAN(config.from_mapping(tiny_experiment().network_config.__class__, TINY), spec)
    pairs = RenderedPairs(rendered, spec, "test")
    for made in (editing.single_changes(pairs, 12, 5, 0), editing.triple_changes(pairs, 5, 0),
                 editing.dimension_changes(pairs, 5, 0)):
        perfect = TrueEditor(gan)
        perfect.truth = made.after
        assert editing.edit_errors(perfect, made).explained_change == 1.0
        assert editing.edit_errors(TrueEditor(gan, False), made).explained_change == 0.0
    single = editing.single_changes(pairs, 12, 5, 0)
    place = spec.action_units.index(12)
    assert (np.abs(single.change[:, place]) >= 0.2).all()
    assert not np.delete(single.change[:, :17], place, axis=1).any()


def test_edit_sheet_has_a_row_for_each_face(rendered):
    gan = CatGAN(tiny_experiment().network_config, replace(rendered.spec, action_units=(4, 12), expressions=()))
    gan.add_editor()
    faces = rendered.images("test", 3)[:3]
    sheet, titles = editing.edit_sheet(gan, faces)
    assert titles == ["", "AU04", "AU12", "V -0.5", "V +0.5", "A -0.5", "A +0.5"]
    assert sheet.shape == (14 + 3 * 17 - 1, 7 * 17 - 1, 3)
    np.testing.assert_array_equal(to_network(sheet[14:30, :16], 1), to_network(faces[0], 1))
