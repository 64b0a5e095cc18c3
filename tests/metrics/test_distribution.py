from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from catgan.errors import CatganError
from catgan.metrics import neighbours
from catgan.metrics.distribution import (by_affect, by_level, frechet_distance, identifier, kernel_distance,
                                         sliced_wasserstein)
from catgan.metrics.neighbours import density_coverage, precision_recall
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler


def normal(seed, n, d, shift=0.0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n, d)) @ np.random.default_rng([seed, 1]).normal(size=(d, d)) + shift


# === Frechet ===


def test_frechet_by_hand():
    # means 0 and 3, variances 2 and 8: 9 + 2 + 8 - 2 * 4
    assert frechet_distance([[-1.0], [1.0]], [[1.0], [5.0]]) == pytest.approx(11.0)
    # no shift, diagonal covariances (2, 2) / 3 and (8, 2) / 3: (sqrt(8/3) - sqrt(2/3))^2 = 2/3
    cross = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    assert frechet_distance(cross, cross * [2, 1]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("n", [300, 12])  # 12 rows of 20 features: covariances without full rank
def test_frechet_against_scipy(n):
    real, fake = normal(0, n, 20), normal(1, n + 5, 20, 0.5)
    a, b = np.cov(real.T), np.cov(fake.T)
    ridge = 1e-10 * np.eye(20)
    root = linalg.sqrtm((a + ridge) @ (b + ridge)).real
    shift = real.mean(0) - fake.mean(0)
    assert frechet_distance(real, fake) == pytest.approx(shift @ shift + np.trace(a + b - 2 * root), rel=1e-4)
    assert frechet_distance(real, real) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10 ** 6), st.integers(1, 6), st.floats(-50, 50))
def test_frechet_knows_no_order_side_or_place(seed, d, shift):
    real, fake = normal(seed, 15, d), normal(seed + 1, 11, d, 1.0)
    distance = frechet_distance(real, fake)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    assert distance >= 0 and frechet_distance(fake[::-1], real) == pytest.approx(distance, rel=1e-6, abs=1e-9)
    assert frechet_distance(real @ turn + shift, fake @ turn + shift) == pytest.approx(distance, rel=1e-6, abs=1e-9)


# === Kernel ===


def test_kernel_by_hand():
    # kernels of 0, 1 | 1, 1 in one dimension: within 1 and 8, across (1 + 1 + 8 + 8) / 4
    assert kernel_distance([[0.0], [1.0]], [[1.0], [1.0]]) == pytest.approx(1 + 8 - 2 * 4.5)
    assert kernel_distance([[0.0], [0.0]], [[1.0], [1.0]]) == pytest.approx(1 + 8 - 2 * 1)


def test_kernel_against_scikit_learn():
    real, fake = normal(0, 60, 8), normal(1, 60, 8, 0.3)
    xx, yy, xy = (polynomial_kernel(a, b, degree=3, gamma=1 / 8, coef0=1)
                  for a, b in ((real, real), (fake, fake), (real, fake)))
    within = sum((kernel.sum() - np.trace(kernel)) / (60 * 59) for kernel in (xx, yy))
    assert kernel_distance(real, fake) == pytest.approx(within - 2 * xy.mean())


def test_kernel_is_unbiased_where_frechet_is_not():
    random = np.random.default_rng(0)
    sets = random.normal(size=(2, 200, 20, 8))
    kernel = [kernel_distance(real, fake) for real, fake in zip(*sets)]
    assert abs(np.mean(kernel)) < 3 * np.std(kernel) / np.sqrt(200) and min(kernel) < 0
    few, many = ([frechet_distance(real[:n], fake[:n]) for real, fake in zip(*sets)] for n in (10, 20))
    assert np.mean(few) > 1.5 * np.mean(many) > 1.5


def test_kernel_subsets():
    real, fake = normal(0, 90, 4), normal(1, 50, 4, 0.5)
    assert kernel_distance(real, fake, 5, 20, seed=3) == kernel_distance(real, fake, 5, 20, seed=3)
    assert kernel_distance(real, fake, 5, 20, seed=3) != kernel_distance(real, fake, 5, 20, seed=4)
    whole = kernel_distance(real[:50], fake)
    assert kernel_distance(real[:50], fake, 400, 25) == pytest.approx(whole, rel=0.1)
    with pytest.raises(CatganError, match="two rows"):
        kernel_distance(real, fake, size=1)


# === Neighbours ===


