"""Intervals and p of differences: by hand, against other libraries, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from catgan.metrics import bootstrap
from catgan.studies.compare.draws import Draws
from catgan.studies.compare.statistics import Inference, holm, spread_of, spread_of_difference


def sampled(values, draws):
    """Means over subjects `(seeds, 1 + draws)` of values `(seeds, subjects)`."""
    return np.concatenate([counts.T @ values.T / counts.sum(0)[:, None] for counts in draws.blocks()]).T


def simulated(random, seeds, subjects, common=0.0, between=0.0, noise=1.0):
    """Differences per seed and subject: of subjects, of seeds, and of both."""
    return (common * random.standard_normal(subjects) + between * random.standard_normal((seeds, 1))
            + noise * random.standard_normal((seeds, subjects)))


def rate_and_coverage(seeds, subjects=60, trials=300, draws=300, truth=0.0, **parts):
    """Share of trials with p < .05, and with an interval that holds the truth."""
    found, held = [], []
    for trial in range(trials):
        random = np.random.default_rng([trial, seeds])
        spread = spread_of(sampled(truth + simulated(random, seeds, subjects, **parts),
                                   Draws(np.arange(subjects), subjects, draws, trial)))
        figures = Inference(subjects, draws, trial)(spread)
        found.append(figures["p"] < 0.05)
        held.append(figures["interval"][0] <= truth <= figures["interval"][1])
    return np.mean(found), np.mean(held)


@pytest.mark.parametrize("parts", [
    {"between": 0.3}, {"common": 1.0, "between": 0.2}, {"common": 1.0}, {"noise": 3.0}],
    ids=["seeds", "both", "subjects", "noise"])
def test_five_seeds_without_a_difference_are_found_different_once_in_twenty(parts):
    rate, _ = rate_and_coverage(5, **parts)
    assert 0.02 <= rate <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 3, 5])
@pytest.mark.parametrize("subjects", [8, 100])
def test_intervals_hold_the_truth_nineteen_times_in_twenty(seeds, subjects):
    between = 0.3 if seeds > 1 else 0.0  # of one seed, intervals say nothing about others
    _, coverage = rate_and_coverage(seeds, subjects, 1000, 1000, truth=0.4, common=1.0, between=between)
    assert 0.93 <= coverage <= 0.985  # 8 subjects and 3 seeds: two wide tails, rather too wide


@pytest.mark.parametrize("difference", [0.0, 0.6])
def test_a_few_seeds_bootstrapped_would_be_too_narrow(difference):
    """What draws of subjects alone say of two models that differ in their seeds."""
    random, draws = np.random.default_rng(5), Draws(np.arange(50), 50, 400)
    spread = spread_of(sampled(difference + simulated(random, 3, 50, between=0.4), draws))
    low, high = Inference(50, 400)(spread)["interval"]
    alone = np.percentile(spread.drawn, [2.5, 97.5])
    assert low < alone[0] and alone[1] < high and high - low > 2 * (alone[1] - alone[0])


def test_seeds_alone_give_the_t_test():
    """Every subject tells the same, so that only seeds vary: the paired t-test."""
    values = np.array([0.30, 0.34, 0.41, 0.28, 0.37])
    samples = np.repeat(values[:, None], 4001, 1)
    figures = Inference(100, 4000)(spread_of(samples))
    expected = stats.ttest_1samp(values, 0.3)
    wanted = stats.ttest_1samp(values, 0.0).confidence_interval()
    np.testing.assert_allclose(figures["interval"], [wanted.low, wanted.high], atol=1e-3)
    assert figures["p"] == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue, rel=1e-3)
    assert figures["df"] == pytest.approx(4) and expected.pvalue > 0.05
    less = Inference(100, 4000)(spread_of(samples - 0.3))
    assert less["p"] == pytest.approx(expected.pvalue, rel=0.02)


def test_other_seeds_give_welchs_test():
    one, other = np.array([0.3, 0.5, 0.4, 0.6]), np.array([0.2, 0.25, 0.22])
    spread = spread_of_difference(np.repeat(one[:, None], 2001, 1), np.repeat(other[:, None], 2001, 1), paired=False)
    expected = stats.ttest_ind(one, other, equal_var=False)
    assert spread.value == pytest.approx(one.mean() - other.mean()) and spread.freedom == pytest.approx(expected.df)
    assert Inference(50, 2000)(spread)["p"] == pytest.approx(expected.pvalue, rel=0.05)


def test_one_seed_against_several_takes_their_variance():
    several, single = np.array([0.3, 0.5, 0.4]), np.array([0.9])
    spread = spread_of_difference(np.repeat(single[:, None], 101, 1), np.repeat(several[:, None], 101, 1), paired=False)
    assert spread.freedom == 2 and spread.between == pytest.approx(0.01 * (1 / 3 + 1))
    assert spread.value == pytest.approx(0.5)


def test_one_seed_each_is_the_paired_bootstrap_over_subjects():
    random, groups = np.random.default_rng(1), np.repeat(np.arange(80), 3)
    one, other = random.normal(0.2, 1, 240), random.normal(0, 1, 240)
    expected = bootstrap.paired(lambda rows: {"mean": float(one[rows].mean())},
                                lambda rows: {"mean": float(other[rows].mean())}, list(map(str, groups)), 4000)["mean"]
    draws = Draws.of(groups, 4000)
    first, second = (sampled(np.bincount(groups, part)[None] / 3, draws) for part in (one, other))
    spread = spread_of_difference(first, second, paired=True)
    figures = Inference(80, 4000)(spread)
    assert spread.freedom is None and spread.value == pytest.approx(expected["difference"])
    np.testing.assert_allclose(figures["interval"], expected["interval"], atol=0.02)
    assert figures["p"] == pytest.approx(expected["p"], abs=0.025)


def test_small_p_is_told_beyond_the_draws():
    draws = Draws(np.arange(200), 200, 4000)
    values = np.random.default_rng(2).normal(0.4, 1, (1, 200))
    figures = Inference(200, 4000)(spread_of(sampled(values, draws)))
    expected = stats.ttest_1samp(values[0], 0.0).pvalue
    assert figures["p"] < 1e-6 and np.log10(figures["p"]) == pytest.approx(np.log10(expected), rel=0.1)


def test_the_detectable_difference_is_found_four_times_in_five():
    errors = [Inference(60, 300)(spread_of(sampled(simulated(np.random.default_rng(trial), 5, 60, 1.0, 0.2),
                                                   Draws(np.arange(60), 60, 300, trial))))["detectable"]
              for trial in range(40)]
    rate, _ = rate_and_coverage(5, trials=200, truth=float(np.mean(errors)), common=1.0, between=0.2)
    assert 0.7 <= rate <= 0.92


def test_models_that_answer_the_same_do_not_differ():
    figures = Inference(20, 200)(spread_of(np.zeros((1, 201))))
    assert figures["p"] == 1.0 and figures["interval"] == [0.0, 0.0]
    assert figures["detectable"] is None


def test_what_is_defined_on_few_draws_is_not_told():
    samples = np.full((1, 201), np.nan)
    samples[0, :90] = 0.3
    assert set(Inference(20, 200)(spread_of(samples)).values()) == {None}
    assert Inference(1, 200)(spread_of(np.ones((1, 201))))["p"] is None


def test_holm_by_hand():
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []
