"""Changes of movement, and the search of the smallest that changes the answer of networks whose rule is known."""

import json

import numpy as np
import pytest

from catgan.errors import TargetError
from catgan.explain.landmarks.changes import MovementChange, MovementChanger, unit_fields
from catgan.explain.landmarks.clip_figure import counterfactual_figure
from catgan.explain.landmarks.counterfactual import LandmarkSearch, changed_movement
from catgan.explain.landmarks.parts import parts_of
from catgan.explain.landmarks.questions import default_target, parse_landmark_target
from catgan.faces.landmark_sets import landmark_set
from catgan.faces.landmark_shapes import ShapeOptions, shapes
from catgan.synthesis.face_model import ACTION_UNITS
from tests.harness.landmark_clips import moving_clip

MESH = landmark_set("mediapipe_478")
CLASSES = ("neutral", "fear", "surprise")
CHIN, LEFT_BROW = MESH.regions["chin"], MESH.regions["left_brow"]


def reader(rule):
    """Makes a network: `rule` turns the largest downward movement of each landmark `(p,)` into 3 probabilities."""
    def read(points, seen):
        found = [shapes(one, mask, ShapeOptions(), MESH)[..., 1].max(0) for one, mask in zip(points, seen)]
        return np.array([rule(one) for one in found])
    return read


def surprised_by_the_chin(down):
    """Surprise while the chin moves by more than .1 down, else neutral; fear never wins."""
    surprise = 0.9 if down[CHIN].mean() > 0.1 else 0.1
    return [0.95 - surprise, 0.05, surprise]


def test_change_of_a_part_takes_away_a_share_of_its_own_movement():
    clip = moving_clip({"chin": (0.0, 0.3), "left_brow": (0.0, -0.2)}, unseen=(8,))
    changed = MovementChanger(clip).front(MovementChange(("jaw",), 0.25))
    movement = np.where(clip.seen[:, None, None], changed - clip.rest, 0.0)
    np.testing.assert_allclose(movement[:, CHIN], 0.75 * clip.movement[:, CHIN], atol=1e-9)
    np.testing.assert_allclose(movement[:, LEFT_BROW], clip.movement[:, LEFT_BROW], atol=1e-9)
    assert not changed[8].any()


def test_change_of_a_part_fades_out_in_its_surroundings():
    weight = MovementChanger(moving_clip({})).weight(("jaw",))
    assert (weight[parts_of(MESH)["jaw"]] == 1.0).all() and (weight[parts_of(MESH)["brows"]] == 0.0).all()
    lips = weight[MESH.regions["mouth"]]
    assert 0.0 < lips.max() < 1.0


def test_change_of_a_turned_head_is_the_one_of_the_front_turned():
    clip = moving_clip({"chin": (0.0, 0.3)})
    changer, change = MovementChanger(clip), MovementChange(("jaw",), 1.0)
    np.testing.assert_allclose(changer.shape(change), changer.front(change), atol=1e-4)  # this head looks ahead
    assert clip.turns.shape == (20, 2, 2) and np.abs(clip.turns - np.eye(2)).max() < 1e-4


def test_added_action_unit_moves_as_the_face_model_does_while_the_clip_moves():
    clip = moving_clip({"chin": (0.0, 0.3)})
    changer = MovementChanger(clip)
    moved = changer.front(MovementChange(units=((12, 5.0),))) - clip.front
    peak = int(changer.timing.argmax())
    np.testing.assert_allclose(moved[peak], 5.0 * unit_fields(MESH)[ACTION_UNITS.index(12)], atol=1e-9)
    assert peak == 12 and np.abs(moved[:3]).max() < 0.01
    corners = moved[peak, [61, 291]]
    assert (corners[:, 1] < 0).all() and corners[0, 0] < 0 < corners[1, 0]  # up and apart
    assert np.abs(moved[peak, LEFT_BROW]).max() < 0.01


def test_added_action_unit_rises_and_falls_where_the_clip_is_still():
    timing = MovementChanger(moving_clip({})).timing
    assert timing[0] == 0.0 and timing[9:11] == pytest.approx([0.993, 0.993], abs=0.01) and timing[-1] < 1e-9


def test_unit_fields_of_68_points_are_those_of_the_same_places():
    assert unit_fields(landmark_set("ibug_68")).shape == (len(ACTION_UNITS), 68, 2)
    jaw = unit_fields(landmark_set("ibug_68"))[ACTION_UNITS.index(26), 8]
    assert jaw[1] > 0.005 and abs(jaw[0]) < 0.002


def test_smallest_change_weakens_the_one_part_that_matters_just_enough():
    clip = moving_clip({"chin": (0.0, 0.3), "left_brow": (0.0, 0.2), "right_brow": (0.0, 0.2)})
    found = changed_movement(reader(surprised_by_the_chin), clip, parse_landmark_target("expression=neutral", CLASSES),
                             CLASSES)
    assert (found.status, found.validity, found.change.parts) == ("ok", True, ("jaw",))
    assert 2 / 3 < found.change.less < 2 / 3 + 0.02  # from .3 to .1
    assert found.plausible == "the own movement" and found.reads < 200
    assert found.sentence() == "surprise (.90) becomes neutral (.85) when the jaw moves 67 % less."
    assert not set(found.points) & set(parts_of(MESH)["brows"]) and set(CHIN) <= set(found.points)
    assert found.span is not None and found.span[0] >= 0.8  # it rests in the first quarter
    content = json.loads(json.dumps(found.to_dict()))
    assert content["size"]["largest"] == pytest.approx(0.2, abs=0.01)
    assert content["own_largest_movement"] == pytest.approx(0.3, abs=0.01)
    assert content["change"] == {"parts": ["jaw"], "less": pytest.approx(0.67, abs=0.01), "action_units": {}}


