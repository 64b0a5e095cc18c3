"""What a data set cannot teach or measure is said before anything is trained."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan import files
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import score
from catgan.training.datasets import check_labels, datasets_of
from tests.harness.datasets import write_dataset
from tests.harness.experiments import tiny_experiment


def changed(folder, forget=(), splits=("train", "validation", "test"), empty=None):
    """A drawn data set in which the labels `forget` are unknown in some splits, and one split is empty."""
    write_dataset(folder, 24)
    for split in splits:
        for path in (folder / "shards").glob(f"{split}-*"):
            table = pq.read_table(path)
            for name in forget:
                place = table.schema.get_field_index(name)
                table = table.set_column(place, table.schema.field(place),
                                         pa.nulls(table.num_rows, table.schema.field(place).type))
            pq.write_table(table, path)
    if empty:
        for path in (folder / "shards").glob(f"{empty}-*"):
            path.unlink()
        info = json.loads((folder / "dataset.json").read_text())
        info["counts"]["splits"][empty] = 0
        files.write_json(folder / "dataset.json", info)
    return load_dataset(folder)


@pytest.fixture
def said(caplog):
    """Returns the messages of `check_labels` about a data set."""
    def messages(dataset, **training):
        experiment = tiny_experiment(**training)
        caplog.set_level("INFO")
        caplog.clear()
        check_labels(experiment, datasets_of(experiment, dataset))
        return caplog.messages

    return messages


def test_check_of_known_labels_logs_nothing(tmp_path, said):
    assert said(changed(tmp_path)) == []


ALL = ("AU04_present", "AU12_present", "valence", "arousal")


def test_labels_unknown_in_training_are_named_or_refused(tmp_path, said):
    line, = said(changed(tmp_path, ALL[:1], ("train",)))
    assert "No face in split 'train' knows AU04_present" in line
    with pytest.raises(CatganError, match="any of AU04_present, AU12_present, valence, arousal: there is nothing"):
        said(changed(tmp_path / "nothing", ALL, ("train",)))


def test_validation_without_labels_is_named_as_having_no_score(tmp_path, said):
    line, = said(changed(tmp_path, ALL, ("validation",)))
    assert "no score" in line


@pytest.mark.parametrize("empty, use", [("train", "train"), ("validation", "validate")])
def test_empty_split_is_refused(tmp_path, said, empty, use):
    with pytest.raises(CatganError, match=f"no face in split '{empty}' to {use} on. It has: train"):
        said(changed(tmp_path, empty=empty))


def test_score_of_no_figures_is_none():
    assert score({}) is None
    assert score({"action_units": {"mean_f1": None}, "valence": {"ccc": None}}) is None
    assert score({"action_units": {"mean_f1": 0.5}, "valence": {"ccc": None}, "arousal": {"ccc": 0.1}}) == 0.3


def test_training_whose_score_cannot_be_measured_ends(tmp_path):
    from catgan.training.loop import train

    dataset = changed(tmp_path / "data", ALL, ("validation",))
    result = train(tiny_experiment(images=16, tick_images=16, snapshot_ticks=1, task="recogniser"), dataset,
                   tmp_path / "runs", verbose=False)
    assert result["score"] is None and result["finished"]
    for preset in ("best", "last"):
        assert (tmp_path / "runs" / "00000-tiny-joint" / preset / "metrics.json").is_file()
