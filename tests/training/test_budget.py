"""Tests of `catgan.training.budget`: which labels of training faces are hidden or shuffled, and that no others are."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.data.render import RenderConfig, render
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.training.budget import BudgetConfig, BudgetedDataset
from catgan.training.datasets import Mixed, datasets_of
from catgan.training.experiment import TrainingConfig
from tests.harness.experiments import tiny_experiment


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered") / "data"
    render(RenderConfig(160, 16, 6, channels=1, subjects=60), folder, workers=1)
    return load_dataset(folder)


def knowing(dataset, system):
    """The training subjects whose labels of a system are known; a subject knows all of its labels or none."""
    labels, subjects = dataset.labels("train"), np.array(dataset.subjects("train"))
    # Expressions are left out: faces without one know none, whatever the budget.
    columns = [number for number, name in enumerate(labels.spec.columns)
               if name != "expression" and name.startswith("AU") == (system == "au")]
    known = labels.mask[:, columns]
    assert (known.all(1) == known.any(1)).all()
    assert not labels.values[:, columns][~known].any()
    found = set(subjects[known.all(1)])
    assert not found & set(subjects[~known.all(1)])
    return found


def test_share_of_subjects(rendered):
    people = set(rendered.subjects("train"))
    limited = BudgetedDataset(rendered, BudgetConfig(0.25), "train", 0)
    assert knowing(limited, "au") == knowing(limited, "va") and len(knowing(limited, "au")) == round(len(people) / 4)
    others = BudgetedDataset(rendered, BudgetConfig(0.25), "train", 1)
    assert knowing(others, "au") != knowing(limited, "au")
    again = BudgetedDataset(rendered, BudgetConfig(0.25), "train", 0)
    assert knowing(again, "au") == knowing(limited, "au")


def test_disjoint_halves(rendered):
    people = set(rendered.subjects("train"))
    limited = BudgetedDataset(rendered, BudgetConfig(disjoint=True), "train", 0)
    units, dimensions = knowing(limited, "au"), knowing(limited, "va")
    assert not units & dimensions and units | dimensions == people and abs(len(units) - len(dimensions)) <= 1
    half = BudgetedDataset(rendered, BudgetConfig(0.5, disjoint=True), "train", 0)
    assert len(knowing(half, "au") | knowing(half, "va")) == round(len(people) / 2)


@pytest.mark.parametrize("system", ["au", "va"])
def test_shuffled_labels_keep_their_values_and_lose_their_faces(rendered, system):
    shuffled = BudgetedDataset(rendered, BudgetConfig(shuffled=system), "train", 0)
    before, after = rendered.labels("train"), shuffled.labels("train")
    for number, name in enumerate(before.spec.columns):
        same = np.array_equal(before.values[:, number], after.values[:, number])
        assert same == (name.startswith("AU") != (system == "au"))
        assert np.array_equal(np.sort(before.values[:, number]), np.sort(after.values[:, number]))
    # Labels of one system move together: a face gets all of them from the same other face.
    rows = [number for number, name in enumerate(before.spec.columns) if name.startswith("AU") == (system == "au")]
    assert ({tuple(row) for row in before.values[:, rows]} == {tuple(row) for row in after.values[:, rows]})


def test_other_splits_keep_their_labels(rendered):
    limited = BudgetedDataset(rendered, BudgetConfig(0.1, True, "au"), "train", 0)
    for split in ("validation", "test"):
        assert np.array_equal(limited.labels(split).values, rendered.labels(split).values)
        assert np.array_equal(limited.labels(split).mask, rendered.labels(split).mask)
    everything, first = limited.labels("all"), rendered.count("train")
    assert np.array_equal(everything.mask[:first], limited.labels("train").mask)
    assert np.array_equal(everything.values[first:], rendered.labels("all").values[first:])


def test_hidden_intensity_hides_presence(rendered):
    limited = BudgetedDataset(rendered, BudgetConfig(0.25), "train", 0)
    presence = limited.labels("train", LabelSpec((12,), "presence"))
    assert 0 < presence.mask.sum() < len(presence)
    assert limited.presences("train", LabelSpec((12,), "intensity")) is None


def test_supervised_training_leaves_faces_without_labels_out(rendered):
    made = tiny_experiment("au", "recogniser")
    made = replace(made, labels=replace(made.labels, budget=BudgetConfig(0.25)))
    datasets, spec = datasets_of(made, rendered), LabelSpec((12,), "intensity")
    labelled = Mixed(datasets, spec, 1, 8, TrainingConfig(), labelled_only=True)
    known = datasets.main.labels("train", spec).mask[:, 0]
    assert len(labelled) == known.sum() and all(labelled(step).mask.all() for step in range(20))
    everything = Mixed(datasets, spec, 1, 8, TrainingConfig())
    assert len(everything) == rendered.count("train") and not all(everything(step).mask.all() for step in range(20))
    faces = {part.tobytes() for step in range(20) for part in labelled(step).images}
    images = rendered.images("train", 1)[known]
    assert faces <= {image.tobytes() for image in images} | {image[:, ::-1].tobytes() for image in images}


@pytest.mark.parametrize("wrong", [{"subjects": 0.0}, {"subjects": 1.2}, {"shuffled": "expressions"}])
def test_wrong_budgets(wrong):
    with pytest.raises(CatganError, match="Received|Allowed"):
        BudgetConfig(**wrong)


def test_budget_without_subjects_left(rendered):
    with pytest.raises(CatganError, match="leaves 0 of"):
        BudgetedDataset(rendered, BudgetConfig(0.001), "train", 0)


def test_budget_of_a_training_without_labels():
    with pytest.raises(CatganError, match="'labels.budget' is for trainings on labelled faces. Received: task 'seq"):
        made = tiny_experiment()
        replace(made, task="sequences", options=None, labels=replace(made.labels, budget=BudgetConfig(0.5)))
