"""Inputs of steps on people: mirroring, noise, hidden modalities, unknown labels, orders."""

from dataclasses import replace

import numpy as np
import pytest

from catgan.errors import DataError
from catgan.evaluation.people_measures import PeopleTruth
from catgan.joints import JOINTS
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.fusion_inputs import FusionInputs, class_weights, mirror
from tests.harness.toy_people import MODALITIES, toy_people


def inputs(samples, mirror=False, classes=None, **options):
    training = TrainingConfig(images=64, batch_size=16, tick_images=16, mirror=mirror, precision="float32")
    truth = PeopleTruth.of(samples, classes or samples.classes, samples.dimensions, samples.category_names)
    return FusionInputs(samples, truth, training, **options)


def test_a_mirrored_person_raises_the_other_hand():
    arrays = toy_people(3).inputs["gait"]
    joints, known = arrays["joints"].copy(), arrays["known"].copy()
    left, right = JOINTS.index("first hand"), JOINTS.index("second hand")
    joints[:, :, left], known[:, 5, right] = (0.3, 2.0, 0.1), False
    flipped = mirror("gait", {"joints": joints, "known": known})
    np.testing.assert_allclose(flipped["joints"][:, :, right], np.broadcast_to((-0.3, 2.0, 0.1), (3, 40, 3)), rtol=1e-6)
    assert not flipped["known"][:, 5, left].any() and flipped["known"][:, 5, right].all()
    again = mirror("gait", flipped)
    np.testing.assert_array_equal(again["joints"], joints)
    np.testing.assert_array_equal(again["known"], known)


def test_pictures_and_what_is_seen_of_them_are_flipped_together():
    random = np.random.default_rng(0)
    arrays = {"image": random.integers(0, 255, (2, 4, 6, 3)), "seen": random.random((2, 4, 6))}
    flipped = mirror("context", arrays)
    np.testing.assert_array_equal(flipped["image"][0, 1, 0], arrays["image"][0, 1, 5])
    np.testing.assert_array_equal(flipped["seen"][1, 2, 1], arrays["seen"][1, 2, 4])
    assert mirror("voice", arrays)["image"] is arrays["image"]


def test_a_step_mirrors_face_and_body_of_the_same_people():
    samples = toy_people(40)
    found, plain = inputs(samples, mirror=True)(0), inputs(samples)(0)
    flipped = {name: np.array([not np.array_equal(one, other) for one, other in zip(found[name], plain[name])])
               for name in ("face.image", "context.image", "posture.joints", "gait.joints")}
    assert 0 < flipped["face.image"].sum() < 16
    for name in flipped:
        np.testing.assert_array_equal(flipped[name], flipped["face.image"])
    np.testing.assert_array_equal(found["face.image"][flipped["face.image"]],
                                  plain["face.image"][flipped["face.image"]][:, :, ::-1])


def test_noise_moves_known_joints_alone():
    samples = toy_people(200, missing=0.5)
    found, plain = inputs(samples, jitter=0.02)(3), inputs(samples)(3)
    moved = found["gait.joints"] - plain["gait.joints"]
    assert moved[found["gait.known"]].std() == pytest.approx(0.02, rel=0.05)
    assert not moved[~found["gait.known"]].any()
    assert moved.dtype == np.float32


def test_modalities_are_hidden_as_often_as_asked_and_sometimes_all():
    samples = toy_people(200, missing=0.2)
    made = inputs(samples, modality_dropout=0.3, all_hidden=0.25)
    steps = [made(step) for step in range(200)]
    shown, has = (np.concatenate([batch[name] for batch in steps]) > 0 for name in ("available", "has"))
    assert not (shown & ~has).any() and steps[0]["available"].dtype == bool
    assert shown[has].mean() == pytest.approx(0.7 * 0.75, abs=0.02)
    assert (~shown.any(1)).mean() == pytest.approx(0.25 + 0.75 * (0.2 + 0.8 * 0.3) ** 4, abs=0.03)
    everything = inputs(samples)(0)
    np.testing.assert_array_equal(everything["available"], everything["has"] > 0)


def test_a_step_is_a_function_of_its_number_and_epochs_see_everybody():
    samples = toy_people(40)
    first, second = inputs(samples, jitter=0.01), inputs(samples, jitter=0.01)
    second(7)
    one, other, later = first(3), second(3), first(3, attempt=1)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name])
    assert not np.array_equal(one["gait.joints"], later["gait.joints"])
    seen = np.concatenate([first._rows(step) for step in range(5)])  # two epochs of 40 in five steps of 16
    assert np.bincount(seen).tolist() == [2] * 40 and len(set(seen[:40])) == 40


def test_unknown_labels_have_no_weight_and_people_without_any_are_left_out():
    samples = toy_people(48)
    labels = np.where(np.arange(48) < 24, -1, samples.labels)
    affect = np.where(np.arange(48)[:, None] < 12, np.nan, samples.affect)
    made = inputs(replace(samples, labels=labels, affect=affect))
    assert len(made) == 36 and made.rows.min() == 12
    batch = {name: np.concatenate([made(step)[name] for step in range(9)]) for name in (
        "labels", "labelled", "affect", "affect_known", "categories")}
    rows = np.concatenate([made._rows(step) for step in range(9)])
    np.testing.assert_array_equal(batch["labelled"] > 0, rows >= 24)
    assert not batch["labels"][rows < 24].any()
    assert batch["affect_known"].all() and batch["categories"].shape == (144, 0)
    assert np.isfinite(batch["affect"]).all()


def test_classes_count_by_the_root_of_their_frequency():
    weights = class_weights(np.array([0] * 16 + [1] * 4 + [-1] * 7), 3)
    assert weights[1] / weights[0] == pytest.approx(2.0) and weights[2] == 1.0
    assert (16 * weights[0] + 4 * weights[1]) / 20 == pytest.approx(1.0)


def test_people_of_one_emotion_are_refused():
    samples = toy_people(10)
    with pytest.raises(DataError, match="at least two emotions.*10 people, of fear"):
        inputs(replace(samples, labels=np.full(10, 3)))
    with pytest.raises(DataError, match="of no known emotion"):
        inputs(replace(samples, labels=np.full(10, -1)))
    assert list(samples.inputs) == list(MODALITIES)
