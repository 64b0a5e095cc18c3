import numpy as np
import pytest

from catgan.data import store
from catgan.data.clips.options import ClipOptions
from catgan.errors import DataError
from catgan.labels import LabelSpec
from tests.harness.clips import filmed, write_clips

OPTIONS = ClipOptions(length=.4, rate=10, stride=.2)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Two videos of six frames; the second lacks frame 2, and valence of its first frame. Row r has grey level r."""
    times = np.arange(6) / 10
    rows = filmed("a", times, "ann", valence=times, arousal=-times, expression="happiness")
    rows += filmed("b", times, valence=[None, *times[1:]], AU12=times * 5)
    del rows[8]
    return store.load_dataset(write_clips(tmp_path_factory.mktemp("clips") / "data", {"train": rows}))


def test_clips_have_tracks_windows_and_subjects(dataset):
    clips = dataset.clips("train", OPTIONS)
    assert [track.rows.tolist() for track in clips.tracks] == [[0, 1, 2, 3, 4, 5], [6, 7, -1, 8, 9, 10]]
    assert clips.windows.rows.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [6, 7, -1, 8], [-1, 8, 9, 10]]
    assert clips.subjects == ["ann", "b"] and len(clips) == 4
    assert clips.images.shape == (11, 16, 16, 3) and len(clips.labels()) == 11


def test_batch_has_pictures_and_labels_of_its_frames(dataset):
    batch = dataset.clips("train", OPTIONS).batch(np.array([2, 0, 2]), LabelSpec((), "presence", True))
    assert batch.images.shape == (3, 4, 16, 16, 3) and batch.images.dtype == np.uint8
    assert batch.images[:, :, 0, 0, 0].tolist() == [[6, 7, 0, 8], [0, 1, 2, 3], [6, 7, 0, 8]]
    assert batch.seen.tolist() == [[True, True, False, True], [True] * 4, [True, True, False, True]]
    np.testing.assert_allclose(batch.values[0, :, 0], [0, .1, 0, .3])
    assert batch.mask[0].tolist() == [[0, 0], [1, 0], [0, 0], [1, 0]]
    np.testing.assert_allclose(batch.values[1], [[0, 0], [.1, -.1], [.2, -.2], [.3, -.3]])
    assert batch.values.dtype == batch.mask.dtype == np.float32


def test_batch_reads_all_labels_by_default(dataset):
    batch = dataset.clips("train", OPTIONS).batch(np.array([0]))
    assert batch.values.shape == (1, 4, dataset.spec.width)
    assert batch.values[0, :, -1].tolist() == [1, 1, 1, 1] and batch.mask[0, :, 0].tolist() == [0] * 4


def test_empty_split_has_no_windows(dataset):
    clips = dataset.clips("test")
    assert clips.tracks == [] and clips.windows.rows.shape == (0, 40)
    assert clips.batch(np.empty(0, int)).images.shape == (0, 40, 16, 16, 3)


def test_grid_finer_than_the_videos_is_refused(dataset):
    with pytest.raises(DataError, match="2.% of the grid of 40 .* 'min_seen' is 0.5. Choose a 'rate'"):
        dataset.clips("train", ClipOptions(rate=40))
    assert len(dataset.clips("train", ClipOptions(rate=40, min_seen=.1))) == 2
