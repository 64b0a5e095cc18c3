"""Figures of all faces are those of `catgan.metrics`; those of a draw are those of its rows, repeated."""

import numpy as np
import pytest

from catgan import metrics
from catgan.labels import Labels, LabelSpec
from catgan.metrics.moments import Moments
from catgan.studies.compare import areas, sums
from catgan.studies.compare.draws import Draws
from catgan.studies.compare.measured import Shared, measure
from catgan.studies.relate.faces import LabelledFaces

NAMES = ("neutral", "happiness", "fear")
THRESHOLDS = {4: 0.9, 12: 1.2, 6: 1.0}


@pytest.fixture(scope="module")
def faces():
    """150 faces of 30 people; a third of each label is unknown, and AU6 is never coded as intensity."""
    random = np.random.default_rng(0)

    def masked(values):
        return np.where(random.random(values.shape) < 0.33, np.nan, values)

    graded = masked(random.integers(0, 4, (150, 3)).astype(float))
    graded[:, 2] = np.nan
    present = np.where(np.isfinite(graded), graded >= 1, masked(random.integers(0, 2, (150, 3)).astype(float)))
    classes = np.where(random.random(150) < 0.3, -1, random.integers(0, 3, 150))
    return LabelledFaces((4, 12, 6), {"intensity": graded, "presence": present},
                         masked(random.uniform(-1, 1, (150, 2))), classes, NAMES,
                         np.array([f"subject {number}" for number in random.integers(30, size=150)]))


def answers_of(faces, seed=0, scale=5.0):
    random = np.random.default_rng(seed)
    suffix = "" if scale == 5.0 else "_present"
    columns = {f"AU{number:02d}{suffix}": np.round(scale * random.random(len(faces)), 1) for number in faces.numbers}
    columns |= {name: random.uniform(-1, 1, len(faces)) for name in ("valence", "arousal")}
    return {**columns, "expression": np.array(NAMES)[random.integers(3, size=len(faces))]}


def labels_of(faces, spec, values):
    return Labels(spec, np.nan_to_num(values).astype(np.float32), np.isfinite(values))


def evaluated(faces, answers, rows=slice(None), scale="intensity"):
    """What `catgan evaluate` says of some rows."""
    spec = LabelSpec(faces.numbers, scale, True, NAMES)
    values = np.concatenate([faces.units[scale], faces.affect,
                             np.where(faces.classes < 0, np.nan, faces.classes)[:, None]], 1)[rows]
    presences = None
    if scale == "intensity":
        told = np.where(np.isfinite(faces.units["intensity"]), np.nan, faces.units["presence"])[rows]
        presences = labels_of(faces, LabelSpec(faces.numbers, "presence"), told)
    return metrics.evaluate_labels(labels_of(faces, spec, values), {name: part[rows] for name, part in answers.items()},
                                   THRESHOLDS, presences=presences)


@pytest.mark.parametrize("scale, top", [("intensity", 5.0), ("presence", 1.0)])
@pytest.mark.parametrize("place", [0, 1, 7])
def test_figures_are_those_of_evaluate(faces, scale, top, place):
    draws, answers = Draws.of(faces.groups, 8), answers_of(faces, scale=top)
    spec = LabelSpec(faces.numbers, scale, True, NAMES)
    found = measure(faces, spec, answers, THRESHOLDS, draws).figures(Shared(faces.numbers, True, True, NAMES))
    counts = np.concatenate(list(draws.blocks()), 1)[:, place]
    rows = np.repeat(np.arange(len(faces)), counts[draws.codes].astype(int))
    expected = evaluated(faces, answers, rows, scale)
    units = expected["action_units"]
    wanted = {name: units[name] for name in ("mean_f1", "mean_icc", "mean_pcc")}
    wanted |= {f"{unit}/{name}": units[unit][name] for unit in ("AU04", "AU12", "AU06")
               for name in ("f1", "auc", "icc", "pcc")}
    wanted |= {f"{name}/{figure}": expected[name][figure] for name in ("valence", "arousal")
               for figure in ("ccc", "rmse")}
    wanted |= {f"expression/{name}": expected["expression"][name] for name in ("macro_f1", "accuracy")}
    assert set(found) == {*wanted, "mean_auc"}
    for name, value in wanted.items():
        assert found[name].shape == (9,)
        assert found[name][place] == pytest.approx(np.nan if value is None else value, abs=1e-6, nan_ok=True), name
    assert found["mean_auc"][place] == pytest.approx(np.mean([units[unit]["auc"] for unit in ("AU04", "AU12", "AU06")]))