def test_two_parts_are_weakened_only_where_no_single_one_suffices():
    def rule(down):
        surprise = 0.9 if down[CHIN].mean() > 0.1 or down[LEFT_BROW].mean() > 0.1 else 0.1
        return [0.95 - surprise, 0.05, surprise]

    clip = moving_clip({"chin": (0.0, 0.3), "left_brow": (0.0, 0.3)})
    found = changed_movement(reader(rule), clip, parse_landmark_target("expression!=surprise", CLASSES), CLASSES)
    assert (found.status, set(found.change.parts)) == ("ok", {"brows", "jaw"})


def test_action_units_are_added_where_less_movement_does_not_suffice():
    corners = [61, 291]

    def rule(down):  # the network takes risen corners of the mouth for fear
        fear = 0.9 if down[corners].mean() < -0.02 or down[corners].max() < -0.02 else 0.05
        return [0.95 - fear, fear, 0.05]

    def read(points, seen):
        found = [shapes(one, mask, ShapeOptions(), MESH)[..., 1].min(0) for one, mask in zip(points, seen)]
        return np.array([rule(one) for one in found])

    search = LandmarkSearch(levels=(1.0,), max_parts=1, max_units=1)
    found = changed_movement(read, moving_clip({}), parse_landmark_target("expression=fear", CLASSES), CLASSES, search)
    assert (found.status, found.validity) == ("ok", True)
    (unit, amount), = found.change.units
    field = unit_fields(MESH)[ACTION_UNITS.index(unit)][corners, 1].mean()
    assert field < 0.0 and 0.0 < amount < 4.0
    assert "is added with intensity" in found.sentence() and "Action Units" in found.plausible


def test_target_that_holds_already_changes_nothing():
    found = changed_movement(reader(surprised_by_the_chin), moving_clip({}),
                             parse_landmark_target("expression=neutral", CLASSES), CLASSES)
    assert found.status == "already met" and not len(found.points) and found.span is None
    assert found.sentence() == "expression=neutral holds for this clip as it is."
    np.testing.assert_array_equal(found.changed, found.clip.shape)


def test_target_out_of_reach_gives_the_nearest_attempt():
    search = LandmarkSearch(levels=(0.5, 1.0), max_parts=1, intensities=(2.0,), max_units=1)
    found = changed_movement(reader(surprised_by_the_chin), moving_clip({"chin": (0.0, 0.3)}),
                             parse_landmark_target("expression=fear", CLASSES), CLASSES, search)
    assert (found.status, found.validity) == ("not found", False)
    assert found.sentence().startswith("No change of the movement was found that reaches expression=fear")


@pytest.mark.parametrize("status, target", [("ok", "neutral"), ("already met", "surprise")])
def test_counterfactual_figure_draws_both_movements_and_what_is_read(status, target):
    clip = moving_clip({"chin": (0.0, 0.3)}, unseen=(0,))
    asked = parse_landmark_target(f"expression={target}", CLASSES)
    found = changed_movement(reader(surprised_by_the_chin), clip, asked, CLASSES)
    drawn = counterfactual_figure(found)
    assert found.status == status and len(drawn.axes) == 22
    assert drawn.get_suptitle() == f"expression={target}: {status}"
    bars, curves = drawn.axes[20:]
    assert [label.get_text() for label in bars.get_yticklabels()] == list(CLASSES)
    before, after = (np.nanmax(line.get_ydata()) for line in curves.lines)
    assert (after < before) == (status == "ok")


@pytest.mark.parametrize("change, text", [
    (MovementChange(("brows",), 0.6), "the brows move 60 % less"),
    (MovementChange(("jaw",), 1.0), "the jaw does not move"),
    (MovementChange(("brows", "jaw"), 1.0), "the brows and the jaw do not move"),
    (MovementChange(("jaw",), 0.5, ((12, 1.5),)), "the jaw moves 50 % less and AU12 (lip corner puller) is added with "
                                                  "intensity 1.5"),
    (MovementChange(), "nothing changes")])
def test_change_in_words(change, text):
    assert change.describe() == text


def test_change_of_all_parts_in_words_is_one_of_the_whole_face():
    assert MovementChange(tuple(parts_of(MESH)), 0.5).describe(all_parts=True) == "the whole face moves 50 % less"


@pytest.mark.parametrize("text, message", [
    ("AU12=0", "reads expression=surprise or expression!=happiness. Received: 'AU12=0'"),
    ("expression=bored", "Unknown expression of this model 'bored'. Allowed: fear, neutral, surprise")])
def test_target_that_is_none_is_refused(text, message):
    with pytest.raises(TargetError, match=message):
        parse_landmark_target(text, CLASSES)


def test_default_target_is_the_next_most_probable_class():
    target = default_target(np.array([0.3, 0.1, 0.6]), CLASSES)
    assert (target.text, target.place) == ("expression=neutral", 0)
    np.testing.assert_allclose(target.lead(np.array([[0.3, 0.1, 0.6], [0.5, 0.4, 0.1]])), [-0.3, 0.1])
    away = parse_landmark_target(" expression != surprise ", CLASSES)
    np.testing.assert_allclose(away.lead(np.array([0.3, 0.1, 0.6])), -0.3)
