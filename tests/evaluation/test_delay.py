"""Delays and smoothings of made-up series, whose best timing is known."""

import numpy as np
import pytest

from catgan.data.clips.tracks import Track
from catgan.errors import CatganError
from catgan.evaluation import delay, retiming
from catgan.evaluation.retiming import Timing, retime
from catgan.labels import Labels, LabelSpec

RATE = 12.5
VA = LabelSpec(valence_arousal=True)


def track(rows, name="v", start=0.0):
    rows = np.asarray(rows)
    return Track(name, name, rows, start + np.arange(len(rows)) / RATE)


def wave(times, seed):
    """A smooth function of time, -1..1, without a period."""
    random = np.random.default_rng(seed)
    parts = [np.sin(times * rate + phase) for rate, phase in zip(random.uniform(0.5, 2.5, 4), random.uniform(0, 6, 4))]
    return np.mean(parts, axis=0)


def late_part(planted, seconds=24.0, videos=6, noise=0.15, seed=0):
    """Valence and arousal of videos whose raters answered `planted` seconds late."""
    count, random = int(seconds * RATE), np.random.default_rng(seed)
    tracks, true, read = [], [], []
    for video in range(videos):
        times = np.arange(count) / RATE
        tracks.append(track(np.arange(count) + video * count, f"v{video}"))
        true.append(np.stack([wave(times - planted, 2 * video), wave(times - planted, 2 * video + 1)], 1))
        read.append(np.stack([wave(times, 2 * video), wave(times, 2 * video + 1)], 1))
    values = np.concatenate(read) + random.normal(0, noise, (videos * count, 2))
    truth = Labels(VA, np.concatenate(true).astype(np.float32), np.ones((videos * count, 2), bool))
    return delay.Part(VA, truth, values, tracks)


@pytest.mark.parametrize("planted", [0.0, 0.5, 1.23, 2.0, 3.7])
def test_planted_delay_is_found_within_a_tenth_of_a_second(planted):
    found = delay.find_timing(late_part(planted), ["none"])
    assert abs(found.timing.delay - planted) <= 0.1
    assert found.score > 0.9 and found.timing.smoothing == "none"
    assert planted == 0 or found.score > found.curve[0.0] + 0.02


def test_planted_delay_is_found_with_missing_frames():
    part = late_part(2.0)
    lost = np.random.default_rng(1).random(len(part.values)) < 0.3
    tracks = [one._replace(rows=np.where(lost[one.rows], -1, one.rows)) for one in part.tracks]
    found = delay.find_timing(part._replace(tracks=tracks, values=np.where(lost[:, None], np.nan, part.values)),
                              ["none"])
    assert abs(found.timing.delay - 2.0) <= 0.1


def test_delay_is_not_searched_beyond_the_age_of_the_middle_row():
    found = delay.find_timing(late_part(0.4, seconds=3.2, videos=20), ["none"])
    assert max(found.curve) <= 1.6 and abs(found.timing.delay - 0.4) <= 0.1


def test_smoothing_is_chosen_for_noisy_predictions_alone():
    noisy = delay.find_timing(late_part(0.0, noise=0.6), ["none", "median", "exponential"], 0.0)
    assert noisy.timing.smoothing == "median" and noisy.timing.width >= 0.5 and noisy.timing.delay == 0.0
    assert noisy.score > noisy.curve[0.0] - 1e-9 and noisy.score > 0.7
    clean = delay.find_timing(late_part(0.0, noise=0.0), ["none", "median", "exponential"], 0.0)
    assert clean.timing == Timing() and clean.score == pytest.approx(1.0)


def test_delay_of_expressions_is_found_by_macro_f1():
    va = late_part(1.0, noise=0.05)
    spec = LabelSpec(expressions=("sad", "happy"))
    truth = Labels(spec, (va.truth.values[:, :1] > 0).astype(np.float32), va.truth.mask[:, :1])
    happy = 1 / (1 + np.exp(-6 * va.values[:, 0]))
    found = delay.find_timing(delay.Part(spec, truth, np.stack([1 - happy, happy], 1), va.tracks), ["none"])
    assert abs(found.timing.delay - 1.0) <= 0.1 and found.score > 0.95


def test_unknown_labels_give_no_timing():
    part = late_part(1.0, videos=1)
    nothing = Labels(VA, part.truth.values * 0, part.truth.mask & False)
    assert delay.find_timing(part._replace(truth=nothing), ["none"]) == (Timing(), None, {})


def test_retime_interpolates_between_frames_of_one_track():
    values = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [20.0]])
    tracks = [track([0, 1, -1, 2, 3]), track([5, 4])]
    moved = retime(values, tracks, Timing(delay=1.5 / RATE))
    # rows 2 and 3 lie at frames 3 and 4: frame 1.5 is a quarter of the way from 1 to 2 (at frame 3), frame 2.5 is 1.75
    np.testing.assert_allclose(moved[:, 0], [np.nan, np.nan, 1.25, 1.75, np.nan, np.nan])
    np.testing.assert_array_equal(retime(values, tracks[:1], Timing())[:, 0], [0, 1, 2, 3, np.nan, np.nan])


def test_median_by_hand_leaves_out_unknown_frames():
    series = np.array([[5.0], [1.0], [np.nan], [2.0], [9.0]])
    np.testing.assert_allclose(retiming.median(series, 3)[:, 0], [3.0, 3.0, np.nan, 5.5, 5.5])
    np.testing.assert_array_equal(retiming.median(series, 1), series)


def test_exponential_is_that_of_pandas():
    pandas = pytest.importorskip("pandas")
    series = np.random.default_rng(0).normal(size=(30, 2))
    series[[0, 5, 6, 20], 0] = np.nan
    frames = 3.0
    wanted = pandas.DataFrame(series).ewm(alpha=1 - np.exp(-1 / frames), adjust=True, ignore_na=False).mean()
    found = retiming.exponential(series, frames)
    known = np.isfinite(series)
    np.testing.assert_allclose(found[known], wanted.to_numpy()[known])
    assert np.isnan(found[~known]).all()


@pytest.mark.parametrize("wrong", [{"delay": -1.0}, {"smoothing": "mean"}, {"smoothing": "median"}])
def test_timing_out_of_range_is_refused(wrong):
    with pytest.raises(CatganError):
        Timing(**wrong)
