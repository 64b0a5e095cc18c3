"""Gaits in the layouts of E-Gait: HDF5 and text, keys, labels, and what is refused."""

import h5py
import numpy as np
import pytest

from catgan.data.gaits import acted_word, actor, read_gaits, to_samples
from catgan.errors import DataError
from catgan.joints import MIRRORED
from tests.harness.walking import walking

ORDER = ["happy", "angry", "sad", "neutral"]
KEYS = ("001_Angry_positions.csv", "vas_walk_ha_1_fin_positions.csv", "ale_walk_sa_2_fin_positions.csv",
        "00003_Happy", "z9")
NUMBERS = (1, 0, 2, 3, 0)


def gait(number, frames=40):
    joints = walking(frames=frames, rate=30, speed=1 + 0.1 * number, phase=0.1 * number)
    return joints.reshape(frames, 48) * (1 + number)


def write(path, values):
    with h5py.File(path, "w") as file:
        for key, value in values.items():
            file.create_dataset(key, data=value)
    return path


@pytest.fixture
def files(tmp_path):
    features = write(tmp_path / "features.h5", {key: gait(place, 40 + place) for place, key in enumerate(KEYS)})
    return features, write(tmp_path / "labels.h5", dict(zip(reversed(KEYS), reversed(NUMBERS))))


def test_gaits_are_paired_by_key(files):
    found = read_gaits(*files, order=ORDER)
    assert found.classes == ("happiness", "anger", "sadness", "neutral") and len(found) == 5 and not found.rejected
    assert dict(zip(found.ids, found.labels.tolist())) == {key.removesuffix(".csv"): number
                                                           for key, number in zip(KEYS, NUMBERS)}
    for place, key in enumerate(KEYS):
        joints = found.joints[found.ids.index(key.removesuffix(".csv"))]
        assert joints.shape == (40 + place, 16, 3) and joints.dtype == np.float32
        np.testing.assert_allclose(joints.reshape(-1, 48), gait(place, 40 + place), rtol=1e-6)
    assert found.rate == 30 and all(mask.all() for mask in found.known)


def test_sides_that_are_right_first_are_exchanged(files):
    left, right = read_gaits(*files, order=ORDER), read_gaits(*files, order=ORDER, sides="right first")
    np.testing.assert_array_equal(right.joints[0], left.joints[0][:, MIRRORED])


@pytest.mark.parametrize("key, word, who", [
    ("003_Sad_positions.csv", "sadness", None), ("ale_walk_sa_1_fin_positions.csv", "sadness", "ale"),
    ("vas_walk_nu_12_fin_positions.csv", "neutral", "vas"), ("bob_walk_an_1_fin", "anger", "bob"),
    ("00003_Happy", "happiness", None), ("ann_walk_xx_1", None, "ann"), ("walk_ha_1", "happiness", None),
    ("1234", None, None), ("Emo0_17", None, None), ("ann_walk", None, "ann")])
def test_keys_say_what_was_acted_and_by_whom(key, word, who):
    assert acted_word(key) == word and actor(key) == who


def test_gaits_that_cannot_be_used_are_listed_with_their_reason(files, tmp_path):
    values = {"short": gait(0, 2), "nan": np.where(np.arange(40)[:, None] < 35, np.nan, gait(0)), "good": gait(0),
              "extra": gait(1), "partly": gait(2)}
    values["partly"][3, 4] = np.inf
    features = write(tmp_path / "f.h5", values)
    labels = write(tmp_path / "l.h5", {"short": 0, "nan": 0, "good": 3, "partly": 1, "lost": 1})
    found = read_gaits(features, labels, order=ORDER)
    assert found.ids == ("good", "partly") and found.labels.tolist() == [3, 1]
    reasons = {failure.path: failure.reason for failure in found.rejected}
    assert set(reasons) == {"short", "nan", "extra", "lost"}
    assert reasons["extra"] == "it has no label" and reasons["lost"] == "it has a label and no joints"
    assert reasons["short"].endswith("it has 2") and "it has 5, as 560 joints are not finite" in reasons["nan"]
    assert np.argwhere(~found.known[1]).tolist() == [[3, 1]] and (found.joints[1][3, 1] == 0).all()


def test_text_files_of_75_frames(tmp_path):
    folder = tmp_path / "gaits"
    folder.mkdir()
    np.savetxt(folder / "001_Angry.csv", gait(0, 75), delimiter=",")
    np.savetxt(folder / "002_Sad.txt", gait(1, 75))
    (folder / "readme.md").write_text("x")
    labels = tmp_path / "labels.csv"
    labels.write_text("gait,label\n001_Angry.csv,1\n002_Sad,2\n")
    found = read_gaits(folder, labels, order=ORDER, rate=25)
    assert found.ids == ("001_Angry", "002_Sad") and found.labels.tolist() == [1, 2] and found.rate == 25
    np.testing.assert_allclose(found.joints[1].reshape(75, 48), gait(1, 75), rtol=1e-5)