def test_neighbours_by_hand():
    real, fake = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [3.5], [9.0]])
    # k = 1: real balls reach 1, 1, 2 and generated ones 3, 3, 5.5
    assert precision_recall(real, fake, 1) == {"precision": pytest.approx(2 / 3), "recall": 1.0}
    # 0.5 is in the balls of 0 and 1; 3.5 in that of 3
    assert density_coverage(real, fake, 1) == {"density": pytest.approx(3 / 3), "coverage": 1.0}
    # 2 is on the rim of the ball of 1, and in that of 3, with 5 on its rim: ties are inside
    assert density_coverage(real, fake + 1.5, 1) == {"density": pytest.approx(3 / 3), "coverage": pytest.approx(2 / 3)}
    assert density_coverage(real, fake + 6, 1) == {"density": 0.0, "coverage": 0.0}


@pytest.mark.parametrize("block", [neighbours.BLOCK, 600])
def test_neighbours_against_scikit_learn(block, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    real, fake = normal(0, 220, 6), normal(0, 170, 6, 0.3) * 0.8
    # of 6 neighbours the first is the point itself
    real_reach, fake_reach = (NearestNeighbors(n_neighbors=6).fit(part).kneighbors(part)[0][:, -1]
                              for part in (real, fake))
    distances = np.linalg.norm(real[:, None] - fake, axis=2)
    inside = distances <= real_reach[:, None]
    recalled = (distances <= fake_reach).any(1)
    assert precision_recall(real, fake) == {"precision": inside.any(0).mean(), "recall": recalled.mean()}
    assert density_coverage(real, fake) == {"density": pytest.approx(inside.sum() / (5 * 170)),
                                            "coverage": inside.any(1).mean()}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10 ** 6), st.integers(1, 4), st.floats(-1000, 1000))
def test_neighbours_properties(seed, k, shift):
    real, fake = normal(seed, 20, 3), normal(seed + 1, 14, 3, 0.5)
    forth, back = precision_recall(real, fake, k), precision_recall(fake, real, k)
    assert (forth["precision"], forth["recall"]) == (back["recall"], back["precision"])
    assert precision_recall(real + shift, fake + shift, k) == forth
    # a copy is inside its own ball and those it is a k-th neighbour of: ties count, whatever the rounding
    assert density_coverage(real, real[::-1] + 0.0, k) == {"density": pytest.approx((k + 1) / k), "coverage": 1.0}


def test_one_face_again_and_again_is_no_diversity():
    real = normal(0, 50, 4)
    assert precision_recall(real, np.repeat(real[:1], 40, 0))["recall"] == pytest.approx(1 / 50)
    assert density_coverage(real, np.repeat(real[:1], 40, 0))["coverage"] < 0.3


# === Inputs ===


@pytest.mark.parametrize("function, least", [(frechet_distance, 2), (kernel_distance, 2), (precision_recall, 6),
                                             (density_coverage, 6)])
def test_refuses_what_it_cannot_compare(function, least):
    good = normal(0, 10, 3)
    function(good[:least], good[:least])
    for real, fake in ((good[:least - 1], good), (good, good[:least - 1]), (good[0], good)):
        with pytest.raises(CatganError, match=f"at least {least}"):
            function(real, fake)
    with pytest.raises(CatganError, match="3 and 2"):
        function(good, good[:, :2])
    spoiled = good.copy()
    spoiled[4, 1] = np.nan
    with pytest.raises(CatganError, match="1 of 10 generated"):
        function(good, spoiled)


def test_refuses_balls_of_no_neighbour():
    with pytest.raises(CatganError, match="k must"):
        precision_recall(normal(0, 10, 3), normal(0, 10, 3), 0)


# === Bins ===


def mean_shift(real, fake):
    return float(fake.mean() - real.mean())


def test_levels_by_hand():
    real, fake = np.zeros((6, 1)), np.array([[1.0], [3.0], [5.0], [7.0], [9.0]])
    result = by_level(real, fake, np.array([0, 1, 2, 2.5, 4, np.nan]), np.array([0.5, 1, 2, 3, 4.5]), (0, 2, 4),
                      least=2, distance=mean_shift)
    # the last bin holds its upper edge; NaN and 4.5 are in none
    assert result == {"mean": pytest.approx(4.0), "bins": {
        "0..2": {"value": pytest.approx(2.0), "real": 2, "generated": 2},
        "2..4": {"value": pytest.approx(6.0), "real": 3, "generated": 2}}}
    few = by_level(real, fake, np.arange(6.0), np.arange(5.0), (0, 2, 4), least=3, distance=mean_shift)
    assert few["bins"]["0..2"]["value"] is None and few["mean"] == few["bins"]["2..4"]["value"]
    assert by_level(real, fake, np.arange(6.0), np.arange(5.0))["mean"] is None


