"""Frames of one video are one sequence: in order, in one shard and in one split, with their times."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from catgan.data import export, shards, sources
from catgan.data.builder import build as building
from catgan.data.builder import merge, sequences
from catgan.data.builder.recipe import Recipe, SourceConfig
from catgan.data.query import askable, parse
from catgan.data.store import load_dataset
from catgan.errors import AnnotationError, CatganError


def faces(roots):
    return merge.faces(np.array(roots), np.ones(len(roots), bool), np.ones(len(roots)))


def test_ordered_puts_each_video_where_its_first_face_stands():
    """Rows 0..5: frames 3 and 1 of video 0 around a photograph, video 1 between them."""
    clips, frames = np.array([0, -1, 1, 0, 1, 0]), np.array([3, -1, 8, 1, 7, 2])
    found = sequences.ordered(faces(range(6)), clips, frames)
    assert found.kept.tolist() == [3, 5, 0, 1, 4, 2]
    assert found.of_row.tolist() == [2, 3, 5, 0, 4, 1]
    assert found.of(0, 6) == [[3], [5], [0], [1], [4], [2]]


def test_ordered_follows_the_first_row_that_is_a_frame_of_a_merged_face():
    """Row 0, without a video, and row 2 are one face: frame 2 of the video whose frame 1 is row 1."""
    clips, frames = np.array([-1, 0, 0]), np.array([-1, 1, 2])
    merged = faces([0, 1, 0])
    assert sequences.first_with_video(merged, clips).tolist() == [2, 1]
    found = sequences.ordered(merged, clips, frames)
    assert found.of(0, 2) == [[1], [0, 2]]


@pytest.mark.parametrize("videos, sizes", [
    ([0, 0, 0, 1, 1], [3, 2]), ([0, 0, 1, 1, 2, 2], [4, 2]), ([0] * 9 + [1], [9, 1]), ([1, 0, 0, 0, 0, 0], [1, 5]),
    ([-1] * 6, [4, 2]), ([-1, -1, 0, 0, 0], [2, 3]), ([], [0])])
def test_shard_sizes_never_end_within_a_video(monkeypatch, videos, sizes):
    monkeypatch.setattr(shards, "SHARD_ROWS", 4)
    assert sequences.shard_sizes(np.array(videos, np.int64)) == sizes


# === A build ===

VIDEOS = {"a": (5, 1, 3), "b": (2, 9), "c": (4, 2, 6, 8)}
"""Frame numbers of each video, in the order of the table, which takes a row of each video in turn."""
LATER = "image,clip,number,seconds,v\na7.jpg,a,7,3.5,0.7\na1.jpg,a,1,0.5,0.1\n"
"""A second table of the same folder: another frame of video a, and a second label of its frame 1."""


@pytest.fixture(scope="module")
def table(shared, tmp_path_factory):
    root = tmp_path_factory.mktemp("frames")
    photos = [path for path in sorted((shared / "data" / "emotionet" / "Images").rglob("*.jpg"))
              if path.stat().st_size > 6000][40:51]
    (root / "faces").mkdir()
    rows = [(video, frame) for turn in range(4) for video, frames in VIDEOS.items() for frame in frames[turn:turn + 1]]
    lines = ["image,clip,number,seconds,smile"]
    (root / "faces" / "a7.jpg").write_bytes(photos[10].read_bytes())
    (root / "later.csv").write_text(LATER)
    for (video, frame), path in zip([*rows, ("", "")], photos):
        (root / "faces" / f"{video}{frame}.jpg").write_bytes(path.read_bytes())
        lines.append(f"{video}{frame}.jpg,{video},{frame},{0.5 * frame if video != 'b' and frame else ''},"
                     f"{len(lines) % 2}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


CLIP = {"video": "clip", "frame": "number", "time": "seconds"}


def recipe(root, clip=CLIP, **more):
    images = {"image": "image", "images": "faces", **clip, **more}
    return Recipe("frames", (
        SourceConfig("own", "table", str(root), "human", options={"file": "labels.csv", "AU12": "smile", **images}),
        SourceConfig("more", "table", str(root), "human", options={"file": "later.csv", "valence": "v", **images})),
        image_size=32)


@pytest.fixture(scope="module")
def built(table, tmp_path_factory, shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATGAN_MODELS", str(shared / "models"))
        patch.setattr(building, "CHUNK", 3)
        patch.setattr(shards, "SHARD_ROWS", 3)
        out = tmp_path_factory.mktemp("built") / "dual"
        return out, building.build(recipe(table), out, workers=1)


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_build_orders_the_frames_of_two_tables_and_keeps_videos_whole(built, table):
    out, result = built
    assert result["faces"] == 11 and result["merged_rows"] == 1 and "time" in load_dataset(out).info["columns"]
    seen = {}
    for shard in sorted((out / "shards").iterdir()):
        rows = pq.read_table(shard).to_pylist()
        videos = [row["video"] for row in rows if row["video"]]
        assert all(video not in seen for video in videos)
        seen |= dict.fromkeys(videos, shard.name.partition("-")[0])
        for row in rows:
            name = f"{row['video'].removeprefix('own/')}{row['frame']}" if row["video"] else ""
            said = {"a7": ["more"], "a1": ["own", "more"]}.get(name, ["own"])
            assert row["sources"] == [f"{source}/faces/{name}.jpg" for source in said]
            assert row["split"] == shard.name.partition("-")[0]
        for video in set(videos):
            frames = [row["frame"] for row in rows if row["video"] == video]
            assert frames == sorted([*VIDEOS[video.removeprefix("own/")], *[7] * (video == "own/a")])
    assert set(seen) == {"own/a", "own/b", "own/c"}


def test_pictures_stay_with_their_rows(built, table, models, tmp_path):
    """The same photographs without their videos are aligned alike; there the order is that of the table."""
    building.build(recipe(table, clip={}), tmp_path / "plain", workers=1)
    dataset = load_dataset(tmp_path / "plain")
    assert "time" not in dataset.info["columns"] and "time" not in dataset.table().column_names
    expected, found = ({row["id"]: (row["image"]["bytes"], row["landmarks"], row["AU12_present"])
                        for row in data.table().to_pylist()} for data in (dataset, load_dataset(built[0])))
    assert found == expected


def test_times_come_from_the_table_and_unknown_ones_stay_unknown(built):
    for row in load_dataset(built[0]).table(columns=["video", "frame", "time"]).to_pylist():
        assert row["time"] == (None if row["video"] in (None, "own/b") else 0.5 * row["frame"])


def test_times_follow_from_the_rate_of_the_source(table):
    options = {"file": "labels.csv", "image": "image", "images": "faces", "video": "clip", "frame": "number",
               "AU12": "smile", "rate": 10}
    rows = list(sources.read("table", "own", table, options))
    assert [row.time for row in rows] == [None if row.frame is None else row.frame / 10 for row in rows]
    assert rows[0].time == 0.5 and rows[-1].time is None


def test_a_killed_build_goes_on_to_the_same_bytes(built, table, models, tmp_path, monkeypatch):
    """It stops while shards are written, and chunks of another size hold the same faces."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 3)
    out, add = tmp_path / "out", shards.ShardWriter.add

    def killed(writer, rows):
        add(writer, rows)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shards.ShardWriter, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            building.build(recipe(table), out, workers=1)
    assert building.build(recipe(table), out, workers=1)["hash"] == built[1]["hash"]
    assert digests(out) == digests(built[0])


