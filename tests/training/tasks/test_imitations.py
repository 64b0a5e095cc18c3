"""Pairs of photographs and their imitations; rendered faces stand for photographs that are known."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.conditions import Condition
from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.models.gan.model import CatGAN, to_network
from catgan.training.datasets import Datasets
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.editor import EditorConfig, EditorInputs
from catgan.training.tasks.imitations import TRACE, ImitatedPairs
from tests.harness.experiments import tiny_experiment


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(80, 32, 4, channels=1, subjects=20), folder, workers=1)
    return load_dataset(folder)


@pytest.fixture(scope="module")
def spec(faces):
    return replace(faces.spec, expressions=())


def grey(faces):
    return to_network(faces.images("train", 1), 1)


def test_one_of_each_pair_is_a_photograph(faces, spec):
    pairs = ImitatedPairs(faces, spec, "train", 1, mirror=False)
    drawn, known, width = pairs.draw(np.random.default_rng(0), 60), grey(faces), spec.width
    truth, _ = faces.labels("train", spec).encode()
    forth = back = 0
    for row in range(60):
        first, second = (np.flatnonzero((known == drawn[name][row]).all((1, 2, 3))) for name in ("before", "after"))
        assert len(first) or len(second)
        change = Condition.decode(drawn["change"][row])
        assert change.mask[:17].all() and not change.mask[17:].any() and not change.values[17:].any()
        if len(second) and not len(first):  # the photograph is to be drawn: all of its labels are known
            back += 1
            np.testing.assert_allclose(drawn["values"][row], truth[second[0]], atol=1e-6)
            assert drawn["mask"][row].all()
        elif len(first) and not len(second):
            forth += 1
            shown = truth[first[0], :17] * (5.0 * truth[first[0], :17] >= TRACE)
            np.testing.assert_allclose(drawn["values"][row, :17], np.where(
                change.values[:17] == 0, truth[first[0], :17], shown + change.values[:17]), atol=0.11)
            assert not drawn["mask"][row, 17:].any()
    assert forth > 15 and back > 15 and width == 19


def test_pairs_are_a_function_of_the_draw(faces, spec):
    pairs = ImitatedPairs(faces, spec)
    one, two = (pairs.draw(np.random.default_rng(7), 6) for _ in range(2))
    for name, value in one.items():
        np.testing.assert_array_equal(value, two[name])
    assert {name: value.shape for name, value in one.items()} == {
        "before": (6, 32, 32, 1), "after": (6, 32, 32, 1), "change": (6, 38), "values": (6, 19), "mask": (6, 19)}


def test_imitated_pairs_without_graded_units_are_refused(faces, spec, drawn):
    with pytest.raises(CatganError, match="need intensities of Action Units"):
        ImitatedPairs(faces, LabelSpec((4, 12), "presence"))
    with pytest.raises(CatganError, match="need intensities of Action Units"):
        ImitatedPairs(faces, spec.mode("va"))
    with pytest.raises(CatganError, match="could be imitated"):
        ImitatedPairs(load_dataset(drawn), LabelSpec((4, 12), "intensity", True))  # nobody graded them


@pytest.mark.parametrize("imitated, paired", [(1.0, [1] * 8), (0.5, [1] * 5 + [0] * 3), (0.0, [1] * 2 + [0] * 6)])
def test_photographs_come_with_and_without_pairs(faces, spec, imitated, paired, tmp_path):
    render(RenderConfig(60, 32, 9, channels=1, subjects=20), tmp_path / "photographs", workers=1)
    photographs = load_dataset(tmp_path / "photographs")
    photographs.info.pop("plan")  # their scenes are not known
    model = CatGAN(replace(tiny_experiment().network_config, image_size=32, generator_widths=(8,) * 4,
                           discriminator_widths=(8, 8, 8, 0), generator_blocks=(0,) * 4,
                           discriminator_blocks=(0,) * 4, editor_widths=()), spec)
    inputs = EditorInputs(Datasets(photographs, faces, 0.25), model, TrainingConfig(batch_size=8, tick_images=8),
                          EditorConfig(imitated=imitated))
    assert len(inputs) > faces.count("train")
    batch = inputs(3)
    assert batch["paired"].tolist() == paired and batch["before"].shape == (8, 32, 32, 1)
    assert batch["condition"].shape == (8, 38) and all(len(batch[name]) == 8 for name in ("values", "presence", "mask"))
    for name, value in batch.items():
        np.testing.assert_array_equal(value, inputs(3)[name])
