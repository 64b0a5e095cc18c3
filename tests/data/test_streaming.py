"""Streams to TensorFlow and PyTorch. PyTorch is not needed here: `torch_stand_in` stands for the three names of it that
the stream uses, without a `DataLoader` or tensors."""

import copy
import dataclasses
import importlib
import multiprocessing
import pickle
import sys
import tracemalloc
import types

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catgan import random_streams
from catgan.data import shards, store, streaming
from catgan.errors import CatganError, DataError
from catgan.labels import LabelSpec
from tests.harness.datasets import write_dataset


@pytest.fixture(scope="module")
def sharded(tmp_path_factory):
    """A data set of 120 faces whose 60 training faces lie in eight shards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "SHARD_ROWS", 8)
        return store.load_dataset(write_dataset(tmp_path_factory.mktemp("sharded") / "data"))


def joined(elements):
    """All images and targets of an epoch."""
    images, targets = zip(*elements)
    return np.concatenate(images), {name: np.concatenate([part[name] for part in targets]) for name in targets[0]}


def order_of(elements, dataset, split="train"):
    """The row of the split that each streamed face is."""
    rows = {image.tobytes(): row for row, image in enumerate(dataset.images(split, 3))}
    return [rows[image.tobytes()] for image in joined(elements)[0]]


def test_stream_in_order_gives_images_and_labels_of_the_split(sharded):
    elements = list(streaming.stream_of(sharded, "train", batch_size=7, shuffle=False).epoch(0))
    images, targets = joined(elements)
    assert [len(part) for part, _ in elements] == [7] * 8 + [4]
    np.testing.assert_array_equal(images, sharded.images("train"))
    labels = sharded.labels("train")
    expected = np.where(labels.mask, labels.values, np.nan)
    assert set(targets) == {"action_units", "valence_arousal"}
    np.testing.assert_array_equal(targets["action_units"], expected[:, :2])
    np.testing.assert_array_equal(targets["valence_arousal"], expected[:, 2:])
    assert all(part.dtype == np.float32 for part in targets.values())


def test_targets_keep_units_and_one_hot_expressions_are_nan_where_unknown():
    from catgan.labels import Labels

    spec = LabelSpec((4, 12), "intensity", True, ("neutral", "fear", "anger"))
    labels = Labels.from_columns(spec, {"AU04": [4.5, None], "AU12": [None, 0], "valence": [-1, None],
                                        "arousal": [None, 0.5], "expression": ["fear", None]}, 2)
    targets = streaming.targets_of(labels)
    nan = np.nan
    np.testing.assert_array_equal(targets["action_units"], [[4.5, nan], [nan, 0]])
    np.testing.assert_array_equal(targets["valence_arousal"], [[-1, nan], [nan, 0.5]])
    np.testing.assert_array_equal(targets["expression"], [[0, 1, 0], [nan, nan, nan]])


@pytest.mark.parametrize("spec, heads", [
    (LabelSpec((12,)), {"action_units": 1}), (LabelSpec((), "presence", True), {"valence_arousal": 2}),
    (LabelSpec((4, 25), "presence", True, ("fear", "anger")),
     {"action_units": 2, "valence_arousal": 2, "expression": 2})])
def test_stream_has_only_the_heads_of_the_spec(sharded, spec, heads):
    _, targets = next(streaming.stream_of(sharded, "test", spec).epoch(0))
    assert {name: part.shape[1] for name, part in targets.items()} == heads
    assert "expression" not in targets or np.isnan(targets["expression"]).all()


def test_pixels_as_float32_lie_in_minus_one_to_one(sharded):
    options = {"batch_size": 30, "shuffle": False, "channels": 1}
    floats, _ = next(streaming.stream_of(sharded, "test", dtype="float32", **options).epoch(0))
    bytes_, _ = next(streaming.stream_of(sharded, "test", **options).epoch(0))
    assert floats.dtype == np.float32 and floats.shape == (30, 16, 16, 1) and bytes_.dtype == np.uint8
    np.testing.assert_allclose(floats, bytes_ / 127.5 - 1, atol=1e-6)


def test_shuffled_epochs_differ_are_complete_and_follow_the_seed(sharded):
    stream = streaming.stream_of(sharded, "train", batch_size=16, seed=3, buffer_size=12)
    first, again, second = (order_of(stream.epoch(number), sharded) for number in (0, 0, 1))
    other = order_of(dataclasses.replace(stream, seed=4).epoch(0), sharded)
    assert first == again and first != second and first != other
    assert sorted(first) == sorted(second) == sorted(other) == list(range(60))
    assert abs(np.diff(first)).mean() > 8  # neighbours come from all over the split


def test_seed_may_be_a_generator(sharded):
    seeds = [streaming.stream_of(sharded, "train", seed=np.random.default_rng(5)).seed for _ in range(2)]
    assert seeds[0] == seeds[1] == random_streams.seed_of(np.random.default_rng(5))


def test_buffer_moves_items_at_most_as_far_ahead_as_its_size():
    random = np.random.default_rng(0)
    order = list(streaming.shuffled(iter(range(1000)), random, 50))
    assert sorted(order) == list(range(1000)) and order != sorted(order)
    assert all(item <= place + 50 for place, item in enumerate(order))


def test_workers_share_the_shards(sharded):
    stream = streaming.stream_of(sharded, "train", seed=1, buffer_size=4)
    parts = [order_of(stream.epoch(2, worker, 3), sharded) for worker in range(3)]
    assert sorted(sum(parts, [])) == list(range(60))
    assert {len({row // 8 for row in part}) for part in parts} == {2, 3}
    assert list(stream.epoch(0, 50, 51)) == []


def test_memory_does_not_grow_with_the_number_of_faces(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 32)
    peaks = []
    for n in (128, 1024):
        dataset = store.load_dataset(write_dataset(tmp_path / str(n), n))
        stream = streaming.stream_of(dataset, "train", batch_size=8, buffer_size=16)
        before, arrow = pa.total_allocated_bytes(), 0
        tracemalloc.start()
        for _ in stream.epoch(0):
            arrow = max(arrow, pa.total_allocated_bytes() - before)
        peaks.append((tracemalloc.get_traced_memory()[1], arrow))
        tracemalloc.stop()
    added = 448 * 16 * 16 * 3
    assert dataset.count("train") == 512 and peaks[0][0] > 0 and peaks[0][1] > 0
    assert peaks[1][0] - peaks[0][0] < 0.2 * added and peaks[1][1] < 1.3 * peaks[0][1], peaks


def test_empty_split_gives_no_batch(tmp_path):
    dataset = store.load_dataset(write_dataset(tmp_path / "data", 3))
    assert dataset.count("test") == 0 and list(streaming.stream_of(dataset, "test").epoch(0)) == []


def test_damaged_picture_is_refused(tmp_path):
    dataset = store.load_dataset(write_dataset(tmp_path / "data", 20))
    shard, = dataset.shards("test")
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[2]["image"]["bytes"] = b"no picture"
    pq.write_table(table.from_pylist(rows, table.schema), shard)
    with pytest.raises(DataError, match="A picture of .* is damaged"):
        list(streaming.stream_of(dataset, "test").epoch(0))


@pytest.mark.parametrize("options, message", [
    ({"channels": 2}, "'channels' must be 1 or 3. Received: 2"), ({"batch_size": 0}, "1 or more"),
    ({"buffer_size": 0}, "1 or more"), ({"dtype": "float16"}, "Unknown pixel type 'float16'"),
    ({"split": "tests"}, "Did you mean 'test'")])
def test_argument_out_of_range_is_refused(sharded, options, message):
    with pytest.raises(CatganError, match=message):
        sharded.to_tf(**{"split": "train", **options})


# === TensorFlow ===


def test_to_tf_passes_are_epochs_of_the_stream(sharded):
    dataset = sharded.to_tf("train", batch_size=16, seed=3)
    stream = streaming.stream_of(sharded, "train", batch_size=16, seed=3)
    assert int(dataset.cardinality()) == 4
    for epoch in range(2):
        images, targets = joined([(image.numpy(), {name: part.numpy() for name, part in target.items()})
                                  for image, target in dataset])
        expected, labels = joined(stream.epoch(epoch))
        np.testing.assert_array_equal(images, expected)
        assert set(targets) == set(labels)
        for name, part in labels.items():
            np.testing.assert_array_equal(targets[name], part)


def test_to_tf_trains_a_keras_model(sharded):
    import keras

    faces = keras.Input((16, 16, 1))
    flat = keras.layers.Flatten()(faces)
    model = keras.Model(faces, {"valence_arousal": keras.layers.Dense(2, name="valence_arousal")(flat)})

    def error(true, predicted):
        known = keras.ops.logical_not(keras.ops.isnan(true))
        return keras.ops.mean(keras.ops.where(known, (keras.ops.where(known, true, 0.0) - predicted) ** 2, 0.0), -1)

    model.compile("adam", loss={"valence_arousal": error})
    data = sharded.to_tf("train", spec=LabelSpec((), "presence", True), batch_size=20, channels=1, dtype="float32")
    losses = model.fit(data, epochs=15, verbose=0, shuffle=False).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < 0.7 * losses[0]


# === PyTorch ===


@pytest.fixture
def torch_stand_in(monkeypatch):
    """Puts a module in the place of PyTorch; sets what `get_worker_info` returns."""
    def get_worker_info():
        return data.worker

    data = types.ModuleType("torch.utils.data")
    data.IterableDataset, data.get_worker_info, data.worker = type("IterableDataset", (), {}), get_worker_info, None
    torch = types.ModuleType("torch")
    torch.from_numpy, torch.Tensor, torch.utils = np.asarray, np.ndarray, types.ModuleType("torch.utils")
    for name, module in (("torch", torch), ("torch.utils", torch.utils), ("torch.utils.data", data)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "catgan.data.torch_streaming", raising=False)
    yield data
    sys.modules.pop("catgan.data.torch_streaming", None)


def as_worker(torch, worker, workers):
    torch.worker = types.SimpleNamespace(id=worker, num_workers=workers)


def test_to_torch_passes_are_epochs_of_the_stream(sharded, torch_stand_in):
    dataset = sharded.to_torch("train", batch_size=16, seed=3)
    assert isinstance(dataset, torch_stand_in.IterableDataset)
    for epoch in range(2):
        found, expected = joined(dataset), joined(dataset.stream.epoch(epoch))
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1]["action_units"], expected[1]["action_units"])


def test_to_torch_workers_agree_on_the_epoch_whatever_was_read_before(sharded, torch_stand_in):
    dataset = sharded.to_torch("train", seed=3)
    iter(dataset)  # a pass in the main process
    for workers in (2, 3):
        orders = []
        for _ in range(2):
            parts = []
            for worker in range(workers):
                as_worker(torch_stand_in, worker, workers)
                parts.append(order_of(dataset, sharded))
            assert sorted(sum(parts, [])) == list(range(60))
            orders.append(parts)
        assert orders[0] != orders[1]
    as_worker(torch_stand_in, 0, 500)
    with pytest.raises(CatganError, match="At most 128 workers"):
        iter(dataset)


def test_to_torch_passes_of_ended_worker_processes_are_counted(sharded, torch_stand_in):
    """A `DataLoader` starts new processes in every epoch; each has a copy of the data set."""
    dataset = sharded.to_torch("train", seed=3)
    context = multiprocessing.get_context("fork")
    orders = []
    for _ in range(2):
        queue = context.SimpleQueue()
        process = context.Process(target=lambda: queue.put(order_of(dataset, sharded)))
        process.start()
        orders.append(queue.get())
        process.join()
    assert orders == [order_of(dataset.stream.epoch(number), sharded) for number in (0, 1)]


def test_to_torch_copy_counts_for_itself(sharded, torch_stand_in):
    dataset = sharded.to_torch("train", seed=3)
    iter(dataset)
    for other in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert order_of(other, sharded) == order_of(dataset.stream.epoch(1), sharded)
    assert order_of(dataset, sharded) == order_of(dataset.stream.epoch(1), sharded)


def test_to_torch_without_pytorch_is_refused(sharded, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "catgan.data.torch_streaming", raising=False)
    with pytest.raises(CatganError, match="needs PyTorch, which is not installed. Install it with: pip install"):
        sharded.to_torch("train")


def test_to_tf_without_tensorflow_is_refused(sharded, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(CatganError, match="needs TensorFlow, which is not installed"):
        sharded.to_tf("train")


def test_reading_a_data_set_loads_no_framework():
    importlib.import_module("catgan.data.streaming")
    assert "torch" not in sys.modules
