import appearance
import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.faces import alignment, warping
from catgan.synthesis import face_model
from catgan.synthesis.face_model import ACTION_UNITS, SHAPE_COMPONENTS, TEXTURE_COMPONENTS, FaceModel


@pytest.fixture(scope="module")
def model():
    return FaceModel(64)


def neutral(n=1):
    return np.zeros((n, len(ACTION_UNITS)), np.float32), np.zeros((n, SHAPE_COMPONENTS), np.float32), np.zeros((n, 3))


def test_rest_face_lies_on_the_template(model):
    shape, = model.shapes(*neutral())
    # Three points of a real face are never quite those of the template.
    np.testing.assert_allclose(alignment.anchors(shape), alignment.TEMPLATE, atol=0.03)


def test_shapes_of_single_units_move_the_landmarks_of_their_muscles(model):
    """Up is negative."""
    units, identity, pose = neutral()
    rest, = model.shapes(units, identity, pose)

    def moved(number, landmark):
        changed = units.copy()
        changed[0, ACTION_UNITS.index(number)] = 5.0
        return (model.shapes(changed, identity, pose)[0] - rest)[landmark]

    assert moved(1, 107)[1] < -0.01 and moved(4, 107)[1] > 0.003  # inner brow up, brow down
    assert moved(2, 70)[1] < -0.01  # outer brow up
    assert moved(12, 61)[1] < -0.01 and moved(12, 61)[0] < -0.01  # mouth corner up and out
    assert moved(15, 61)[1] > 0.003  # mouth corner down
    assert moved(26, 152)[1] > 0.02  # chin down
    assert moved(43, 159)[1] > 0.01 and moved(5, 159)[1] < 0  # upper lid
    assert moved(6, 117)[1] < 0  # cheek up


def test_shapes_of_single_units_are_unchanged_outside_their_regions(model):
    units, identity, pose = neutral()
    rest = face_model.numbers()["rest"]
    for index, number in enumerate(ACTION_UNITS):
        field = model.fields[index]
        outside = face_model.region_weight(number, rest[:, 0], rest[:, 1]) == 0
        assert outside.sum() > 50
        np.testing.assert_array_equal(field[outside], 0.0)


def test_fields_are_symmetric(model):
    """Each AU moves both halves alike (it has no side)."""
    mirror_x = 1.0 - model.rest[:, 0]
    for index in range(len(ACTION_UNITS)):
        height = model.fields[index][:, 1]
        left, right = height[model.rest[:, 0] < 0.5], height[mirror_x < 0.5]
        assert abs(left.sum() - right.sum()) < 0.15 * (np.abs(height).sum() + 1e-3)


def test_rotations_are_orthogonal_with_the_documented_signs():
    matrices = face_model.rotations(np.random.default_rng(0).uniform(-20, 20, (10, 3)))
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), np.tile(np.eye(3), (10, 1, 1)), atol=1e-6)
    nose = np.array([0.0, 0.0, -1.0])  # towards the camera
    yaw, pitch, _ = face_model.rotations(np.array([[15.0, 0, 0], [0, 15.0, 0], [0, 0, 15.0]]))
    assert (yaw @ nose)[0] > 0.2 and (pitch @ nose)[1] < -0.2  # to the image's right, and up
    roll = face_model.rotations(np.array([[0, 0, 15.0]]))[0] @ np.array([1.0, 0, 0])
    assert roll[1] > 0.2  # clockwise, as y points down


def test_sources_lead_back_to_the_pixels(model):
    """A pixel is drawn from the frame point that moves to it."""
    units, identity, pose = neutral()
    units[0, ACTION_UNITS.index(12)], pose[0] = 4.0, (10.0, -5.0, 5.0)
    source, = model.sources(units, identity, pose)
    shape, = model.shapes(units, identity, pose)
    grid = warping.interpolation(model.frame[:, :2], 64)
    forward = (grid @ warping.anchored(shape[:, :2] - model.frame[:, :2])).reshape(64, 64, 2) * 64
    error = np.abs(source + warping.sampled(forward.astype(np.float32), source) - model.pixels)
    error = error[warping.face_weight(shape[:, :2], 64) > 0.9]
    assert np.median(error) < 0.05 and np.percentile(error, 95) < 0.5


@pytest.mark.parametrize("numbers", [(number,) for number in ACTION_UNITS] + [
    (12, 25, 26), (25, 26), (12, 25), (1, 2, 5, 26), (10, 12)])
def test_skin_does_not_fold_at_full_intensity(model, numbers):
    """The warp keeps its orientation everywhere on the skin: no triangle is turned over."""
    units, identity, pose = neutral()
    units[0, [ACTION_UNITS.index(number) for number in numbers]] = 5.0
    shape, = model.shapes(units, identity, pose)
    assert appearance.smallest_area(shape, model.frame) > 0.05


def test_response_curves_keep_intensity_0_and_5(model):
    """0 is 0 and 5 is 5 whatever the curve; between them the field grows with the intensity."""
    units, identity, pose = (part.repeat(3, 0) for part in neutral())
    column = ACTION_UNITS.index(15)
    units[:, column] = 0.0, 2.0, 5.0
    none, some, full = model.shapes(units, identity, pose)
    np.testing.assert_allclose(full - none, 5 * model.fields[column], atol=1e-5)
    np.testing.assert_allclose(some - none, 5 * 0.4 ** model.curves[column] * model.fields[column], atol=1e-5)


def test_face_model_of_unsupported_size_is_refused():
    with pytest.raises(CatganError, match="16 to 256"):
        FaceModel(8)


def test_model_file_is_small_and_has_no_photograph():
    assert face_model.FILE.stat().st_size < 3e6
    arrays = face_model.numbers()
    assert set(arrays) == {"rest", "frame", "fields", "combined", "curves", "identity", "texture", "maps",
                           "map_scales", "faces", "face_scales", "photographs", "readings"}
    assert len(arrays["faces"]) == TEXTURE_COMPONENTS < arrays["photographs"] / 30


def test_save_twice_gives_equal_bytes(tmp_path):
    for name in ("a", "b"):
        face_model.save(tmp_path / f"{name}.npz", face_model.numbers())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
