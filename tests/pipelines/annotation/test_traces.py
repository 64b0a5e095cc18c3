"""Ratings over time whose delay is planted."""

import numpy as np
import pytest

from catgan.data.sources.timeline import Series
from catgan.pipelines.annotation import traces


def wave(times, seed=0):
    """A smooth function of time, -1..1, without a period."""
    random = np.random.default_rng(seed)
    parts = [np.sin(times * rate + phase) for rate, phase in zip(random.uniform(0.5, 2.5, 4), random.uniform(0, 6, 4))]
    return np.mean(parts, axis=0)


def rater(late=0.0, seconds=30.0, noise=0.0, step=0.05, seed=0):
    """A rater who says what the face shows `late` seconds ago, at moments that are not evenly spaced."""
    random = np.random.default_rng(seed + 10)
    times = np.sort(random.uniform(0, seconds, int(seconds / step)))
    return {name: Series(times, wave(times - late, number) + random.normal(0, noise, len(times)))
            for number, name in enumerate(("valence", "arousal"))}


NOTHING = {name: Series(np.empty(0), np.empty(0)) for name in ("valence", "arousal")}


@pytest.mark.parametrize("late", [-2.4, -0.4, 0.0, 0.8, 3.0])
def test_planted_delay_is_found(late):
    found = traces.delay_between(rater(), rater(late, noise=0.1, seed=1))
    assert found.seconds == pytest.approx(late, abs=0.081) and found.correlation > 0.9
    assert found.searched == 4.0 and (late == 0.0 or found.without < found.correlation)


def test_delay_is_that_of_the_dimension_that_varies():
    flat = Series(np.arange(0, 30, 0.1), np.zeros(300))
    one, other = ({**rater(late), "arousal": flat} for late in (0.0, 1.0))
    assert traces.delay_between(one, other).seconds == pytest.approx(1.0, abs=0.081)


@pytest.mark.parametrize("one, other", [(NOTHING, rater()), (rater(seconds=3.0), rater(seconds=3.0)),
                                        ({**NOTHING, "valence": Series(np.arange(30.0), np.zeros(30))}, rater())])
def test_delay_that_cannot_be_found(one, other):
    assert traces.delay_between(one, other) is None


def test_short_videos_are_searched_less_far():
    found = traces.delay_between(rater(seconds=8.0), rater(0.5, seconds=8.0))
    assert found.searched == pytest.approx(2.0, abs=0.1) and found.seconds == pytest.approx(0.5, abs=0.081)


def test_shifts_bring_three_raters_together():
    raters = {"a": rater(0.0), "b": rater(1.0, seed=1), "c": rater(2.0, seed=2)}
    found = traces.shifts(raters)
    assert found["a"] == pytest.approx(-1.0, abs=0.1) and found["c"] == pytest.approx(1.0, abs=0.1)
    assert sum(found.values()) == pytest.approx(0.0, abs=1e-3)
    times = np.arange(3, 27, 0.04)
    together = [traces.at(one, times, found[name])[:, 0] for name, one in raters.items()]
    assert np.ptp(together, axis=0).max() < 0.1
    assert traces.shifts({}) == {} and traces.shifts({"a": rater()}) == {"a": 0.0}


def test_smoothing_is_a_running_median_and_only_if_asked():
    times = np.arange(0, 4.01, 0.04)
    spike = np.where(np.abs(times - 2.0) < 0.05, 1.0, 0.0)
    one = {"valence": Series(times, spike), "arousal": NOTHING["arousal"]}
    assert traces.at(one, times)[:, 0] == pytest.approx(spike)
    assert traces.at(one, times, 0.0, 0.5)[:, 0] == pytest.approx(0.0)
    assert np.isnan(traces.at(one, times, 0.0, 0.5)[:, 1]).all()


def test_a_shift_reads_what_is_said_later():
    one = {"valence": Series(np.arange(0.0, 10.0, 0.5), np.arange(0.0, 10.0, 0.5) / 10), "arousal": NOTHING["arousal"]}
    assert traces.at(one, np.array([1.0, 9.4]), 1.5)[:, 0] == pytest.approx([0.25, np.nan], nan_ok=True)
