import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.synthesis.clips import clip, envelope
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

APEX = Sampler(0).person(2).with_action_units({6: 3.0, 12: 4.0})


def test_envelope_rises_holds_and_falls():
    frames = clip(APEX, 75)
    levels = np.array([frame.action_units[12] for frame in frames])
    assert levels[0] == 0.0 == levels[-1] and levels.max() == pytest.approx(4.0)
    peak = np.flatnonzero(levels == levels.max())
    assert (np.diff(levels[:peak[0] + 1]) >= 0).all() and (np.diff(levels[peak[-1]:]) <= 0).all()
    assert len(peak) > 20  # it stays a while
    assert frames[0].valence_arousal == (0.0, 0.0) and max(frame.valence_arousal[0] for frame in frames) > 0.7


def test_clip_keeps_person_and_light_and_moves_smoothly():
    frames = clip(APEX, 75)
    assert {(frame.shape, frame.texture, frame.light, frame.seed) for frame in frames} == {
        (APEX.shape, APEX.texture, APEX.light, APEX.seed)}
    poses = np.array([frame.pose for frame in frames])
    assert np.ptp(poses) > 1.0 and np.abs(np.diff(poses, axis=0)).max() < 1.5 and np.abs(poses).max() <= 20


def test_clip_depends_on_its_seed():
    assert clip(APEX, 10, seed=1) == clip(APEX, 10, seed=1) != clip(APEX, 10, seed=2)


@pytest.mark.parametrize("frames", [3, 8, 20])
def test_short_clip_still_rises_and_falls(frames):
    share = envelope(frames, 25.0, np.random.default_rng(0))
    assert share[0] == share[-1] == 0.0 and share.max() > 0.5


def test_clip_frames_have_separate_noise():
    noisy = [frame for frame in clip(Sampler(1).scene(3), 4)]
    images, _ = Renderer(32).render(noisy)
    assert len({image.tobytes() for image in images}) == 4


def test_clip_of_two_frames_is_refused():
    with pytest.raises(CatganError, match="3 frames or more"):
        clip(APEX, 2)
