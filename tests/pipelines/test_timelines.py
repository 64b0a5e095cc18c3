"""Readings of a video over time: averaged where there are many, and drawn."""

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from catgan.errors import CatganError
from catgan.pipelines import timelines
from catgan.pipelines.predictions import table_schema
from catgan.pipelines.timelines import Timeline, save_timeline


def batch(schema, times, faces, value=0.5):
    known = [face is not None for face in faces]
    columns = {field.name: [value if there and field.type == pa.float32() else None for there in known]
               for field in schema}
    return pa.RecordBatch.from_pydict({**columns, "image": ["a.mp4"] * len(times), "frame": range(len(times)),
                                       "time": times, "face": faces}, schema)


@pytest.fixture
def schema(untrained_gan):
    return table_schema(untrained_gan)


def test_a_gap_interrupts_the_curve(schema):
    timeline = Timeline(schema)
    timeline.add(batch(schema, [0.0, 0.04, 0.08, 0.5, 1.0, 1.04, 1.2], [0, 0, 0, None, 0, 0, None]))
    times, values = timeline.curve(0)
    np.testing.assert_allclose(times, [0.0, 0.04, 0.08, np.nan, 1.0, 1.04])
    assert set(values) == {"AU04_present", "AU12_present", "valence", "arousal"} and timeline.end == 1.2


def test_long_videos_are_averaged(schema, monkeypatch):
    monkeypatch.setattr(timelines, "MAX_POINTS", 50)
    timeline = Timeline(schema)
    for start in range(20):
        times = start * 40 + np.arange(0, 40, 0.5)
        timeline.add(batch(schema, times.tolist(), [0] * 80, value=float(start)))
    times, values = timeline.curve(0)
    assert 25 <= len(times) <= 50 and timeline.seconds == 16.0 and times[-1] < 800
    np.testing.assert_allclose(values["valence"][0], np.floor(times // 40), atol=0.7)


def test_the_faces_seen_longest_come_first(schema):
    timeline = Timeline(schema)
    timeline.add(batch(schema, [0.0, 0.0, 0.1, 0.2], [0, 3, 3, None]))
    assert timeline.faces() == [3, 0]


@pytest.mark.parametrize("faces", [[0], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_plots_of_any_number_of_faces_and_names(schema, tmp_path, faces):
    timeline = Timeline(schema)
    for face in faces:
        timeline.add(batch(schema, [0.0, 0.1, 200.0], [face] * 3))
    save_timeline(tmp_path / "a.PNG", timeline, "größe $x 顔.mp4", 1.0)
    with Image.open(tmp_path / "a.PNG") as picture:
        assert picture.width > 1000 and picture.height > 300
    with pytest.raises(CatganError, match="Plots are written as .png"):
        save_timeline(tmp_path / "a.pdf", timeline, "a")
