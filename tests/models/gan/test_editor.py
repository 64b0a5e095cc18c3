"""The editor: nothing asked, nothing changed; and what it is told of an edit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catgan import config
from catgan.conditions import Condition, encoded_width
from catgan.errors import CatganError
from catgan.faces.warping import shifted
from catgan.labels import LabelSpec
from catgan.models.gan import changes as asked
from catgan.models.gan.architectures import ARCHITECTURES, NetworkConfig, network_config
from catgan.models.gan.changes import Changes, through_neutral
from catgan.models.gan.editor import build_editor, space_to_depth, warp, depth_to_space
from catgan.models.gan.model import CatGAN
from tests.harness.experiments import TINY
from tests.harness.networks import SPEC, SPECS, edited_gan, noise, run_network, tiny, trained_build


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("side", [16, 32])
def test_build_editor_has_the_documented_outputs(spec, side, tmp_path):
    network = network_config("xs_32", {"editor_widths": [8, 8], "style_width": 8}) if side == 32 else tiny(3)
    image = noise((3, side, side, network.channels)).clip(-1, 1)
    outputs = run_network(trained_build, {"image": image, "change": noise((3, encoded_width(spec.width)), 1)},
                          {"image": image.shape, "mask": (3, side, side, 1), "moves": (3, side, side, 2)}, tmp_path,
                          network=network, label_width=spec.width)
    assert 0 <= outputs["mask"].min() and outputs["mask"].max() <= 1


def test_new_editor_and_zero_change_are_the_identity():
    image = noise((2, 16, 16, 1)).clip(-1, 1)
    change = Condition(noise((2, 4)), np.ones((2, 4), np.float32)).encode()
    new, other = build_editor(tiny(1), 4), trained_build(tiny(1), 4)
    np.testing.assert_array_equal(new({"image": image, "change": change})["image"], image)
    assert np.abs(np.asarray(other({"image": image, "change": change})["image"]) - image).max() > 0.01
    still = Condition(np.zeros((2, 4)), np.ones((2, 4))).encode()
    np.testing.assert_allclose(other({"image": image, "change": still})["image"], image, atol=1e-4)


def test_warp_equals_bilinear_interpolation_by_hand():
    """A ramp of 10 a column and 100 a row: taken from a quarter of a pixel further right, from two rows below, and
    from beyond the border."""
    rows, columns = np.indices((6, 5), np.float32)
    ramp, moves = (100 * rows + 10 * columns)[None, ..., None], np.zeros((1, 6, 5, 2), np.float32)
    np.testing.assert_array_equal(warp(ramp, moves), ramp)
    moves[0, 2, 1], moves[0, 1, 3], moves[0, 5, 4], moves[0, 0, 0] = (0.25, 0), (0, 2), (9, 9), (-3, 0.5)
    found = np.asarray(warp(ramp, moves))[0, ..., 0]
    assert found[2, 1] == 212.5 and found[1, 3] == 330.0 and found[5, 4] == 540.0 and found[0, 0] == 50.0
    both = np.asarray(warp(np.concatenate([ramp, -ramp], -1).repeat(2, 0), moves.repeat(2, 0)))
    np.testing.assert_array_equal(both[1, ..., 1], -found)
    np.testing.assert_allclose(shifted(ramp, moves)[0, ..., 0], found, atol=1e-3)  # the same in photographs


def test_space_to_depth_is_reversed_by_depth_to_space():
    image = noise((2, 4, 6, 3))
    small = np.asarray(space_to_depth(image))
    assert small.shape == (2, 2, 3, 12)
    np.testing.assert_array_equal(small[1, 0, 2], image[1, 0:2, 4:6].reshape(-1))
    np.testing.assert_array_equal(depth_to_space(small), image)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "legacy_32"])
def test_every_architecture_has_editor_stages(name):
    network = network_config(name)
    assert 8 * 2 ** len(network.editor_stages) == network.image_size
    with pytest.raises(CatganError, match="'editor_widths' needs one number per stage from 8 px"):
        network_config(name, {"editor_widths": [8] * 9})


# === What is asked ===


def read(**columns):
    known = {"AU04": [1.0, 4.0], "AU12": [0.0, 3.0], "valence": [0.5, -0.9], "arousal": [0.0, 0.0], **columns}
    return {name: np.array(values) for name, values in known.items()}


def test_encode_change_of_action_units_holds_the_others():
    change, cut, beyond, becomes = asked.encode_change(Changes(to={"AU04": 0}, by={12: 2.5}), read(), SPEC)
    np.testing.assert_allclose(change, [[-0.2, 0.5, 0, 0, 1, 1, 0, 0], [-0.8, 0.4, 0, 0, 1, 1, 0, 0]], atol=1e-6)
    assert set(cut) == {"AU04", "AU12"} and np.isnan(cut["AU04"]).all()
    np.testing.assert_array_equal(cut["AU12"], [np.nan, 5.5])
    assert not beyond["AU04"].any() and not beyond["AU12"].any()
    np.testing.assert_array_equal(becomes["AU12"], [2.5, 5.0])


def test_encode_change_of_valence_frees_the_others():
    change, cut, *_ = asked.encode_change(Changes(by={"valence": -0.3, "AU12": 1}), read(), SPEC)
    np.testing.assert_allclose(change, [[0, 0.2, -0.3, 0, 0, 1, 1, 0], [0, 0.2, -0.1, 0, 0, 1, 1, 0]], atol=1e-6)
    np.testing.assert_allclose(cut["valence"], [np.nan, -1.2])


def test_encode_change_of_a_presence_counts_five_levels():
    read = {"AU12_present": np.array([0.25])}
    change, *_ = asked.encode_change(Changes(to={12: 5}), read, LabelSpec((12,), "presence"))
    np.testing.assert_allclose(change, [[0.75, 1.0]])


def test_encode_change_by_a_difference_may_go_below_zero():
    """By a level at the most, by less where hardly anything was read, and not at all where nothing was."""
    read = {"AU04": np.array([3.614, 3.6, 0.2, 0.0]), "AU12": np.zeros(4), "valence": np.zeros(4)}
    change, cut, beyond, becomes = asked.encode_change(Changes(by={4: -4.61}), read, SPEC)
    np.testing.assert_array_equal(change[:, 0], np.float32([-4.61 / 5, -4.6 / 5, -0.6 / 5, 0.0]))
    np.testing.assert_allclose(beyond["AU04"], [1.0, 1.0, 0.4, 0.0])
    np.testing.assert_allclose(cut["AU04"], [np.nan, -1.01, -4.41, -4.61])
    assert not becomes["AU04"].any()
    with pytest.raises(CatganError, match="AU04 can change by -6..5. Received: -6.5"):
        Changes(by={4: -6.5})
    assert not asked.encode_change(Changes(to={4: 0}), read, SPEC).beyond["AU04"].any()


@pytest.mark.parametrize("name, wanted, before, after, amiss", [
    ("AU12", 3.0, 0.0, 0.4, True), ("AU12", 3.0, 0.0, 1.9, False), ("AU12", 1.0, 0.5, 0.1, False),
    ("AU12", 0.0, 4.0, 1.5, False), ("AU12", 0.0, 4.0, 1.7, True), ("valence", -0.5, 0.3, 0.2, True),
    ("valence", -0.5, 0.3, -0.3, False), ("arousal", 0.1, 0.0, -0.05, False)])
def test_missed_compares_with_the_larger_limit(name, wanted, before, after, amiss):
    assert asked.missed(wanted, before, after, name) is amiss


@pytest.mark.parametrize("text, to, by", [
    ("12=+2,4=0", {"AU04": 0.0}, {"AU12": 2.0}), (" AU1 = 3 , 2=-1.5", {"AU01": 3.0}, {"AU02": -1.5}), ("", {}, {})])
def test_parse(text, to, by):
    assert asked.parse(text) == (to, by)


@pytest.mark.parametrize("text, message", [
    ("12", "for example 12=.2,4=0. Received: '12'"), ("12=", "Received: '12='"), ("12=a", "Received: '12=a'"),
    ("12=1,AU12=+2", "Received twice: AU12"), ("x=1", "Received: 'x'")])
def test_parse_of_other_text_is_refused(text, message):
    with pytest.raises(CatganError, match=message):
        asked.parse(text)


@given(st.text(max_size=30))
def test_parse_of_any_text_returns_or_is_refused(text):
    try:
        to, by = asked.parse(text)
    except CatganError:
        return
    assert all(isinstance(value, float) for value in (*to.values(), *by.values()))


@pytest.mark.parametrize("given, message", [
    ({}, "needs something to change"), ({"to": {12: 6}}, "AU12 must lie in 0..5. Received: 6"),
    ({"to": {12: float("nan")}}, "AU12 must lie in 0..5"), ({"by": {"valence": 3}}, "valence can change by -2..2"),
    ({"to": {12: 1}, "by": {"AU12": 1}}, "Received twice: AU12"), ({"to": {"nothing": 1}}, "Received: 'nothing'"),
    ({"to": {"valence": -1.5}}, "valence must lie in -1..1")])
def test_changes_out_of_range_are_refused(given, message):
    with pytest.raises(CatganError, match=message):
        Changes(**given)


# === The model ===


def test_edit_changes_named_labels_and_reports_cuts():
    faces = np.random.default_rng(0).integers(60, 190, (70, 16, 16, 3)).astype(np.uint8)
    gan = edited_gan()
    changed = gan.edit(faces, by={12: 2})
    assert changed.dtype == np.uint8 and changed.shape == faces.shape and (changed != faces).any()
    grey = faces[..., :1].repeat(3, -1)
    np.testing.assert_allclose(*gan.edit(grey, by={12: 2}).transpose(3, 0, 1, 2)[[0, 2]])  # grey stays grey
    np.testing.assert_array_equal(gan.edit(faces, by={12: 0}), faces)
    np.testing.assert_array_equal(gan.edit(faces[3:4], by={12: 2}), changed[3:4])  # whatever else is edited with it
    outcome = gan.apply_change(faces, Changes(to={4: 5}))
    assert outcome.mask.shape == (70, 16, 16) and outcome.change.shape == (70, 8)
    assert outcome.moves.shape == (70, 16, 16, 2) and np.abs(outcome.moves).max() < 2.0


def test_edit_without_editor_or_label_is_refused():
    faces = np.zeros((1, 16, 16, 3), np.uint8)
    gan = CatGAN(config.from_mapping(NetworkConfig, TINY), SPEC)
    with pytest.raises(CatganError, match="has no editor"):
        gan.edit(faces, by={12: 2})
    with pytest.raises(CatganError, match="has no editor. Train one.*faces_64"):
        gan.apply_change(faces, np.zeros((1, 8), np.float32))
    gan.add_editor()
    with pytest.raises(CatganError, match="Unknown label for this model's editor.*AU04, AU12"):
        gan.edit(faces, by={9: 2})
    with pytest.raises(CatganError, match="uint8"):
        gan.edit(faces[..., :1], by={12: 2})


def test_preset_of_a_model_with_editor_holds_the_editor(tmp_path):
    faces = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    gan = edited_gan()
    gan.save_to_preset(tmp_path)
    np.testing.assert_array_equal(CatGAN.from_preset(tmp_path).edit(faces, by={12: 2}), gan.edit(faces, by={12: 2}))
    (tmp_path / "editor.weights.h5").unlink()
    with pytest.raises(CatganError, match="damaged model"):
        CatGAN.from_preset(tmp_path)


# === A generator through its editor ===


def test_through_neutral_splits_conditions_by_hand():
    """AU4, AU12, valence, arousal, two expressions: named alone, with valence, nothing, an expression."""
    spec = LabelSpec((4, 12), "intensity", True, ("anger", "happiness"))
    values = np.array([[0.0, 0.6, 0, 0, 0, 0], [0.2, 0.0, -0.5, 0.0, 0, 0], [0] * 6, [0, 0.6, 0, 0, 0, 1]], np.float32)
    mask = np.array([[0, 1, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0], [0] * 6, [0, 1, 0, 0, 1, 1]], np.float32)
    condition = Condition(values, mask).encode()
    neutral, change = through_neutral(condition, spec)
    assert not neutral[:3, :6].any() and (neutral[:3, 6:] == mask[:3]).all()
    np.testing.assert_allclose(change[0], [0, 0.6, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0])  # AU4 is held
    np.testing.assert_allclose(change[1], [0.2, 0, -0.5, 0, 0, 0, 1, 0, 1, 0, 0, 0])  # what is not named may follow
    assert not change[2:].any()
    np.testing.assert_array_equal(neutral[3], condition[3])


def test_generate_with_new_editor_keeps_the_neutral_face():
    """The face of a new editor, which changes nothing, is the neutral face of the latent, whatever is asked."""
    gan = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "intensity", True), seed=1)
    alone = [gan.generate(3, action_units={12: level}, seed=2) for level in (0.0, 5.0)]
    gan.add_editor()
    calm, smiling = (gan.generate(3, action_units={12: level}, seed=2) for level in (0.0, 5.0))
    np.testing.assert_array_equal(calm, smiling)
    np.testing.assert_array_equal(calm, alone[0])
    assert (alone[0] != alone[1]).any()
