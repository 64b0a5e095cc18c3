"""Frames of one face that arrive in pieces are answered as the whole clip is."""

import numpy as np
import pytest

from catgan.errors import ModelError
from catgan.models.sequence.streaming import ClipStream, delay_of
from tests.harness.untrained_clips import untrained_clips


@pytest.fixture(scope="module", params=["gru", "tcn", "bigru"])
def model(request):
    return untrained_clips(request.param)


def clip(length, seed=0):
    random = np.random.default_rng(seed)
    return random.standard_normal((length, 16)).astype(np.float32), random.random(length) < 0.8


def streamed(stream, features, seen, sizes):
    """The answers of all pieces, and how many frames were answered after each."""
    columns, answered, start = [], [], 0
    for size in sizes:
        columns += stream.add(features[start:start + size], seen[start:start + size])
        start += size
        answered.append(stream.answered)
    columns += stream.close()
    return {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}, answered


@pytest.mark.parametrize("length, sizes", [(1, [1]), (7, [3, 4]), (10, [10]), (11, [11]), (20, [1] * 20),
                                           (37, [9, 1, 20, 7]), (43, [43])])
def test_stream_of_pieces_answers_as_read_track_of_the_whole_clip(model, length, sizes):
    features, seen = clip(length)
    found, _ = streamed(ClipStream(model), features, seen, sizes)
    expected = model.read_track(features, seen)
    assert list(found) == list(expected)
    for name, values in expected.items():
        if values.dtype == object:
            assert found[name].tolist() == values.tolist()
        else:
            np.testing.assert_allclose(found[name], values, rtol=2e-4, atol=1e-6)


def test_causal_model_with_a_hop_of_one_answers_every_frame_at_once():
    model = untrained_clips("gru")
    features, seen = clip(25)
    found, answered = streamed(ClipStream(model, hop=1), features, seen, [1] * 25)
    assert answered == list(range(1, 26)) and delay_of(model) == 0
    np.testing.assert_allclose(found["valence"], model.read_track(features, seen, stride=1)["valence"], atol=1e-6)


def test_other_model_answers_a_frame_after_the_next_window():
    model = untrained_clips("bigru")
    features, seen = clip(30)
    _, answered = streamed(ClipStream(model), features, seen, [1] * 30)
    assert answered == [max(length - delay_of(model), 0) for length in range(1, 31)]


def test_later_frames_do_not_change_an_answer_of_a_causal_model():
    model = untrained_clips("gru")
    features, seen = clip(30)
    before, _ = streamed(ClipStream(model, hop=1), features, seen, [1] * 30)
    after, _ = streamed(ClipStream(model, hop=1), np.concatenate([features[:20], 9 + features[20:]]), seen, [1] * 30)
    np.testing.assert_array_equal(before["arousal"][:20], after["arousal"][:20])
    assert (before["arousal"][20:] != after["arousal"][20:]).any()


@pytest.mark.parametrize("kind", ["gru", "bigru"])
def test_memory_of_a_stream_stays_within_two_windows(kind):
    stream = ClipStream(untrained_clips(kind))
    for seed in range(12):
        stream.add(*clip(7, seed))
        assert len(stream._features) == len(stream._counts) <= 20


@pytest.mark.parametrize("hop", [0, 11])
def test_hop_outside_a_window_is_refused(hop):
    with pytest.raises(ModelError, match=f"'hop' must lie in 1..10, the frames of a window. Received: {hop}"):
        ClipStream(untrained_clips("frame"), hop)
