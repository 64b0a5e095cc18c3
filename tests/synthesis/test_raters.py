import numpy as np
import pytest

from catgan.errors import DataError
from catgan.synthesis.raters import Raters, delayed_words, ratings

RATE = 10.0
STEP = np.repeat([[0.0, 0.0], [0.6, -0.4]], 20, axis=0)  # steps up, and down, at frame 20


def test_prompt_exact_raters_say_the_truth():
    np.testing.assert_array_equal(ratings(STEP, RATE, Raters(3, smoothing=0.0), 0, 0), [STEP] * 3)


@pytest.mark.parametrize("delay, expected", [(0.5, [0.0, 0.6]), (0.45, [0.3, 0.6]), (0.44, [0.36, 0.6])])
def test_delay_shifts_the_rating_by_fractions_of_a_frame(delay, expected):
    """The ramp from frame 19 to frame 20 is read `10 delay` frames later: at frame 24 and 25."""
    rated = ratings(STEP, RATE, Raters(delay=delay, smoothing=0.0), 0, 0)[0]
    assert rated[24:26, 0] == pytest.approx(expected) and rated[0, 0] == 0.0


def test_smoothing_is_a_gaussian_and_keeps_the_level():
    rated = ratings(STEP, RATE, Raters(smoothing=0.3), 0, 0)[0][:, 0]
    frames = np.arange(-20, 20)
    kernel = np.exp(-0.5 * (np.arange(-13, 14) / 3.0) ** 2)
    by_hand = [0.6 * kernel[np.arange(-13, 14) <= frame].sum() / kernel.sum() for frame in frames]
    assert rated == pytest.approx(np.array(by_hand), abs=2e-3)
    assert (np.diff(rated) >= -1e-9).all() and rated[-1] == pytest.approx(0.6)


def test_errors_have_their_deviation_drift_and_average_out():
    flat = np.zeros((400, 2))
    rated = np.concatenate([ratings(flat, RATE, Raters(8, smoothing=0.0, noise=0.2), 0, clip) for clip in range(12)])
    assert rated.std() == pytest.approx(0.2, rel=0.1)
    assert np.diff(rated, axis=1).std() < 0.05  # neighbouring frames have nearly the same error
    means = rated.reshape(12, 8, 400, 2).mean(1)
    assert means.std() == pytest.approx(0.2 / np.sqrt(8), rel=0.2)
    assert abs(np.corrcoef(rated[:, :, 0].ravel(), rated[:, :, 1].ravel())[0, 1]) < 0.15


def test_ratings_stay_in_range_and_depend_on_seed_clip_and_rater():
    loud = Raters(2, noise=1.0)
    first = ratings(STEP, RATE, loud, 0, 0)
    assert np.abs(first).max() <= 1.0 and not np.array_equal(first[0], first[1])
    np.testing.assert_array_equal(first, ratings(STEP, RATE, loud, 0, 0))
    assert not np.array_equal(first, ratings(STEP, RATE, loud, 0, 1))
    assert not np.array_equal(first, ratings(STEP, RATE, loud, 1, 0))


def test_words_come_late_and_the_first_one_holds():
    assert delayed_words(["a", "b", "c", "d"], 0.19, RATE) == ["a", "a", "a", "b"]
    assert delayed_words(["a", "b"], 9.0, RATE) == ["a", "a"] and delayed_words(["a", "b"], 0.0, RATE) == ["a", "b"]


@pytest.mark.parametrize("changes, message", [
    ({"count": 0}, "1..100"), ({"delay": -1.0}, "'delay'"), ({"smoothing": 99.0}, "0..10"), ({"noise": 2.0}, "'noise'"),
    ({"delay": float("nan")}, "'delay'")])
def test_raters_that_make_no_sense(changes, message):
    with pytest.raises(DataError, match=message):
        Raters(**changes)
