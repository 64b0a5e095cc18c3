import numpy as np

from catgan.data.people.columns import read_people
from catgan.data.people.pose_errors import PoseErrors, add_errors, body_height, landmarker_errors, with_errors
from catgan.data.store import load_dataset
from tests.harness.people_data import standing, write_people


def test_fitted_errors_have_the_moments_of_the_clips():
    random = np.random.default_rng(0)
    clips = [0.1 + 0.05 * random.standard_normal((1, 16, 3)) + 0.02 * random.standard_normal((4, 16, 3))
             for _ in range(800)]
    found = PoseErrors.fit(clips)
    drawn = found.draw(np.random.default_rng(1), 2000, 4)
    np.testing.assert_allclose(found.bias, 0.1, atol=0.01)
    np.testing.assert_allclose(drawn.mean(1).std(), np.hypot(0.05, 0.01), rtol=0.05)
    np.testing.assert_allclose((drawn - drawn.mean(1, keepdims=True)).std() * np.sqrt(4 / 3), 0.02, rtol=0.05)


def test_measured_errors_are_those_of_a_landmarker_that_measures_from_the_hips():
    errors = landmarker_errors()
    drawn = errors.draw(np.random.default_rng(0), 300, 3)
    assert np.abs(errors.bias[0]).max() < 1e-6 and np.abs(drawn[:, :, 0]).max() < 1e-4
    assert 0.05 < np.linalg.norm(drawn[:, :, 1:], axis=-1).mean() < 0.25


def test_posture_and_gait_have_the_same_constant_error_and_unknown_joints_none(tmp_path):
    samples = read_people(load_dataset(write_people(tmp_path, 40, missing=0.3)), "all")
    moved = with_errors(samples, 1.0, seed=3)
    again = with_errors(samples, 1.0, seed=3)
    for name in ("posture", "gait"):
        change = moved.inputs[name]["joints"] - samples.inputs[name]["joints"]
        known = samples.inputs[name]["known"]
        assert not change[~known].any() and np.abs(change[known]).mean() > 0.02
        np.testing.assert_array_equal(moved.inputs[name]["joints"], again.inputs[name]["joints"])
    both = samples.available["posture"] & samples.available["gait"]
    posture = (moved.inputs["posture"]["joints"] - samples.inputs["posture"]["joints"])[both]
    gait = (moved.inputs["gait"]["joints"] - samples.inputs["gait"]["joints"])[both].mean(1)
    assert np.corrcoef(posture[:, 1:].ravel(), gait[:, 1:].ravel())[0, 1] > 0.5
    assert with_errors(samples, 0.0) is samples


def test_inputs_without_joints_stay_as_they_are():
    inputs = {"face": {"image": np.ones((2, 4))}}
    assert add_errors(inputs, 1.0, np.random.default_rng(0)) == inputs


def test_height_of_a_body_grows_with_it():
    np.testing.assert_allclose(body_height(1.5 * standing()), 1.5 * body_height(standing()), rtol=1e-6)
