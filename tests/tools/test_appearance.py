import appearance
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from catgan.synthesis import face_model
from catgan.synthesis.face_model import ACTION_UNITS


@pytest.fixture(scope="module")
def rest():
    return face_model.numbers()["rest"].astype(float)


def test_regression_is_ridge_regression():
    random = np.random.default_rng(0)
    causes, held, targets = random.normal(size=(80, 3)), random.normal(size=(80, 2)), random.normal(size=(80, 4))
    slopes, level, left = appearance.regress(targets, causes, held, ridge=2.0)
    other = Ridge(alpha=2.0).fit(np.column_stack([causes, held]), targets)
    np.testing.assert_allclose(slopes, other.coef_[:, :3].T, atol=1e-10)
    np.testing.assert_allclose(level, other.intercept_, atol=1e-10)
    np.testing.assert_allclose(left, targets - other.predict(np.column_stack([causes, held])), atol=1e-10)


def test_components_are_principal_components():
    random = np.random.default_rng(1)
    data = random.normal(size=(200, 30)) * np.linspace(5, 1, 30)
    data -= data.mean(0)
    mine, other = appearance.components(data, 4), PCA(4).fit(data)
    np.testing.assert_allclose(np.linalg.norm(mine, axis=1), other.singular_values_ / 200 ** 0.5, rtol=0.02)
    cosines = (mine / np.linalg.norm(mine, axis=1, keepdims=True) * other.components_).sum(1)
    assert (np.abs(cosines) > 0.97).all()


def test_pose_and_size_are_taken_away(rest):
    """A turned, shifted, scaled face comes back to itself, and its angles are told."""
    turned = 1.7 * rest @ face_model.rotations(np.array([[12.0, 0.0, 0.0]]))[0].T.astype(float) + (0.3, -0.2, 0.1)
    back, angles = appearance.onto(turned, rest)
    np.testing.assert_allclose(back, rest, atol=1e-6)
    assert abs(np.degrees(angles[0])) == pytest.approx(12.0, abs=0.01) and abs(angles[1]) < 1e-4


def test_every_landmark_has_its_mirror_image(rest):
    mirror = appearance.mirror_map(rest)
    assert (mirror[mirror] == np.arange(478)).all() and mirror[33] == 263 and mirror[61] == 291 and mirror[1] == 1


def test_readings_of_the_rest_face(rest):
    """Blendshapes are averaged over the sides; lips that part raise AU25, lids that open AU5."""
    scores = np.zeros((2, len(appearance.BLENDSHAPES)))
    scores[:, appearance.BLENDSHAPES.index("mouthSmileLeft")] = 0.8
    points = np.stack([rest, rest])
    points[1, 14, 1] += 0.05
    points[1, [159, 386], 1] -= 0.01
    first, second = appearance.readings(points, scores)
    value = dict(zip(ACTION_UNITS, second - first))
    assert first[ACTION_UNITS.index(12)] == pytest.approx(0.4)
    assert value[25] > 0.05 and value[5] > 0.02 and value[12] == 0.0


def test_intensities_are_0_at_rest_and_5_at_the_99th_percentile():
    values = np.tile(np.arange(1001.0)[:, None] / 1000, (1, len(ACTION_UNITS)))
    scaled = appearance.intensities(values, appearance.reading_scale(values))
    column = ACTION_UNITS.index(4)
    assert scaled[200, column] == pytest.approx(0.0) and scaled[990, column] == pytest.approx(5.0)
    assert scaled[500, ACTION_UNITS.index(5)] == pytest.approx(0.0)  # open eyes are the rest


def test_mirror_images_swap_the_sides():
    scores = np.arange(len(appearance.BLENDSHAPES), dtype=float)[None]
    mirrored = appearance._mirrored(scores)[0]
    names = appearance.BLENDSHAPES
    assert mirrored[names.index("eyeBlinkLeft")] == names.index("eyeBlinkRight")
    assert mirrored[names.index("jawLeft")] == names.index("jawRight")
    assert mirrored[names.index("jawOpen")] == names.index("jawOpen")
