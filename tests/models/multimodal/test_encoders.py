"""Encoders and their layers: what is unknown has no influence, place and size neither; numbers worked out by hand."""

import keras
import numpy as np
import pytest

from catgan.joints import BONES, JOINTS
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.bodies import DEVIATION_SCALE, PROPORTIONS, CentredJoints, Movement, RootMotion
from catgan.models.multimodal.graphs import neighbours
from catgan.models.multimodal.inputs import resized
from catgan.models.multimodal.network import build_encoder
from catgan.models.multimodal.pictures import FilledPicture, SpatialWeights
from catgan.models.multimodal.shapes import ANGLES, DIRECTIONS, DISTANCES, PoseShape
from tests.harness.untrained_people import SMALL, random_people, small_config, standing, untrained_people

PEOPLE, _ = random_people(6)
KNOWN = np.ones((1, 16), bool)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def height():
    joints = standing()
    return sum(np.linalg.norm(joints[child] - joints[parent]) for parent, child in BONES) / sum(PROPORTIONS)


def encoded(name, arrays, **settings):
    return untrained_people(**settings).features({name: arrays})[name]


# === What is unknown ===


@pytest.mark.parametrize("filling", [9.0, np.nan, np.inf])
@pytest.mark.parametrize("name, settings", [("posture", {}), ("gait", {}), ("gait", {"gait": "stgcn"})], ids=str)
def test_unknown_joints_have_no_influence_at_all(name, settings, filling):
    arrays = PEOPLE[name]
    other = np.where(arrays["known"][..., None], arrays["joints"], np.float32(filling))
    assert (arrays["known"] == 0).any()
    np.testing.assert_array_equal(encoded(name, arrays, **settings),
                                  encoded(name, {**arrays, "joints": other}, **settings))


@pytest.mark.parametrize("settings", [{}, {"gait": "stgcn"}], ids=str)
def test_a_frame_without_root_is_unknown(settings):
    known = PEOPLE["gait"]["known"].copy()
    known[:, 7] = False
    rootless = known.copy()
    rootless[:, 7, 1:] = True
    one, other = (encoded("gait", {"joints": PEOPLE["gait"]["joints"], "known": each}, **settings)
                  for each in (known, rootless))
    np.testing.assert_array_equal(one, other)


def test_numbers_that_are_not_finite_are_unknown():
    joints, known = PEOPLE["posture"]["joints"].copy(), PEOPLE["posture"]["known"].copy()
    joints[:, 5, 1] = np.nan
    hidden = known.copy()
    hidden[:, 5] = False
    np.testing.assert_array_equal(encoded("posture", {"joints": joints, "known": known}),
                                  encoded("posture", {"joints": joints, "known": hidden}))


@pytest.mark.parametrize("name", ["posture", "gait"])
def test_nothing_known_is_a_finite_answer(name):
    arrays = {"joints": PEOPLE[name]["joints"], "known": np.zeros_like(PEOPLE[name]["known"])}
    found = encoded(name, arrays)
    assert np.isfinite(found).all() and (found == found[0]).all()
    same_place = {"joints": np.ones_like(arrays["joints"]), "known": np.ones_like(arrays["known"])}
    np.testing.assert_array_equal(encoded(name, same_place), found)  # a body without size


def test_what_is_not_seen_of_the_context_has_no_influence_at_all():
    image, seen = PEOPLE["context"]["image"], (PEOPLE["context"]["seen"] > 0.4).astype(np.float32)
    other = np.where(seen[..., None] > 0, image, 255 - image)
    assert (other != image).any()
    np.testing.assert_array_equal(encoded("context", {"image": image, "seen": seen}),
                                  encoded("context", {"image": other, "seen": seen}))


# === Place, size, posture and gait ===


@pytest.mark.parametrize("name", ["posture", "gait"])
def test_place_and_size_have_no_influence(name):
    arrays = PEOPLE[name]
    other = np.where(arrays["known"][..., None], arrays["joints"] * 120 + [40, 7, -3], 0).astype(np.float32)
    np.testing.assert_allclose(encoded(name, arrays), encoded(name, {**arrays, "joints": other}), atol=2e-3)