def test_query_and_export_know_the_times(built, tmp_path):
    dataset = load_dataset(built[0])
    late = parse("time>=2 and video=own/c", askable(dataset)).matches(dataset.table())
    assert late.sum() == 3  # frames 4, 6 and 8
    export.export(built[0], "csv", tmp_path / "csv", verbose=False)
    assert "time,number,\"time of the frame in its video, seconds\"" in (
        tmp_path / "csv" / "columns.csv").read_text().replace('"time"', "time").replace('"number"', "number")


@pytest.mark.parametrize("seconds", ["soon", "-1", "nan"])
def test_times_that_are_none_are_refused(table, tmp_path, models, seconds):
    (tmp_path / "labels.csv").write_text(f"image,clip,number,seconds,smile\na1.jpg,a,1,{seconds},1\n")
    (tmp_path / "later.csv").write_text(LATER)
    (tmp_path / "faces").mkdir()
    with pytest.raises(AnnotationError, match="time must"):
        building.build(recipe(tmp_path), tmp_path / "out", workers=1)


@pytest.mark.parametrize("rate", [0, -25, "fast", True])
def test_rates_that_are_none_are_refused(table, tmp_path, models, rate):
    with pytest.raises(CatganError, match="Option 'rate' must be a number in 0.1..1000"):
        building.build(recipe(table, rate=rate), tmp_path / "out", workers=1)


def test_a_rate_is_an_option_of_layouts_of_frames_only():
    SourceConfig("a", "afew_va", ".", "human", options={"rate": 25})
    with pytest.raises(CatganError, match="option of format raf_db"):
        SourceConfig("a", "raf_db", ".", "human", options={"rate": 25})