def test_presence_alone_takes_the_presence_of_the_data(faces):
    """An intensity of 1 of which the data say that nothing is there."""
    units = {**faces.units, "presence": np.zeros_like(faces.units["presence"])}
    told = LabelledFaces(faces.numbers, units, faces.affect, faces.classes, NAMES, faces.groups)
    spec, draws = LabelSpec(faces.numbers, "intensity"), Draws.of(faces.groups, 2)
    assert np.isnan(measure(told, spec, answers_of(faces), THRESHOLDS, draws, True).units["auc"]).all()
    assert np.isfinite(measure(told, spec, answers_of(faces), THRESHOLDS, draws).units["auc"][:, :2]).all()


def test_shared_labels_alone_are_averaged(faces):
    draws, spec = Draws.of(faces.groups, 4), LabelSpec(faces.numbers, "intensity")
    measured = measure(faces, spec, answers_of(faces), THRESHOLDS, draws)
    found = measured.figures(Shared((12,), graded=False))
    assert set(found) == {"mean_f1", "mean_auc", "AU12/f1", "AU12/auc"}
    np.testing.assert_array_equal(found["mean_f1"], found["AU12/f1"])


def test_an_answer_outside_shared_expressions_is_wrong():
    """Of 4 faces of shared classes one is answered by a class that only this model has."""
    truth = LabelledFaces((), {}, np.full((5, 2), np.nan), np.array([0, 0, 1, 1, 2]), NAMES,
                          np.array([f"face {number}" for number in range(5)]))
    said = {"expression": np.array(["neutral", "awe", "happiness", "neutral", "neutral"])}
    measured = measure(truth, LabelSpec(expressions=("neutral", "happiness", "awe")), said, {},
                       Draws.of(truth.groups, 3))
    found = measured.figures(Shared(expressions=("neutral", "happiness")))
    assert found["expression/accuracy"][0] == pytest.approx(0.5)
    assert found["expression/macro_f1"][0] == pytest.approx((2 / 4 + 2 / 3) / 2)


def test_moments_of_constants_are_undefined_also_in_draws():
    """One subject is constant: a draw of it alone has no correlation."""
    draws = Draws.of(np.array(["a"] * 3 + ["b"] * 3), 40)
    x, y = np.array([0.1, 0.1, 0.1, 0.3, 0.5, 0.9])[:, None], np.array([0.2, 0.2, 0.2, 0.1, 0.7, 0.4])[:, None]
    moments = sums.DrawnMoments(x, y, draws)
    alone = np.concatenate(list(draws.blocks()), 1)[1] == 0
    assert alone.any() and np.isnan(moments.pcc[alone, 0]).all() and np.isnan(moments.icc[alone, 0]).all()
    whole = Moments.of(x[:, 0], y[:, 0])
    for name in ("pcc", "icc", "ccc", "rmse"):
        assert getattr(moments, name)[0, 0] == pytest.approx(getattr(whole, name))
    assert moments.rmse[alone, 0] == pytest.approx(0.1)
    with np.errstate(invalid="raise"):
        assert np.isnan(sums.DrawnMoments(np.full((6, 1), np.nan), y, draws).rmse).all()


def test_moments_far_from_zero_lose_nothing():
    random, draws = np.random.default_rng(0), Draws.of(np.arange(50) % 9, 5)
    x = 1e6 + random.random((50, 1))
    y = x + 0.1 * random.random((50, 1))
    assert sums.DrawnMoments(x, y, draws).pcc[0, 0] == pytest.approx(np.corrcoef(x[:, 0], y[:, 0])[0, 1], rel=1e-6)


def test_area_with_ties_by_hand():
    """Absent 1, 2, 2; present 2, 3: the pairs give 1, .5, .5, 1, 1, 1."""
    scores, present = np.array([2.0, 1.0, 3.0, 2.0, 2.0, 9.0]), np.array([1.0, 0, 1, 0, 0, np.nan])
    found = areas.auc(present, scores, Draws.of(np.arange(6), 10))
    assert found[0] == pytest.approx(5 / 6) and len(found) == 11


def test_area_needs_both_classes():
    assert np.isnan(areas.auc(np.ones(4), np.arange(4.0), Draws.of(np.arange(4), 3))).all()


def test_draws_are_the_same_in_every_pass_and_count_every_group(monkeypatch):
    draws = Draws.of(np.array(["b", "a", "b", "c"]), 50, seed=3)
    first, = draws.blocks()
    assert first.shape == (3, 51) and (first.sum(0) == 3).all() and (first[:, 0] == 1).all()
    other, = Draws.of(np.array(["b", "a", "b", "c"]), 50, seed=4).blocks()
    assert (first != other).any()
    monkeypatch.setattr("catgan.studies.compare.draws.BLOCK", 30)  # too many to be kept at once
    passes = [list(draws.blocks()) for _ in range(2)]
    assert [part.shape[1] for part in passes[0]] == [10, 10, 10, 10, 10, 1]
    for one in passes:
        np.testing.assert_array_equal(np.concatenate(one, 1), first)