def test_sectors_by_hand():
    angles = np.deg2rad([10, 80, 100, 200, 300, 359, 46, 0])
    affect = np.stack([np.cos(angles), np.sin(angles)], 1) * 0.8
    affect[-1] = 0.1, -0.1
    result = by_affect(np.zeros((8, 1)), np.ones((8, 1)), affect, affect, least=0)
    assert [entry["real"] for entry in result["bins"].values()] == [1, 1, 2, 1, 0, 1, 0, 1, 1]
    assert list(result["bins"])[:3] == ["neutral", "0..45", "45..90"] and result["bins"]["45..90"]["value"] is not None
    affect[:] = np.nan
    assert sum(entry["real"] for entry in by_affect(np.zeros((8, 1)), np.ones((8, 1)), affect,
                                                    affect)["bins"].values()) == 0


def test_bins_refuse():
    rows = np.zeros((4, 1))
    with pytest.raises(CatganError, match="rising"):
        by_level(rows, rows, np.zeros(4), np.zeros(4), (0, 2, 1))
    with pytest.raises(CatganError, match="One label"):
        by_level(rows, rows, np.zeros(4), np.zeros(3))


# === Patches ===


def test_brightness_is_a_shift_of_the_coarsest_level_alone():
    random = np.random.default_rng(0)
    real = random.integers(60, 180, (200, 32, 32, 3)).astype(np.uint8)
    result = sliced_wasserstein(real, real + np.uint8(20), 1500, 800)
    coarse = np.stack([cv2.pyrDown(image.astype(np.float32)) for image in real]).std((0, 1, 2)).mean()
    assert list(result["levels"]) == ["32", "16"] and result["levels"]["32"] < 1e-5
    # shifted by s deviations in every dimension, a projection is shifted by s |sum of a unit vector|: s sqrt(2 / pi)
    assert result["levels"]["16"] == pytest.approx(20 / coarse * np.sqrt(2 / np.pi), rel=0.1)
    assert result["mean"] == pytest.approx(np.mean(list(result["levels"].values())))


def test_patches_of_equal_sets_and_of_one_channel():
    faces = np.random.default_rng(0).integers(0, 256, (9, 17, 20, 1)).astype(np.uint8)
    assert sliced_wasserstein(faces, faces, 100, 8) == {"mean": 0.0, "levels": {"17": 0.0}}
    first = sliced_wasserstein(faces, faces[:5] // 2, 100, 8)
    assert first == sliced_wasserstein(faces, faces[:5] // 2, 100, 8) and first["mean"] > 0
    assert list(sliced_wasserstein(*np.zeros((2, 2, 70, 64, 3), np.uint8), 10, 2)["levels"]) == ["70", "35", "18"]


@pytest.mark.parametrize("fake", [np.zeros((2, 16, 16, 3)), np.zeros((2, 18, 18, 3), np.uint8),
                                  np.zeros((0, 16, 16, 3), np.uint8), np.zeros((2, 16, 16), np.uint8)])
def test_patches_refuse(fake):
    with pytest.raises(CatganError, match="16 px"):
        sliced_wasserstein(np.zeros((2, 16, 16, 3), np.uint8), fake)


# === Ladders: what is worse must measure worse ===


@pytest.fixture(scope="module")
def faces():
    """Real faces, generated faces, and the skin tone of the generated ones."""
    real, fake = ([Sampler(0).scene(index) for index in range(start, start + 240)] for start in (0, 240))
    renderer = Renderer(32)
    return renderer.render(real)[0], renderer.render(fake)[0], np.array([scene.skin for scene in fake])


def encoded(images):
    """A fixed random projection of the picture and of its fine detail, `(n, 32)`."""
    x = images / 255.0
    detail = np.abs(x - np.stack([cv2.GaussianBlur(image, (0, 0), 1.0).reshape(image.shape) for image in x]))
    flat = np.concatenate([x.reshape(len(x), -1) - 0.5, 3.0 * detail.reshape(len(x), -1)], 1)
    return flat @ np.random.default_rng(0).standard_normal((flat.shape[1], 32)) / 32


def blurred(images, skin, sigma):
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in images])


