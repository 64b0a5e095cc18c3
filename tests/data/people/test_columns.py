import numpy as np
import pytest

from catgan.data.people.columns import is_of_people, joints_columns, read_people
from catgan.data.people.samples import PeopleSamples
from catgan.data.store import load_dataset
from catgan.errors import DataError
from tests.harness.datasets import write_dataset
from tests.harness.people_data import CLASSES, write_people


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return load_dataset(write_people(tmp_path_factory.mktemp("people"), 40, missing=0.3))


def test_people_are_read_with_masks_labels_and_truth(dataset):
    samples = read_people(dataset, "train")
    assert len(samples) == 20 and samples.modalities == ("face", "posture", "gait", "context")
    assert samples.classes == CLASSES and samples.dimensions == ("valence", "arousal") and samples.rate == 15
    assert samples.inputs["gait"]["joints"].shape == (20, 40, 16, 3)
    assert samples.inputs["context"]["seen"].max() == 1
    np.testing.assert_allclose(samples.affect[:, 0], 1 - samples.labels / 2)
    for name, mask in samples.available.items():
        assert 0 < mask.sum() < 20
        np.testing.assert_array_equal(samples.truth[f"shown_{name}"] >= 0, mask | (name == "gait") * (
            samples.truth[f"shown_{name}"] >= 0))  # a gait without a posture is none
        for array in samples.inputs[name].values():
            assert not array[~mask].any()


def test_other_classes_make_labels_unknown(dataset):
    samples = read_people(dataset, "test", ("fear", "anger"))
    assert set(samples.labels) <= {-1, 0, 1} and samples.classes == ("fear", "anger")


def test_selection_keeps_everything_together(dataset):
    samples = read_people(dataset, "train")
    part = samples.select([3, 1]).only(["face"])
    assert part.ids == (samples.ids[3], samples.ids[1]) and part.modalities == ("face",)
    np.testing.assert_array_equal(part.inputs["face"]["image"][0], samples.inputs["face"]["image"][3])
    np.testing.assert_array_equal(part.truth["shown_gait"], samples.truth["shown_gait"][[3, 1]])


def test_data_of_faces_alone_is_refused(tmp_path):
    dataset = load_dataset(write_dataset(tmp_path))
    assert not is_of_people(dataset)
    with pytest.raises(DataError, match="faces alone.*render --people"):
        read_people(dataset, "train")


def test_lengths_must_agree():
    with pytest.raises(DataError, match="need arrays of that length"):
        PeopleSamples({"face": {"image": np.zeros((2, 4))}}, {"face": np.ones(3, bool)}, np.zeros(3, int), ("a",),
                      ("x",) * 3, ("y",) * 3, np.zeros((3, 2)))


def test_unknown_joints_are_written_as_zero():
    joints = np.full((2, 16, 3), np.nan)
    joints[0] = 1
    known = np.zeros((2, 16), bool)
    known[0] = True
    columns = joints_columns(joints, known)
    assert columns["joints"] == [1.0] * 48 + [0.0] * 48 and columns["joints_known"] == [True] * 16 + [False] * 16