def test_gait_does_not_see_the_posture():
    """A head that is tilted in every frame is posture."""
    known = np.ones((6, 40, 16), bool)
    tilted = PEOPLE["gait"]["joints"].copy()
    other = tilted.copy()
    length = np.linalg.norm(tilted[:, :, 3] - tilted[:, :, 2], axis=-1, keepdims=True)
    other[:, :, 3] += np.array([0.05, -0.02, 0.1], np.float32)
    moved = np.linalg.norm(other[:, :, 3] - other[:, :, 2], axis=-1, keepdims=True)
    assert not np.allclose(length, moved)
    one, two = (array(Movement()([joints, known])) for joints in (tilted, other))
    np.testing.assert_allclose(one[:, :, :3], two[:, :, :3], rtol=0.05, atol=0.05)  # only the size differs a little
    np.testing.assert_allclose(one[:, :, 3], two[:, :, 3], rtol=0.05, atol=0.05)


def test_joints_are_measured_from_the_root_in_heights():
    found = array(CentredJoints()([3 * standing()[None] + 5, KNOWN]))[0]
    np.testing.assert_allclose(found[:, :3], (standing() - standing()[0]) / height(), atol=1e-5)
    assert (found[:, 3] == 1).all()
    hidden = KNOWN.copy()
    hidden[0, 6] = False
    found = array(CentredJoints()([standing()[None], hidden]))[0]
    assert (found[6] == 0).all() and (found[np.arange(16) != 6, 3] == 1).all()


def test_movement_is_deviation_and_velocity():
    joints = np.tile(standing(), (1, 3, 1, 1))
    joints[0, 1, 6, 2] += 0.3  # a hand moves 30 cm forwards in the second frame of three
    bones = standing().copy()
    bones[6, 2] += 0.3
    lengths = [sum(np.linalg.norm(pose[child] - pose[parent]) for parent, child in BONES)
               for pose in (standing(), bones, standing())]
    size = sum(lengths) / 3 / sum(PROPORTIONS)
    found = array(Movement()([joints, np.ones((1, 3, 16), bool)]))[0]
    np.testing.assert_allclose(found[:, 6, 2], np.array([-0.1, 0.2, -0.1]) / size * DEVIATION_SCALE, rtol=1e-4)
    np.testing.assert_allclose(found[:, 6, 5], np.array([0, 0.3, -0.3]) / size * 15, rtol=1e-4)
    assert (found[..., 6] == 1).all()
    others = np.arange(16) != 6
    np.testing.assert_allclose(found[:, others, :6], 0, atol=1e-4)
    known = np.ones((1, 3, 16), bool)
    known[0, 1, 6] = False  # unknown in the frame between: no velocity, and no deviation
    np.testing.assert_allclose(array(Movement()([joints, known]))[0, :, 6, :6], 0, atol=1e-4)


def test_speed_of_the_root_is_that_of_the_line_through_its_places():
    frames = np.arange(10)
    joints = np.tile(standing(), (1, 10, 1, 1))
    joints += (np.stack([0.06 * frames, 0 * frames, 0.08 * frames], -1)[None, :, None])  # .1 m a frame = 1.5 m/s
    joints[0, :, :, 1] += 0.02 * (frames % 2)[:, None]
    known = np.ones((1, 10, 16), bool)
    known[0, 7:] = False
    found = array(RootMotion()([joints.astype(np.float32), known]))[0]
    np.testing.assert_allclose(found[1:7, 0], 1.5 / height(), rtol=1e-3)
    np.testing.assert_allclose(found[1:7, 1], 15 * 0.02 / height() * np.array([1, -1, 1, -1, 1, -1]), rtol=1e-3)
    np.testing.assert_allclose(found[:7, 2], 1.5 / height(), rtol=1e-3)
    np.testing.assert_allclose(found[7:], 0, atol=1e-4)
    hips = joints - joints[:, :, :1]
    np.testing.assert_allclose(array(RootMotion()([hips.astype(np.float32), known])), 0, atol=1e-4)


# === Angles, distances, directions ===


def shape_of(joints, known=KNOWN):
    found = array(PoseShape()(CentredJoints()([joints[None].astype(np.float32), known])))[0]
    sizes = [len(ANGLES), len(DISTANCES), 3 * len(DIRECTIONS)]
    angles, distances, directions, known = np.split(found, np.cumsum(sizes))
    return angles, distances, directions.reshape(-1, 3), known