def noisy(images, skin, sigma):
    noise = np.random.default_rng(3).normal(0, sigma, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def dropped(images, skin, share):
    """As many faces, but none of a share of the skin tones."""
    return images[np.resize(np.flatnonzero(skin <= 1 - share), len(images))]


def part_of(function, name):
    """One figure of a function that returns several."""
    return lambda real, fake: function(real, fake)[name]


METRICS = {"fd": frechet_distance, "kd": kernel_distance,
           **{name: part_of(precision_recall, name) for name in ("precision", "recall")},
           **{name: part_of(density_coverage, name) for name in ("density", "coverage")}}
DISTANCES = ("fd", "kd", "swd")
LADDERS = {"blur": (blurred, (0.7, 1.5, 3.0)), "noise": (noisy, (10, 20, 40)), "dropped": (dropped, (0.25, 0.5, 0.75))}


@pytest.fixture(scope="module")
def climbed(faces):
    """Per ladder and metric the figures from the untouched faces up."""
    real, fake, skin = faces
    features, result = encoded(real), {}
    for ladder, (worse, steps) in LADDERS.items():
        sets = [fake] + [worse(fake, skin, step) for step in steps]
        codes = [encoded(images) for images in sets]
        result[ladder] = {name: [metric(features, code) for code in codes]
                          for name, metric in METRICS.items()}
        result[ladder]["swd"] = [sliced_wasserstein(real, images, 1500, 64)["mean"] for images in sets]
    return result


@pytest.mark.parametrize("ladder, names", [
    ("blur", ["fd", "kd", "swd", "recall"]), ("noise", ["fd", "kd", "swd", "precision", "density", "coverage"]),
    ("dropped", ["fd", "kd", "swd", "recall", "coverage"])])
def test_every_step_of_a_ladder_is_worse(climbed, ladder, names):
    for name in names:
        figures = np.array(climbed[ladder][name])
        worse = figures if name in DISTANCES else -figures
        assert (np.diff(worse) > 0).all(), (name, figures)


def test_why_precision_and_recall_are_read_together(climbed):
    assert climbed["blur"]["precision"][-1] >= climbed["blur"]["precision"][0]  # faces near the mean lie among others
    assert climbed["noise"]["recall"][-1] >= climbed["noise"]["recall"][0]  # spread wide, they have everything near


@pytest.fixture(scope="module")
def smiles():
    """Features of the mouths of two sets of people who smile at known strength, and the strengths."""
    strengths = np.random.default_rng(5).uniform(0, 5, (2, 320))
    sets = [[replace(Sampler(0).person(1000 * part + index), skin=0.3, action_units={12: value})
             for index, value in enumerate(values)] for part, values in enumerate(strengths)]
    renderer = Renderer(32)
    return [encoded(renderer.render(scenes, 1)[0][:, 18:30, 6:26]) for scenes in sets], strengths


def shuffled(values, share):
    """The same values, a share of them given to other faces."""
    values, rows = np.array(values), np.arange(int(share * len(values)))
    values[rows] = values[np.roll(rows, 7)]
    return values


def test_shuffled_labels_are_seen_inside_bins_only(smiles):
    (real, fake), strengths = smiles
    ladder = [by_level(real, fake, strengths[0], shuffled(strengths[1], share), (0, 1.25, 2.5, 3.75, 5))["mean"]
              for share in (0, 0.33, 0.67, 1)]
    assert (np.diff(ladder) > 0).all() and abs(ladder[0]) < ladder[-1] / 5, ladder
    assert kernel_distance(real, fake) < ladder[-1] / 5  # the faces are the same: as one set they are right


def test_shuffled_affect_is_seen_inside_sectors():
    random = np.random.default_rng(0)
    affect = random.uniform(-1, 1, (2, 900, 2))
    mixed = affect @ random.normal(size=(2, 8))
    real, fake = mixed + random.normal(0, 0.3, mixed.shape)
    ladder = [by_affect(real, fake, affect[0], shuffled(affect[1], share))["mean"] for share in (0, 0.25, 0.5, 1)]
    assert (np.diff(ladder) > 0).all() and abs(ladder[0]) < ladder[1], ladder


# === Names ===


@pytest.mark.parametrize("name", METRICS)
def test_metric_of_shifted_features_is_worse(name):
    features = normal(0, 30, 4)
    same, shifted = (METRICS[name](features, other) for other in (features, features + 9))
    assert isinstance(same, float) and (same < shifted) == (name in DISTANCES)


def test_identifier_names_the_protocol():
    assert identifier("fd", "affect", 64, 5000) == "fd:affect-64:n=5000"
    assert identifier("kd", "random.cnn", 128, (5000, 2000)) == "kd:random.cnn-128:n=5000+2000"
    assert identifier("swd", "patches", 64, (7, 7)) == "swd:patches-64:n=7"
    with pytest.raises(CatganError, match="Received: 'my net'"):
        identifier("fd", "my net", 64, 5000)
