import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catgan import random_streams
from catgan.data.batches import Batches
from catgan.labels import Labels, LabelSpec

SPEC = LabelSpec((12, 61, 62))


def batches(n=10, batch_size=4, seed=0, mirror=False):
    """Faces whose left pixel is their number."""
    images = np.zeros((n, 4, 4, 1), np.uint8)
    images[:, :, 0, 0] = np.arange(n)[:, None]
    images[:, :, 3, 0] = 200
    labels = Labels.from_columns(SPEC, {"AU12_present": [index % 2 for index in range(n)],
                                        "AU61_present": [1] * n, "AU62_present": [0] * n}, n)
    return Batches(images, labels, batch_size, seed, mirror)


def numbers(batch):
    return batch.images[:, 0, 0, 0].tolist()


def test_every_face_once_an_epoch():
    source = batches()
    seen = [number for step in range(5) for number in numbers(source(step))]  # 20 faces, 2 epochs
    assert Counter(seen) == {number: 2 for number in range(10)}
    assert sorted(seen[:10]) == list(range(10)) and seen[:10] != seen[10:]


def test_labels_stay_with_their_faces():
    for step in range(5):
        batch = batches()(step)
        assert batch.values[:, 0].astype(int).tolist() == [number % 2 for number in numbers(batch)]
        assert batch.images.dtype == np.uint8 and batch.values.dtype == np.float32


def test_a_step_depends_on_nothing_but_its_number():
    forwards, backwards = batches(mirror=True), batches(mirror=True)
    later = [backwards(step) for step in reversed(range(6))][::-1]
    for step, expected in enumerate(later):
        for a, b in zip(forwards(step), expected):
            np.testing.assert_array_equal(a, b)
    assert numbers(batches(seed=1)(0)) != numbers(batches(seed=0)(0))


def test_mirrored_faces_have_mirrored_labels():
    source, flipped = batches(mirror=True), 0
    for step in range(20):
        batch = source(step)
        for image, values in zip(batch.images, batch.values):
            turned = image[0, 0, 0] == 200
            flipped += turned
            assert values[1:].tolist() == ([0, 1] if turned else [1, 0])  # AU61 and AU62 name sides
    assert 20 < flipped < 60


def test_the_data_set_itself_is_not_changed():
    source = batches(mirror=True)
    before = source.images.copy()
    for step in range(10):
        source(step)
    np.testing.assert_array_equal(source.images, before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", [None, "r", "c"])
def test_pixels_are_those_of_the_faces(tmp_path, channels, mode):
    """In an array, in a file that is mapped, and in one whose changes are in memory alone."""
    images = np.random.default_rng(0).integers(0, 256, (37, 6, 10, channels), np.uint8)
    np.save(tmp_path / "faces.npy", images)
    given = images if mode is None else np.load(tmp_path / "faces.npy", mmap_mode=mode)
    if mode == "c":
        images[5] = given[5] = 7
    source = Batches(given, Labels.from_columns(SPEC, {"AU12_present": [0] * 37}, 37), 16, 3)
    order = np.concatenate([random_streams.generator("batch_order", 3, 0, epoch).permutation(37) for epoch in range(3)])
    for step in range(6):
        wanted = images[order[16 * step:16 * step + 16]]
        flip = random_streams.generator("batch_mirror", 3, 0, step).random(16) < 0.5
        wanted[flip] = wanted[flip, :, ::-1]
        np.testing.assert_array_equal(source(step).images, wanted)
        assert source(step).images.flags.writeable and source(step).images.flags.c_contiguous


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_file(tmp_path):
    file = np.lib.format.open_memmap(tmp_path / "faces.npy", "w+", np.uint8, (2000, 128, 128, 3))  # 94 MiB
    file.flush()
    del file
    source = Batches(np.load(tmp_path / "faces.npy", mmap_mode="r"), Labels.from_columns(SPEC, {}, 2000), 50, 0)
    source(0)
    before = mapped_mib()
    for step in range(40):
        source(step)
    assert mapped_mib() < before + 10


def mapped_mib():
    """MiB of files that this process has in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssFile")) / 1024
