import pytest

from catgan import config
from catgan.errors import CatganError
from catgan.labels import LabelSpec
from catgan.training.experiment import Experiment, TrainingConfig, read_experiment
from tests.harness.paths import REPOSITORY

DATA = LabelSpec((1, 2, 4, 12), "presence", True, ("anger", "neutral"))


def experiment(**content):
    return config.from_mapping(Experiment, {"name": "x", **content})


@pytest.mark.parametrize("mode, columns", [
    ("au", ("AU01_present", "AU12_present")), ("va", ("valence", "arousal")),
    ("joint", ("AU01_present", "AU12_present", "valence", "arousal"))])
def test_label_mode_selects_the_labels(mode, columns):
    chosen = experiment(labels={"mode": mode, "action_units": [1, 12]}).spec(DATA)
    assert chosen.columns == columns


def test_expressions_are_learned_where_asked_for():
    assert experiment(labels={"expressions": True}).spec(DATA).columns[-1] == "expression"
    assert experiment().spec(DATA).expressions == ()


@pytest.mark.parametrize("mode, data, message", [
    ("joint", LabelSpec((1,)), "needs valence and arousal"), ("va", LabelSpec((1,)), "needs valence and arousal"),
    ("au", LabelSpec((), "presence", True), "needs Action Units")])
def test_data_without_the_labels_are_refused(mode, data, message):
    with pytest.raises(CatganError, match=message):
        experiment(labels={"mode": mode}).spec(data)


def test_action_unit_that_the_data_lack_is_refused():
    with pytest.raises(CatganError, match="AU25.*Allowed: AU01"):
        experiment(labels={"action_units": [25]}).spec(DATA)


def test_steps_are_those_of_whole_ticks():
    assert TrainingConfig(images=1001, batch_size=10, tick_images=100).steps == 110


@pytest.mark.parametrize("content, message", [
    ({"training": {"batch_sise": 3}}, "Did you mean 'batch_size'"), ({"training": {"images": 0}}, "greater than 0"),
    ({"training": {"tick_images": 100, "batch_size": 64}}, "multiple of batch_size"),
    ({"training": {"precision": "float16"}}, "precision"),
    ({"options": {"completion": "heads"}}, "Did you mean 'head'"), ({"split": "test"}, "split to train on"),
    ({"training": {"augment": 2}}, "0..1"), ({"options": {"critic": {"gamma": -1}}}, "0 or more"),
    ({"task": "recognizer"}, "Did you mean 'recogniser'"), ({"task": "identity", "options": {"critic": {}}}, "critic"),
    ({"task": "legacy"}, "architecture: legacy_32"), ({"task": "editor"}, "--set start="),
    ({"training": {"accumulate": 7}}, "multiple of batch_size x accumulate"),
    ({"labels": {"mode": "dual"}}, "label mode"),
    ({"architecture": "xl_64"}, "network preset"), ({"name": "a/b"}, "folder name")])
def test_unusable_experiment_is_refused(content, message):
    with pytest.raises(CatganError, match=message):
        experiment(**content)


TRAININGS = [path for path in sorted((REPOSITORY / "experiments").rglob("*.yaml"))
             if "elimination" not in path.stem and path.parent.name != "studies"]
"""Experiments of `catgan train`; those of `catgan eliminate` are read in tests/studies/elimination."""


@pytest.mark.parametrize("path", TRAININGS, ids=lambda path: path.stem)
def test_committed_experiments_are_read(path):
    """They parse, survive a round trip, and their headers say time, expected result and command."""
    read = read_experiment(path, ["training.seed=3"])
    assert read.training.seed == 3 and read.name.replace("-", "_") == path.stem
    assert read_experiment(path) == config.from_mapping(Experiment, config.to_mapping(read_experiment(path)))
    header = path.read_text().split("\nname:")[0]
    assert all(word in header for word in ("Time:", "Expected:", f"catgan train {path.relative_to(REPOSITORY)}"))