def test_angles_and_distances_by_hand():
    joints = standing()
    joints[5], joints[6] = joints[4] + [0, -0.3, 0], joints[4] + [0, -0.3, 0.25]  # the first elbow at a right angle
    size = sum(np.linalg.norm(joints[child] - joints[parent]) for parent, child in BONES) / sum(PROPORTIONS)
    angles, distances, _, known = shape_of(joints)
    assert known.shape == (len(ANGLES) + len(DISTANCES) + len(DIRECTIONS),) and (known == 1).all()
    elbow = ANGLES.index(("first shoulder", "first elbow", "first hand"))
    assert angles[elbow] == pytest.approx(0, abs=1e-4)  # half of a half turn, less a half
    hands = DISTANCES.index(("first hand", "second hand"))
    assert distances[hands] == pytest.approx(np.linalg.norm(joints[6] - joints[9]) / size, rel=1e-4)


def test_an_angle_is_that_of_the_arc_cosine():
    angles = shape_of(standing())[0]
    for place, names in enumerate(ANGLES):
        first, middle, last = (standing()[JOINTS.index(name)] for name in names)
        one, other = first - middle, last - middle
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        assert angles[place] == pytest.approx(np.arccos(np.clip(cosine, -1, 1)) / np.pi - 0.5, abs=2e-3)


@pytest.mark.parametrize("turn", [0.0, 0.6, 2.5])
def test_directions_turn_with_the_body(turn):
    joints = standing()
    joints[3] = joints[2] + [0, 0.16, 0.12]  # the head leans forwards, 3 : 4
    matrix = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    found = shape_of(joints @ matrix.T)[2]
    np.testing.assert_allclose(found, np.array([[0, 1, 0], [0, 0.8, 0.6]]), atol=1e-4)


def test_shapes_of_unknown_joints_are_unknown():
    known = KNOWN.copy()
    known[0, JOINTS.index("head")] = False
    angles, distances, directions, found = shape_of(standing(), known)
    expected = [float("head" not in names) for names in (*ANGLES, *DISTANCES, *DIRECTIONS)]
    np.testing.assert_array_equal(found, expected)
    assert angles[0] == 0 and distances[-1] == 0 and (directions[1] == 0).all()


# === Pictures, graphs, masks ===


def test_holes_are_filled_with_the_mean_colour_of_the_rest():
    pixels = np.full((1, 4, 4, 3), 255.0, np.float32)
    pixels[0, :, 2:] = 127.5
    seen = np.ones((1, 4, 4), np.float32)
    seen[0, 0, 0], seen[0, 1, 0] = 0, 0.5
    found = array(FilledPicture()([pixels, seen]))[0, ..., 0]
    mean = (6 * 1 + 0.5 * 1 + 8 * 0) / 14.5
    expected = np.array([[1, 1, 0, 0]] * 4, float)
    expected[0, 0], expected[1, 0] = mean, 0.5 + 0.5 * mean
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_neighbours_are_those_of_the_bones():
    itself, towards, away = neighbours()
    np.testing.assert_array_equal(itself, np.eye(16))
    assert towards[6, 5] == 1 and towards[6].sum() == 1 and towards[0].sum() == 0
    assert away[0, [1, 10, 13]] == pytest.approx(1 / 3) and away[6].sum() == 0


def test_masks_are_resized_between_the_centres_of_their_places():
    found = resized(np.array([[[0.0, 1.0]]], np.float32), (2, 4))
    np.testing.assert_allclose(found, np.array([[[0, 0.25, 0.75, 1]] * 2]), atol=1e-6)


def test_a_face_with_attention_returns_its_mask():
    assert build_encoder("face", small_config()).output["attention"].shape == (None, 16, 16)
    assert set(build_encoder("face", small_config(attention=False)).output) == {"features"}


def test_networks_are_small():
    costs = untrained_people(seed=2, **{name: getattr(FusionConfig(), name) for name in SMALL}).cost
    assert 2 * sum(cost.parameters for cost in costs.values()) < 6e6
    # two layers of 64: 4 gates of (64 + 64) inputs, in 40 frames; a dense layer of 16 joints x 7 and 3 values
    recurrent, dense = 40 * 2 * 4 * 64 * (64 + 64), 40 * (16 * 7 + 3) * 64
    last, heads = (2 * 64 + 3) * 96, 96 * (3 + 2 + 2 + 2)
    assert costs["gait"].multiply_adds == recurrent + dense + last + heads


def test_spatial_weights_are_a_softmax_with_mean_one():
    logits = np.log(np.array([[1.0, 2.0], [3.0, 2.0]], np.float32))[None, ..., None]
    np.testing.assert_allclose(array(SpatialWeights()(logits))[0, ..., 0], [[.5, 1.0], [1.5, 1.0]], rtol=1e-6)
