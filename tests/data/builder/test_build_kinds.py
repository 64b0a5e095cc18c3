"""Builds from videos and from tables of pixels, with official splits and folds, on both engines."""

import hashlib
import itertools

import cv2
import numpy as np
import pytest

from catgan.data.builder import build as building
from catgan.data.builder.pictures import Pictures
from catgan.data.builder.recipe import Recipe, SourceConfig, SplitConfig
from catgan.data.shards import ShardWriter
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.faces.images import ImageError, read_image
from catgan.faces.videos import Video
from tests.harness.filming import film, greys

FRAMES = 12


@pytest.fixture(scope="module")
def filmed(shared, tmp_path_factory):
    """Two videos of a face, with valence and arousal; of the second there are labels beyond its end, too."""
    root = tmp_path_factory.mktemp("filmed")
    (root / "videos" / "train").mkdir(parents=True)
    source = Video(shared / "data" / "media" / "single_face.mp4")
    frames = [cv2.resize(frame.picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
              for frame in itertools.islice(source.frames(), 2 * FRAMES)]
    for name, part, labels in (("a", frames[:FRAMES], FRAMES), ("b", frames[FRAMES:2 * FRAMES], FRAMES + 2)):
        film(root / "videos" / "train" / f"{name}.mp4", part)
        for dimension in ("valence", "arousal"):
            folder = root / "annotations" / "train" / dimension
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.txt").write_text("".join(f"{index / 100}\n" for index in range(labels)))
    return root


def filmed_recipe(root, **changes):
    return Recipe("filmed", (SourceConfig("films", "aff_wild", str(root), "human"),), image_size=32, **changes)


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def built(filmed, tmp_path_factory, shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATGAN_MODELS", str(shared / "models"))
        patch.setattr(building, "CHUNK", 5)
        out = tmp_path_factory.mktemp("built") / "dual"
        return out, building.build(filmed_recipe(filmed), out, workers=2)


def test_every_frame_of_a_video_is_a_face_of_its_own(built):
    """Frames beside each other look the same; they are never merged, and stay in one split."""
    out, result = built
    assert result["faces"] == 2 * FRAMES and result["merged_rows"] == 0 and result["input_rows"] == 2 * FRAMES + 2
    assert result["rejected"] == {"frame not in the file": 2}
    rows = load_dataset(out).table().to_pylist()
    for row in rows:
        assert row["valence"] == pytest.approx((row["frame"] - 1) / 100) and row["video"] in ("films/a", "films/b")
    assert {row["split"] for row in rows} == {"train"}  # which is official
    assert [(row["video"], row["frame"]) for row in rows] == [(f"films/{name}", frame) for name in "ab"
                                                              for frame in range(1, FRAMES + 1)]
    assert rows[0]["sources"] == ["films/videos/train/a.mp4#0"]


def test_frames_are_those_of_the_video(built, filmed):
    """The face of frame 7 is that of the picture at position 6, not of its neighbours."""
    video = Pictures(filmed / "videos" / "train" / "a.mp4")
    pictures = [video.read(position) for position in range(FRAMES)]
    assert not np.array_equal(pictures[6], pictures[7])
    np.testing.assert_array_equal(video.read(2), pictures[2])  # back to an earlier one
    with pytest.raises(ImageError, match="frame not in the file: picture 40 of 12"):
        video.read(40)
    np.testing.assert_array_equal(video.read(6), pictures[6])
    assert video._next == 7
    with pytest.raises(ImageError, match="picture 41 of 12"):
        video.read(41)
    assert video._next == 7  # where the end is is known: nothing was read
    video.close()


def test_frames_have_the_times_of_the_video_file(built, filmed):
    times = {f"films/{name}": Video(filmed / "videos" / "train" / f"{name}.mp4").times() for name in "ab"}
    rows = load_dataset(built[0]).table(columns=["video", "frame", "time"]).to_pylist()
    for row in rows:
        assert row["time"] == times[row["video"]][row["frame"] - 1] == pytest.approx((row["frame"] - 1) / 25)


def test_chunks_and_workers_do_not_show(built, filmed, models, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "CHUNK", 7)
    building.build(filmed_recipe(filmed), tmp_path / "again", workers=1)
    assert digests(tmp_path / "again") == digests(built[0])


def test_a_video_that_was_cut_off_says_so_for_frames_beyond(tmp_path):
    path = film(tmp_path / "cut.mkv", greys(40), options={"bf": "0", "g": "1"})
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    cut = Pictures(path)
    assert cut.read(3).mean() == pytest.approx(30, abs=2)
    with pytest.raises(ImageError, match=r"frame not in the file: picture 39 of \d+, cut off after .* s of 1.6 s"):
        cut.read(39)
    cut.close()


@pytest.mark.parametrize("name, message", [("gone.mp4", "missing file"), ("text.mp4", "truncated or damaged")])
def test_videos_that_are_none(tmp_path, name, message):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ImageError, match=message):
        Pictures(tmp_path / name).read(0)


def test_pixels_in_a_table(shared, models, tmp_path):
    """FER2013 keeps its pictures in the csv; duplicates across its splits end in one."""
    photos = sorted((shared / "data" / "emotionet" / "Images").rglob("*.jpg"))
    greys = [cv2.resize(cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
             for path in photos if path.stat().st_size > 6000][:3]
    lines = [f"{label},{' '.join(map(str, grey.ravel()))},{usage}" for label, grey, usage in (
        (3, greys[0], "Training"), (3, greys[1], "PublicTest"), (6, greys[2], "PrivateTest"),
        (3, greys[0], "PrivateTest"))]
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n" + "\n".join([*lines, "0,1 2 3,Training"]) + "\n")
    recipe = Recipe("fer", (SourceConfig("fer", "fer2013", str(tmp_path), "human"),), image_size=32)
    result = building.build(recipe, tmp_path / "out", workers=1)
    assert result["rejected"].get("truncated or damaged image") == 1
    rows = load_dataset(tmp_path / "out").table().to_pylist()
    assert len(rows) + sum(result["rejected"].values()) + result["merged_rows"] == 5
    for row in rows:
        if "fer/fer0000000.png" in row["sources"]:
            assert row["sources"] == ["fer/fer0000000.png", "fer/fer0000003.png"] and row["split"] == "test"


@pytest.fixture(scope="module")
def people(shared, tmp_path_factory):
    """A table of 24 photographs of 8 people; half of the people have an official split."""
    root = tmp_path_factory.mktemp("people")
    photos = [path for path in sorted((shared / "data" / "emotionet" / "Images").rglob("*.jpg"))
              if path.stat().st_size > 6000][:24]
    (root / "faces").mkdir()
    lines = []
    for index, path in enumerate(photos):
        (root / "faces" / f"{index}.jpg").write_bytes(path.read_bytes())
        person = index % 8
        official = {0: "training", 1: "validation", 2: "test"}.get(person, "")
        lines.append(f"{index}.jpg,p{person},{index % 2},{official}")
    (root / "labels.csv").write_text("image,who,smile,part\n" + "\n".join(lines) + "\n")
    return root


def people_recipe(root, **split):
    options = {"file": "labels.csv", "image": "image", "images": "faces", "subject": "who", "AU12": "smile",
               "split": "part"}
    return Recipe("people", (SourceConfig("people", "table", str(root), "human", options=options),), image_size=32,
                  split=SplitConfig(**split))


def test_official_splits(people, models, tmp_path):
    building.build(people_recipe(people), tmp_path / "official", workers=2)
    rows = load_dataset(tmp_path / "official").table(columns=["subject", "split"]).to_pylist()
    where = {row["subject"]: row["split"] for row in rows}
    assert (where["people/p0"], where["people/p1"], where["people/p2"]) == ("train", "validation", "test")
    assert "official split" in (tmp_path / "official" / "card.md").read_text()


def test_folds_are_data_sets(people, models, tmp_path):
    result = building.build(people_recipe(people, folds=3), tmp_path / "folds", workers=2)
    assert [path.rsplit("/", 1)[1] for path in result["folds"]] == ["fold-0", "fold-1", "fold-2"]
    tested = []
    for folder in result["folds"]:
        rows = load_dataset(folder).table(columns=["id", "subject", "split"]).to_pylist()
        people_of = {split: {row["subject"] for row in rows if row["split"] == split} for split in ("train", "test")}
        assert not people_of["train"] & people_of["test"] and people_of["test"]
        tested += [row["id"] for row in rows if row["split"] == "test"]
    assert len(tested) == len(set(tested)) == result["faces"]
    before = digests(tmp_path / "folds")
    assert building.build(people_recipe(people, folds=3), tmp_path / "folds")["already_complete"]
    assert digests(tmp_path / "folds") == before


def test_several_faces_of_one_image_stay_apart(shared, models, tmp_path):
    """Boxes say which face is meant; one file is not one face."""
    (tmp_path / "image" / "origin").mkdir(parents=True)
    (tmp_path / "label").mkdir()
    photo = shared / "data" / "media" / "multi_face.jpg"
    (tmp_path / "image" / "origin" / "many.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "label" / "label.lst").write_text("many.jpg 0 74 214 307 175 99 3\nmany.jpg 1 322 532 632 434 99 4\n")
    source = SourceConfig("expw", "expw", str(tmp_path), "human")
    result = building.build(Recipe("expw", (source,), image_size=32), tmp_path / "out", workers=1)
    rows = load_dataset(tmp_path / "out").table().to_pylist()
    assert result["faces"] == 2 and len({row["id"] for row in rows}) == 2
    assert {row["expression"] for row in rows} == {"happiness", "sadness"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # raised inside Ray
def test_ray_gives_the_same_bytes(people, models, tmp_path):
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'catgan[ray]'")
    building.build(people_recipe(people), tmp_path / "local", workers=1)
    building.build(people_recipe(people), tmp_path / "ray", workers=2, engine="ray")
    assert digests(tmp_path / "ray") == digests(tmp_path / "local")


def test_another_recipe_after_an_unfinished_build(people, models, tmp_path):
    """No shard of the unfinished one stays among those of the new one."""
    out = tmp_path / "out"
    building.build(people_recipe(people), tmp_path / "whole", workers=1)
    (out / "work").mkdir(parents=True)
    (out / "work" / "plan.json").write_text("{}")
    (out / "shards").mkdir()
    (out / "shards" / "train-00000-of-00007.parquet").write_bytes(b"of another build")
    building.build(people_recipe(people), out, workers=1)
    assert digests(out) == digests(tmp_path / "whole")


def test_a_finished_fold_of_another_recipe_is_left_alone(people, models, tmp_path):
    out = tmp_path / "out"
    building.build(people_recipe(people, folds=2), out, workers=2)
    (out / "fold-1" / "dataset.json").unlink()
    (out / "work").mkdir()
    before = digests(out / "fold-0")
    with pytest.raises(CatganError, match="another recipe"):
        building.build(people_recipe(people, folds=2, seed=1), out, workers=2)
    assert digests(out / "fold-0") == before


@pytest.mark.parametrize("engine, address, message", [
    ("spark", None, "Unknown engine 'spark'.*local, ray"), ("local", "auto", "--address is for --engine ray")])
def test_engines_that_cannot_be(people, models, tmp_path, engine, address, message):
    with pytest.raises(CatganError, match=message):
        building.build(people_recipe(people), tmp_path / "out", engine=engine, address=address)
    assert not (tmp_path / "out").exists()


def test_a_full_disk_says_what_to_do(people, models, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ShardWriter, "_write_group", full)
    with pytest.raises(CatganError, match="is full. Make room and run the same command again"):
        building.build(people_recipe(people), tmp_path / "out", workers=1)
    monkeypatch.undo()
