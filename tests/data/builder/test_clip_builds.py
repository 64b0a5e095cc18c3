"""Data sets of clips from videos of rendered faces, with one label a clip and with a table."""

import numpy as np
import pytest

from catgan.data.builder import build as building
from catgan.data.builder.recipe import Recipe, SourceConfig
from catgan.data.clips.options import ClipOptions
from catgan.data.store import load_dataset
from tests.harness.faces import render_face
from tests.harness.filming import film

TIMES = (0.0, 0.08, 0.16, 0.28, 0.36, 0.44)
"""Not evenly spaced: a frame is missing after the third."""


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two actors of RAVDESS, one of them filmed twice, and one frame of a third; with a table of times."""
    root = tmp_path_factory.mktemp("ravdess")
    for person, name in ((5, "01-01-03-01-01-01-01"), (5, "02-01-03-01-01-01-01"), (6, "01-01-05-02-01-01-02")):
        (root / f"Actor_{name[-2:]}").mkdir(exist_ok=True)
        pictures = [render_face(person, action_units={12: level}).image for level in range(6)]
        film(root / f"Actor_{name[-2:]}" / f"{name}.mp4", pictures, times=TIMES)
    (root / "Actor_03").mkdir()
    film(root / "Actor_03" / "01-01-04-01-01-01-03.mp4", [render_face(7).image])
    film(root / "Actor_03" / "01-01-04-01-01-02-03.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 2)
    (root / "ratings.csv").write_text("film,seconds,v\n" + "".join(
        f"Actor_01/01-01-03-01-01-01-01.mp4,{time},{time}\n" for time in (0.44, 0.0, 0.19)))
    return root


def build(root, out, format_name, **options):
    source = SourceConfig("films", format_name, str(root), "human", options=options)
    result = building.build(Recipe("films", (source,), image_size=32), out, workers=1)
    return result, load_dataset(out)


@pytest.mark.usefixtures("models")
def test_clips_of_rendered_actors_have_labels_times_and_people(films, tmp_path):
    result, dataset = build(films, tmp_path / "out", "ravdess")
    assert result["rejected"] == {"the same take": 1, "no face found": 2}
    rows = dataset.table(columns=["video", "frame", "time", "subject", "expression", "split"]).to_pylist()
    by_video = {video: [row for row in rows if row["video"] == video] for video in {row["video"] for row in rows}}
    expressions = {"films/01-03-01-01-01-01": "happiness", "films/01-05-02-01-01-02": "anger",
                   "films/01-04-01-01-01-03": "sadness"}
    assert {video: frames[0]["expression"] for video, frames in by_video.items()} == expressions
    for video, frames in by_video.items():
        assert [row["frame"] for row in frames] == list(range(6 if "-04-" not in video else 1))
        np.testing.assert_allclose([row["time"] for row in frames], TIMES[:len(frames)], atol=1e-3)
        assert {row["subject"] for row in frames} == {f"films/{video[-2:]}"}
        assert len({(row["expression"], row["split"]) for row in frames}) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("models")
def test_clips_of_a_table_are_in_order_and_give_tracks(films, tmp_path):
    """The frame at 0.16 s is the nearest to 0.19 s."""
    _, dataset = build(films, tmp_path / "out", "table", file="ratings.csv", clip="film", time="seconds", valence="v")
    rows = dataset.table(columns=["frame", "time", "valence"]).to_pylist()
    assert [row["frame"] for row in rows] == [0, 2, 5]
    np.testing.assert_allclose([row["time"] for row in rows], (0.0, 0.16, 0.44), atol=1e-3)
    np.testing.assert_allclose([row["valence"] for row in rows], (0.0, 0.19, 0.44), atol=1e-6)
    track, = dataset.clips("train", ClipOptions(length=0.4, rate=12.5, min_seen=0.2)).tracks
    assert track.rows.tolist() == [0, -1, 1, -1, -1, 2]  # 0.44 s is nearest to the sixth point, 0.40 s
