"""Experiment files of earlier versions are read as what they meant."""

import logging

import pytest
import yaml

from catgan import config
from catgan.errors import CatganError
from catgan.training.experiment import Experiment, experiment_from, read_experiment
from catgan.training.tasks.critic import CriticConfig
from catgan.training.tasks.editor import EditorConfig
from catgan.training.tasks.recogniser import RecogniserConfig


@pytest.mark.parametrize("content, task", [
    ({}, "adversarial"), ({"training": {"supervised": True}}, "recogniser"),
    ({"training": {"identity": True}}, "identity"),
    ({"training": {"editing": {"pixel_weight": 7.0}}, "start": "run"}, "editor"), ({"preset": "legacy_32"}, "legacy"),
    ({"training": {"supervised": False, "identity": False, "editing": None}}, "adversarial"),
    ({"preset": "legacy_32", "training": {"supervised": True}}, "recogniser")])
def test_old_keys_choose_the_task(content, task):
    assert experiment_from({"name": "x", **content}).task == task


def test_old_options_move_to_their_places():
    made = experiment_from({"name": "x", "preset": "xs_32", "beside": {"data": "y"}, "training": {
        "batch_size": 32, "gamma": 0.1, "final_gamma": 0.2, "penalty_interval": 8, "label_weight": 2.0,
        "matching_weight": 3.0, "completion": "joint", "label_dropout": 0.1, "critic_weight": 0.0}})
    assert made.architecture == "xs_32" and made.auxiliary_data.data == "y" and made.training.batch_size == 32
    assert made.options.critic == CriticConfig(0.1, 0.2, 8, 2.0)
    assert (made.options.matching_weight, made.options.completion, made.options.label_dropout) == (3.0, "joint", 0.1)


def test_old_editing_and_held_critic_keep_their_options():
    editor = experiment_from({"name": "x", "start": "run", "training": {
        "gamma": 0.1, "editing": {"pixel_weight": 7.0, "label_weight": 4.0, "start": "other"}}})
    assert editor.options == EditorConfig(7.0, label_weight=4.0, start="other", critic=CriticConfig(gamma=0.1))
    held = experiment_from({"name": "x", "start": "run", "training": {"supervised": True, "critic_weight": 5.0,
                                                                      "gamma": 0.1}})
    assert held.options == RecogniserConfig(critic_weight=5.0)  # penalties never had an effect there


def test_two_kinds_at_once_are_refused():
    with pytest.raises(CatganError, match="are different trainings"):
        experiment_from({"name": "x", "training": {"supervised": True, "identity": True}})


def test_reading_an_old_file_says_which_keys_to_write(tmp_path, caplog):
    path = tmp_path / "old.yaml"
    path.write_text(yaml.safe_dump({"name": "x", "preset": "xs_32", "training": {"supervised": True}}))
    with caplog.at_level(logging.WARNING):
        made = read_experiment(path, ["training.seed=3", "training.label_dropout=0.5"])
    assert made.task == "recogniser" and made.training.seed == 3 and made.options.label_dropout == 0.5
    message, = caplog.messages
    assert "'preset' is now 'architecture'" in message and "'training.supervised' is now 'task: recogniser'" in message
    assert "'training.label_dropout' is now 'options.label_dropout'" in message
    (tmp_path / "new.yaml").write_text(config.to_yaml(made))
    caplog.clear()
    assert read_experiment(tmp_path / "new.yaml") == made and not caplog.messages


def test_new_files_make_a_round_trip():
    made = experiment_from({"name": "x", "task": "identity"})
    assert config.from_mapping(Experiment, config.to_mapping(made)) == made
