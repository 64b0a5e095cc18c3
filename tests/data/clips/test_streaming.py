import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from catgan.data import store
from catgan.data.clips import streaming
from catgan.data.clips.options import ClipOptions
from catgan.errors import CatganError, DataError
from catgan.labels import LabelSpec
from tests.harness.clips import filmed, write_clips
from tests.harness.datasets import write_dataset

OPTIONS = ClipOptions(length=.4, rate=10, stride=.2, cuts=False)
VALENCE = LabelSpec((), "presence", True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Twelve videos of 3 to 14 frames in several shards; every fifth frame is lost, every seventh valence unknown. Two
    people share the third video. Row r has grey level r and arousal r / 200."""
    rows = []
    for video in range(12):
        for subject in ("ann", "bob") if video == 2 else ("ann",):
            times = np.arange(video + 3) / 10
            rows += [row for row in filmed(f"v{video}", times, subject) if (row["frame"] + video) % 5 != 4]
    rows.sort(key=lambda row: (int(row["video"][1:]), row["frame"]))
    for number, row in enumerate(rows):
        row |= {"valence": number / 100 if number % 7 else None, "arousal": number / 200, "expression": "happiness"}
    folder = tmp_path_factory.mktemp("clips") / "data"
    return store.load_dataset(write_clips(folder, {"train": rows, "test": rows[:20]}, shard_rows=16))


def stream_of(dataset, split="train", spec=None, clips=OPTIONS, **options):
    return streaming.window_stream_of(dataset, split, spec, clips, **options)


def joined(elements):
    """Images, seen and targets of an epoch."""
    inputs, targets = zip(*elements)
    return (np.concatenate([part["images"] for part in inputs]), np.concatenate([part["seen"] for part in inputs]),
            {name: np.concatenate([part[name] for part in targets]) for name in targets[0]})


def rows_of(elements):
    """The row of the split at each place of each window, -1 where not seen, as tuples."""
    images, seen, _ = joined(elements)
    return [tuple(row) for row in np.where(seen, images[..., 0, 0, 0].astype(int), -1).tolist()]


def test_stream_in_order_gives_the_windows_of_the_data_set(dataset):
    clips, stream = dataset.clips("train", OPTIONS), stream_of(dataset, shuffle=False, batch_size=5)
    elements = list(stream.epoch(0))
    assert len(dataset.shards("train")) > 3 and stream.count() == len(clips) == sum(
        len(inputs["seen"]) for inputs, _ in elements)
    assert [len(inputs["seen"]) for inputs, _ in elements][:-1] == [5] * (len(elements) - 1)
    found = rows_of(elements)
    assert sorted(found) == sorted(map(tuple, clips.windows.rows.tolist()))
    assert [max(window) for window in found] == sorted(max(window) for window in found)


def test_element_has_pictures_labels_and_what_is_seen(dataset):
    images, seen, targets = joined(stream_of(dataset, shuffle=False).epoch(0))
    assert images.shape == (*seen.shape, 16, 16, 3) and images.dtype == np.uint8 and seen.dtype == bool
    assert not seen.all() and not images[~seen].any()
    rows = np.where(seen, images[..., 0, 0, 0], np.nan)
    valence = np.where(rows % 7 == 0, np.nan, rows / 100)
    np.testing.assert_allclose(targets["valence_arousal"], np.stack([valence, rows / 200], -1), rtol=1e-6)
    assert np.isnan(targets["action_units"]).all() and targets["action_units"].shape[-1] == 2
    np.testing.assert_array_equal(targets["expression"][seen], np.tile([0., 1.], (seen.sum(), 1)))
    assert np.isnan(targets["expression"][~seen]).all()


def test_pixels_as_floats_and_grey(dataset):
    inputs, _ = next(stream_of(dataset, shuffle=False, channels=1, dtype="float32").epoch(0))
    whole, _ = next(stream_of(dataset, shuffle=False).epoch(0))
    assert inputs["images"].shape[-1] == 1 and inputs["images"].dtype == np.float32
    seen = inputs["seen"]
    np.testing.assert_allclose(inputs["images"][seen][..., 0], whole["images"][seen][..., 0] / 127.5 - 1, atol=1e-6)
    assert not inputs["images"][~seen].any()


def test_order_depends_on_seed_and_epoch_alone(dataset):
    def order(epoch, **options):
        return rows_of(stream_of(dataset, **options).epoch(epoch))

    first = order(0, seed=3)
    assert order(0, seed=3) == first and sorted(order(1, seed=3)) == sorted(first)
    assert len({tuple(order(epoch, seed=seed)) for epoch in (0, 1) for seed in (3, 4)}) == 4


def test_shuffled_batch_has_windows_of_several_shards(dataset):
    first = rows_of([next(stream_of(dataset, batch_size=8, buffer_size=1, seed=1).epoch(0))])
    videos = dataset.table("train", ["video"])["video"].to_pylist()
    assert len({videos[max(window)] for window in first}) > 3


def test_workers_divide_the_windows(dataset):
    stream = stream_of(dataset, seed=3)
    parts = [rows_of(stream.epoch(2, worker, 3)) for worker in range(3)]
    assert sorted(sum(parts, [])) == sorted(rows_of(stream_of(dataset, shuffle=False).epoch(0)))
    assert list(stream.epoch(0, 50, 51)) == []


def test_cuts_end_windows(tmp_path):
    rows = filmed("a", np.arange(12) / 10, picture=np.repeat([0, 200], 6 * 768).astype(np.uint8).reshape(12, 16, 16, 3))
    dataset = store.load_dataset(write_clips(tmp_path / "clips", {"train": rows}))
    options = ClipOptions(length=.4, rate=10, stride=.2)
    _, seen, _ = joined(stream_of(dataset, clips=options).epoch(0))
    assert len(seen) == len(dataset.clips("train", options)) == 4
    assert stream_of(dataset).count() == 5


def test_memory_does_not_grow_with_the_length_of_a_video(tmp_path):
    """One video in one shard: only its open windows are held. A picture is 40 kB or more as PNG."""
    random, peaks = np.random.default_rng(0), []
    for n in (60, 240):
        rows = filmed("a", np.arange(n) / 10, picture=random.integers(0, 256, (n, 64, 64, 3)).astype(np.uint8))
        dataset = store.load_dataset(write_clips(tmp_path / str(n), {"train": rows}, 64))
        stream = stream_of(dataset, batch_size=2, buffer_size=4)
        stream.count()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("catgan.data.streaming.ROWS_READ", 8)
            tracemalloc.start()
            elements = sum(1 for _ in stream.epoch(0))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert elements == -(-((n - 4) // 2 + 1) // 2)
    assert peaks[1] - peaks[0] < .1 * 180 * 64 * 64 * 3, peaks


@pytest.mark.parametrize("n", [0, 1])
def test_video_of_one_frame_gives_one_window_and_none_gives_none(tmp_path, n):
    dataset = store.load_dataset(write_clips(tmp_path / "clips", {"train": filmed("a", np.zeros(n))}))
    elements = list(stream_of(dataset).epoch(0))
    assert [inputs["seen"].tolist() for inputs, _ in elements] == [[[True, False, False, False]]] * n


def test_video_in_two_shards_is_refused(tmp_path):
    rows = filmed("a", [0, .1, .2]) + filmed("b", [0, .1]) + filmed("a", [.3, .4])
    dataset = store.load_dataset(write_clips(tmp_path / "clips", {"train": rows}, shard_rows=3))
    with pytest.raises(DataError, match="The video a lies in two shards .*train-00000-of.* and train-00001-of"):
        dataset.to_tf("train", clips=OPTIONS)


def test_warnings_are_given_once_however_many_epochs_are_read(tmp_path, caplog):
    dataset = store.load_dataset(write_clips(tmp_path / "clips", {"train": filmed("a", [0, 1, 2, 3])}))
    stream = stream_of(dataset)
    assert sum(1 for epoch in range(3) for _ in stream.epoch(epoch)) == 3
    assert caplog.text.count("more than 'max_gap'") == 1


def test_data_set_without_videos_is_refused(tmp_path):
    dataset = store.load_dataset(write_dataset(tmp_path / "stills", 12))
    with pytest.raises(DataError, match="Split 'train' of .* has no frames of videos"):
        next(stream_of(dataset).epoch(0))


def test_options_out_of_range_are_refused(dataset):
    with pytest.raises(CatganError, match="'batch_size' and 'buffer_size' must be 1 or more"):
        dataset.to_tf("train", clips=OPTIONS, batch_size=0)
    with pytest.raises(DataError, match="No window of .* has enough seen frames: 2.% of the grid of 40 frames"):
        stream_of(dataset, clips=ClipOptions(rate=40, cuts=False)).count()


@pytest.mark.parametrize("at_once, expected", [(1, "aaabbcd"), (2, "ababacd"), (9, "abcdaba")])
def test_in_turn_takes_one_item_of_each(at_once, expected):
    assert "".join(streaming.in_turn(map(iter, ("aaa", "bb", "c", "d")), at_once)) == expected


# === Frameworks ===


def test_to_tf_passes_are_epochs_of_the_stream(dataset):
    batches = dataset.to_tf("train", clips=OPTIONS, batch_size=4, seed=3)
    stream = stream_of(dataset, batch_size=4, seed=3)
    assert int(batches.cardinality()) == -(-stream.count() // 4)
    for epoch in range(2):
        for (inputs, targets), expected in zip(batches, stream.epoch(epoch), strict=True):
            for part, other in ((inputs, expected[0]), (targets, expected[1])):
                assert set(part) == set(other)
                for name in part:
                    np.testing.assert_array_equal(part[name].numpy(), other[name])


def test_to_tf_trains_a_keras_model_of_clips(dataset):
    """`fit` on a recurrent model whose loss leaves out unknown labels, as the page of clips shows it."""
    import keras

    images, seen = keras.Input((None, 16, 16, 1), name="images"), keras.Input((None,), dtype="bool", name="seen")
    features = keras.layers.TimeDistributed(keras.layers.Flatten())(images)
    hidden = keras.layers.GRU(4, return_sequences=True)(features, mask=seen)
    outputs = {"valence_arousal": keras.layers.Dense(2, name="valence_arousal")(hidden)}
    model = keras.Model({"images": images, "seen": seen}, outputs)

    def error(true, predicted):
        known = keras.ops.logical_not(keras.ops.isnan(true))
        return keras.ops.mean(keras.ops.where(known, (keras.ops.where(known, true, 0.0) - predicted) ** 2, 0.0), -1)

    model.compile(keras.optimizers.Adam(.02), loss={"valence_arousal": error}, jit_compile=False)
    data = dataset.to_tf("train", spec=VALENCE, clips=OPTIONS, batch_size=8, channels=1, dtype="float32")
    losses = model.fit(data, epochs=8, verbose=0, shuffle=False).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < 0.7 * losses[0]


def test_memory_of_arrow_is_freed_after_an_epoch(dataset):
    before = pa.total_allocated_bytes()
    list(stream_of(dataset).epoch(0))
    assert pa.total_allocated_bytes() <= before