@pytest.mark.parametrize("features, labels, problem", [
    ({"a": np.zeros((40, 63))}, {"a": 0}, r"48 columns.*Received: shape \(40, 63\) in 'a'"),
    ({"a": np.zeros(48)}, {"a": 0}, "48 columns"), ({"g/a": gait(0)}, {"a": 0}, "the group 'g'"),
    ({"a": gait(0)}, {"a": 4}, "must be one number of 0..3.*Received: 4"),
    ({"a": gait(0)}, {"a": 1.5}, "Received: 1.5"),
    ({"a": gait(0)}, {"a": [0, 1]}, r"Received: \[0, 1\]"), ({"a": gait(0)}, {"b": 0}, "No gait of .* 2 were rejected"),
    ({"a": np.full((40, 48), np.nan)}, {"a": 0}, "such as a: 12 frames"), ({}, {}, "No gait of"),
    ({"a": gait(0)}, {"a": 0, "a.csv": 1}, "two labels have the key 'a'"),
    ({"a": gait(0), "a.csv": gait(0)}, {"a": 0}, "two gaits have the key 'a'"),
    ({"a": np.array([b"x"])}, {"a": 0}, "'a' must hold numbers")])
def test_other_layouts_are_refused(tmp_path, features, labels, problem):
    with pytest.raises(DataError, match=problem):
        read_gaits(write(tmp_path / "f.h5", features), write(tmp_path / "l.h5", labels), order=ORDER)


@pytest.mark.parametrize("options, problem", [
    ({"order": "happy"}, "list of names"), ({"order": []}, "list of names"),
    ({"order": ["happy", "joy", "sad", "Happy"]}, "different names"),
    ({"order": ORDER, "sides": "left"}, "sides must be"),
    ({"order": ORDER, "rate": 0}, "above 0")])
def test_impossible_options_are_refused(files, options, problem):
    with pytest.raises(DataError, match=problem):
        read_gaits(*files, **options)


def test_an_order_that_does_not_fit_what_was_acted_is_warned_of(files, caplog):
    assert read_gaits(*files, order=ORDER).agreement().fits and not caplog.text
    found = read_gaits(*files, order=["angry", "happy", "neutral", "sad"])
    assert found.agreement().best_order == ("happiness", "anger", "sadness", "neutral")
    assert "agrees with what was acted in 0 of 4 gaits" in caplog.text and "would agree in 3" in caplog.text


def test_order_has_no_default(files):
    with pytest.raises(TypeError, match="order"):
        read_gaits(*files)


def test_names_that_are_no_expression_are_kept(files):
    assert read_gaits(*files, order=["Emo0", *ORDER]).classes[0] == "Emo0"


def test_files_that_cannot_be_read_are_refused(files, tmp_path):
    features, labels = files
    (tmp_path / "text.h5").write_text("no HDF5")
    (tmp_path / "labels.csv").write_text("key,label\na,b\n")
    (tmp_path / "bad").mkdir()
    for path, other, problem in ((tmp_path / "text.h5", labels, "cannot be read as HDF5"),
                                 (tmp_path / "none.h5", labels, "cannot be read as HDF5"),
                                 (features, tmp_path / "labels.csv", "labels.csv:2: a line must be"),
                                 (tmp_path / "bad", labels, "has no file that ends in")):
        with pytest.raises(DataError, match=problem):
            read_gaits(path, other, order=ORDER)
    for text, problem in (("1,2\n1\n", r"Received: \[1, 2\]"), ("a b\n", "no text file of numbers"),
                          ("1 2 3\n", r"Received: shape \(1, 3\)")):
        (tmp_path / "bad" / "a.txt").write_text(text)
        with pytest.raises(DataError, match=problem):
            read_gaits(tmp_path / "bad", labels, order=ORDER)


def test_damaged_files_are_refused(files, tmp_path):
    content = files[0].read_bytes()
    for length in (len(content) // 2, 600):
        (tmp_path / "cut.h5").write_bytes(content[:length])
        with pytest.raises(DataError):
            read_gaits(tmp_path / "cut.h5", files[1], order=ORDER)


def test_samples_have_posture_and_gait_at_fifteen_frames_a_second(files):
    samples = to_samples(read_gaits(*files, order=ORDER), ("neutral", "happiness", "sadness", "fear", "anger"))
    assert samples.modalities == ("posture", "gait") and samples.rate == 15 and len(samples) == 5
    assert samples.inputs["gait"]["joints"].shape == (5, 40, 16, 3) and samples.available["gait"].all()
    names = {key: samples.classes[label] for key, label in zip(samples.ids, samples.labels)}
    assert names["001_Angry_positions"] == "anger" and names["z9"] == "happiness"
    assert "vas" in samples.subjects and "z9" in samples.subjects
    row = samples.ids.index("001_Angry_positions")
    np.testing.assert_allclose(samples.inputs["gait"]["joints"][row, :20], gait(0, 40).reshape(40, 16, 3)[::2],
                               rtol=1e-5, atol=1e-6)
    assert not samples.inputs["gait"]["known"][row, 20:].any()
    np.testing.assert_array_equal(samples.inputs["posture"]["joints"][row],
                                  samples.inputs["gait"]["joints"][row, 10])
