import pytest

from catgan.benchmarks import data
from catgan.data import render
from catgan.errors import CatganError


def test_rendering_is_timed_per_size():
    speeds = data.benchmark_render(16, (16, 32), 1, 0)
    assert set(speeds) == {16, 32}
    for speed in speeds.values():
        assert 0 < speed["lowest"] <= speed["faces_per_second"] <= speed["highest"]
        assert 0 < speed["with_sampling"] < speed["faces_per_second"]


def test_too_few_to_time():
    with pytest.raises(CatganError, match="16 or more"):
        data.benchmark_render(3, (16,), 1, 0)


def test_batches(tmp_path):
    render.render(render.RenderConfig(20, 16, channels=1), tmp_path / "data", workers=1)
    assert data.benchmark_batches(tmp_path / "data", 200, 0) > 0
    assert data.benchmark_batches(tmp_path / "data", 1, 0, channels=1) > 0
    assert len(list((tmp_path / "data" / "cache").glob("*-train-?.npy"))) == 2
