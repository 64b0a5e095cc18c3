"""Readings of a video over time: averaged where there are many, and drawn."""

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from catgan.errors import CatganError
from catgan.pipelines import expression_panels, timelines
from catgan.pipelines.clip_rows import ClipRows
from catgan.pipelines.predictions import table_schema
from catgan.pipelines.timelines import Timeline, save_timeline
from tests.harness.untrained_clips import EXPRESSIONS, untrained_clips


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


# === Models of clips ===

@pytest.fixture(scope="module")
def clip_schema():
    return ClipRows(untrained_clips("gru")).schema


def clip_batch(schema, times, faces, tracks, shares=(0.5, 0.3, 0.2)):
    """Rows of a model of clips, whose expressions have these probabilities."""
    rows = batch(schema, times, faces).to_pylist()
    for row, track in zip(rows, tracks):
        row["track"] = track
        row.update({f"expression={name}": share if row["face"] is not None else None
                    for name, share in zip(EXPRESSIONS, shares)})
    return pa.RecordBatch.from_pylist(rows, schema)


def test_timeline_of_expressions_has_their_shares_with_gaps(clip_schema):
    timeline = Timeline(clip_schema)
    timeline.add(clip_batch(clip_schema, [0.0, 0.08, 0.16, 0.24, 2.0], [0, 0, None, 0, 0], [0, 0, None, 0, 1]))
    assert timeline.expressions == list(EXPRESSIONS) and timeline.labels == ["AU12", "valence", "arousal"]
    times, shares = timeline.shares(0)
    np.testing.assert_allclose(times, [0.0, 0.08, 0.24, np.nan, 2.0])
    np.testing.assert_allclose(shares["sadness"], [0.2, 0.2, 0.2, np.nan, 0.2], rtol=1e-6)


def test_new_track_interrupts_the_curve(clip_schema):
    timeline = Timeline(clip_schema)
    timeline.add(clip_batch(clip_schema, [0.0, 0.0, 0.08, 0.16, 0.24], [0, 1, 0, 0, 0], [0, 1, 0, 2, 2]))
    assert timeline.begins(0) == [0.0, 0.16] and timeline.begins(1) == [0.0]
    np.testing.assert_allclose(timeline.curve(0)[0], [0.0, 0.08, np.nan, 0.16, 0.24])


def test_too_many_tracks_are_not_marked(clip_schema, monkeypatch):
    monkeypatch.setattr(timelines, "MAX_MARKS", 3)
    timeline = Timeline(clip_schema)
    for track in range(6):
        timeline.add(clip_batch(clip_schema, [float(track)], [0], [track]))
    assert timeline.begins(0) == [] and len(timeline._tracks) == 4


@pytest.mark.parametrize("faces", [1, 2])
def test_plot_of_expressions_stacks_probabilities_to_one(clip_schema, tmp_path, monkeypatch, faces):
    drawn = []
    monkeypatch.setattr(timelines, "draw_expressions", lambda panel, times, shares: (
        drawn.append(panel), expression_panels.draw_expressions(panel, times, shares)))
    timeline = Timeline(clip_schema)
    for face in range(faces):
        timeline.add(clip_batch(clip_schema, [0.0, 0.08, 0.16, 3.0], [face] * 4, [face] * 3 + [9 + face]))
    save_timeline(tmp_path / "a.png", timeline, "a.mp4")
    assert [panel.get_title(loc="left") for panel in drawn] == (
        ["expression"] if faces == 1 else ["expression of face 0", "expression of face 1"])
    boxes = [area.get_paths()[0].get_extents() for area in drawn[0].collections]
    np.testing.assert_allclose([box.height for box in boxes], [0.5, 0.3, 0.2] * 2, rtol=1e-5)
    np.testing.assert_allclose([(box.x0, box.x1) for box in boxes[::3]], [(-0.04, 0.2), (2.96, 3.04)], atol=1e-6)
    assert len(drawn[0].lines) == 1  # the second track


def test_every_expression_has_a_colour_of_its_own():
    colours = expression_panels.colours_of(["neutral", *"abcdefghijk"])
    assert len(set(colours.values())) == 12
