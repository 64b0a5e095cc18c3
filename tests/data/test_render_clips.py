import hashlib
import shutil
from dataclasses import replace

import numpy as np
import pytest

from catgan import facs
from catgan.data import clip_scenes, shards, store
from catgan.data.card.rewriting import write_card
from catgan.data.clip_scenes import ClipConfig, clip_of, plan_of
from catgan.data.clips.options import ClipOptions
from catgan.data.export import export, meaning
from catgan.data.pairs import RenderedPairs
from catgan.data.query import askable, parse
from catgan.data.render_clips import render_clips, shards_of, split_of, write_shard
from catgan.errors import CatganError
from catgan.synthesis.clip_truth import LAYERS
from catgan.synthesis.face_model import ACTION_UNITS
from catgan.synthesis.rendering import Renderer
from tests.harness import schemas

CONFIG = ClipConfig(clips=14, frames=16, rate=5.0, size=16, seed=4, subjects=12, channels=1, raters=2, rater_delay=0.4,
                    rater_noise=0.1)
AU12 = ACTION_UNITS.index(12)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("clips") / "data"
    return out, render_clips(CONFIG, out, workers=1)


@pytest.fixture(scope="module")
def rows(rendered):
    return store.load_dataset(rendered[0]).table().to_pylist()


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file() and path.parent.name != "cache"}


def test_it_is_a_data_set_with_times(rendered, rows):
    out, result = rendered
    dataset = store.load_dataset(out)
    assert len(dataset) == result["faces"] == len(rows) and result["clips"] == 14
    assert result["faces"] + result["missing_frames"] == 14 * 16 and result["missing_frames"] > 0
    assert dataset.is_rendered and dataset.has_rendered_clips and dataset.images("train").shape[1:] == (16, 16, 3)
    assert all(row["time"] == row["frame"] / 5.0 for row in rows)
    labels = dataset.labels("all")
    assert labels.mask.all() and labels.spec.expressions[0] == "neutral"
    schemas.check_dataset(out)


def test_rows_are_in_order_and_a_video_is_in_one_split(rows):
    for split in ("train", "validation", "test"):
        mine = [(row["video"], row["frame"]) for row in rows if row["split"] == split]
        assert mine == sorted(set(mine))
    where = {}
    for row in rows:
        for key in (row["video"], row["subject"]):
            assert where.setdefault(key, row["split"]) == row["split"]
        assert split_of(int(row["video"].split("-")[1]), CONFIG) == row["split"]


def test_columns_are_the_truth_of_the_clip(rendered, rows):
    dataset = store.load_dataset(rendered[0])
    for row in rows[::7]:
        clip, frame = clip_of(dataset, row["video"]), row["frame"]
        assert row["AU12"] == pytest.approx(clip.visible[frame, AU12])
        assert row["AU12_present"] == (row["AU12"] >= 1.0) and row["AU12_source"] == "render"
        for layer, values in (("emotion", clip.emotion[frame]), ("rest", clip.rest), ("speech", clip.speech[frame])):
            stored = [row[f"{layer}_{facs.au_name(number)}"] for number in ACTION_UNITS]
            assert stored == pytest.approx(values.tolist())
        assert row["blink_AU43"] == pytest.approx(clip.blink[frame])
        assert (row["true_valence"], row["true_arousal"]) == pytest.approx(tuple(clip.valence_arousal[frame]))
        assert row["true_expression"] == clip.expressions[frame] and row["subject"] == clip.base.subject
        assert row["occluded"] == (clip.flaws.hands[frame] is not None)
        assert row["blurred"] == (clip.flaws.smears[frame] is not None) and clip.flaws.seen[frame]
        assert (row["yaw"], row["pitch"], row["roll"]) == pytest.approx(tuple(clip.poses[frame]))


def test_annotation_is_late_and_the_mean_of_the_raters(rendered, rows):
    dataset = store.load_dataset(rendered[0])
    for row in rows:
        clip, frame = clip_of(dataset, row["video"]), row["frame"]
        assert row["expression"] == clip.expressions[max(frame - 2, 0)]  # .4 s at 5 a second
        assert row["valence"] == pytest.approx((row["rater1_valence"] + row["rater2_valence"]) / 2, abs=1e-6)
    errors = np.array([row["rater1_valence"] - row["rater2_valence"] for row in rows])
    assert 0.05 < errors.std() < 0.25  # deviation .1 of each: .14 of the difference


def test_pictures_are_the_scenes_with_their_flaws(rendered, rows):
    dataset = store.load_dataset(rendered[0])
    images, scenes = dataset.images("all"), dataset.scenes("all")
    plain = Renderer(16).render(scenes[:], 1)[0]
    spoiled = np.array([row["occluded"] or row["blurred"] for row in rows])
    assert spoiled.any() and len(scenes) == len(rows)
    np.testing.assert_array_equal(images[~spoiled], plain[~spoiled])
    assert (images[spoiled] != plain[spoiled]).any((1, 2, 3)).all()
    row = int(np.flatnonzero(spoiled)[0])
    drawn = scenes.clip(row).draw(Renderer(16), 1)
    np.testing.assert_array_equal(images[row], drawn[rows[row]["frame"]])
    assert [scene.subject for scene in scenes] == dataset.subjects("all")


def test_workers_and_interruptions_change_no_byte(rendered, tmp_path):
    out = shutil.copytree(rendered[0], tmp_path / "again")
    for path in (*sorted((out / "shards").iterdir())[::2], out / "dataset.json"):
        path.unlink()
    shutil.rmtree(out / "cache", ignore_errors=True)
    from catgan import files
    files.write_json(out / "plan.json", plan_of(CONFIG))
    again = render_clips(CONFIG, out, workers=2)
    assert digests(out) == digests(rendered[0]) and again["hash"] == rendered[1]["hash"]
    assert render_clips(CONFIG, out)["already_complete"]


def test_clips_are_not_cut_between_shards(monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "SHARD_ROWS", 40)  # two clips of 16 frames
    found = shards_of(CONFIG, tmp_path)
    assert sorted(number for numbers in found.values() for number in numbers) == list(range(14))
    assert max(map(len, found.values())) == 2


def test_number_of_frames_rendered_at_once_changes_no_byte(rendered, monkeypatch, tmp_path):
    shard, numbers = next(iter(shards_of(CONFIG, rendered[0] / "shards").items()))
    monkeypatch.setattr("catgan.data.render_clips.RENDERED_FRAMES", 10)  # less than a clip
    assert len(numbers) > 1
    write_shard(CONFIG, tmp_path / shard.name, numbers)
    assert (tmp_path / shard.name).read_bytes() == shard.read_bytes()


@pytest.mark.parametrize("layer", LAYERS)
def test_clip_without_a_layer_keeps_all_others(layer):
    whole, less = (clip_scenes.clip_number(number, config) for config in
                   (replace(CONFIG, frames=40), replace(CONFIG, frames=40, without=(layer,))) for number in (3,))
    parts = {"rest": lambda clip: clip.rest, "speech": lambda clip: clip.speech, "blinks": lambda clip: clip.blink,
             "motion": lambda clip: clip.poses - clip.base.pose, "missing": lambda clip: ~clip.flaws.seen,
             "occlusion": lambda clip: np.array([hand is not None for hand in clip.flaws.hands]),
             "blur": lambda clip: np.array([smear is not None for smear in clip.flaws.smears])}
    for name, part in parts.items():
        np.testing.assert_array_equal(part(less), 0 if name == layer else part(whole))
    np.testing.assert_array_equal(less.emotion, whole.emotion)


def test_card_of_clips_is_written_again(rendered, tmp_path):
    out = shutil.copytree(rendered[0], tmp_path / "data")
    (out / "card.md").unlink()
    shutil.rmtree(out / "figures")
    write_card(out)
    for name in ("card.md", *(f"figures/{name}.png" for name in ("au_rates", "clips", "layers", "va_density"))):
        assert (out / name).read_bytes() == (rendered[0] / name).read_bytes()
    card = (out / "card.md").read_text()
    assert "No face here is a photograph" in card and "2 simulated raters: 0.4 s late" in card


def test_unknown_clip_is_a_data_error(rendered):
    for video in ("clip4-000014", "clip9-000001", "a", "clip4-1"):
        with pytest.raises(CatganError, match="Its clips are clip4-000000 to clip4-000013"):
            clip_of(store.load_dataset(rendered[0]), video)


def test_windows_of_rendered_clips_are_the_clips(rendered):
    dataset = store.load_dataset(rendered[0])
    clips = dataset.clips("train", ClipOptions(length=3.2, rate=5.0))
    videos = set(dataset.table("train", ["video"])["video"].to_pylist())
    assert {track.video for track in clips.tracks} == videos and clips.windows.rows.shape[1] == 16
    for track in clips.tracks:
        clip = clip_of(dataset, track.video)
        frames = np.rint(track.times * 5.0).astype(int)
        np.testing.assert_array_equal(track.rows >= 0, clip.flaws.seen[frames])


def test_verbs_that_need_single_faces_refuse_clips(rendered):
    dataset = store.load_dataset(rendered[0])
    with pytest.raises(CatganError, match="holds clips: labels of a frame follow from its emotion alone"):
        RenderedPairs(dataset, dataset.spec)
    assert (dataset.sampler.seed, dataset.sampler.subjects) == (4, 12)


def test_clips_of_an_older_version_are_not_made_again(rendered, tmp_path):
    from catgan import files
    out = shutil.copytree(rendered[0], tmp_path / "data")
    dataset = store.load_dataset(out)
    files.write_json(out / "dataset.json", {**dataset.info, "plan": {**dataset.info["plan"], "streams": 1}})
    with pytest.raises(CatganError, match="random streams of version 1, this one has 2.*render it again"):
        clip_of(store.load_dataset(out), "clip4-000000")
    with pytest.raises(CatganError, match="rendered with random streams of version 1"):
        render_clips(CONFIG, out)


def test_queries_ask_about_layers_and_flaws(rendered, rows):
    dataset = store.load_dataset(rendered[0])
    for text, expected in (("occluded=1", [row["occluded"] for row in rows]),
                           ("rest_au4 > 1 and blurred=0",
                            [row["rest_AU04"] > 1 and not row["blurred"] for row in rows])):
        query = parse(text, askable(dataset))
        assert query.matches(dataset.table("all", query.columns)).tolist() == expected and 0 < sum(expected) < len(rows)


def test_every_column_of_a_clip_has_a_meaning(rendered):
    for column in store.load_dataset(rendered[0]).info["columns"]:
        assert meaning(column), column
    assert meaning("speech_AU25") == "part of speech: lips part, FACS intensity 0 .. 5"
    assert meaning("rater2_valence") == "rating of rater 2: unpleasant -1 .. pleasant 1"


def test_tfrecord_holds_flaws_as_numbers(rendered, tmp_path, rows):
    import tensorflow as tf
    export(rendered[0], "tfrecord", tmp_path / "out", verbose=False)
    paths = sorted(str(path) for path in (tmp_path / "out").rglob("*train*.tfrecord*"))
    found = [tf.train.Example.FromString(record.numpy()).features.feature["occluded"].int64_list.value[0]
             for record in tf.data.TFRecordDataset(paths)]
    assert found == [int(row["occluded"]) for row in rows if row["split"] == "train"]


def test_other_faces_have_no_clips(drawn):
    with pytest.raises(CatganError, match="does not hold rendered clips"):
        clip_of(store.load_dataset(drawn), "clip0-000000")


@pytest.mark.parametrize("changes, message", [
    ({"clips": 3}, "At least 10"), ({"subjects": 2}, "At least 10"), ({"channels": 2}, "1 or 3"),
    ({"seed": -1}, "seed"), ({"size": 8}, "16 to 256 px. Received: 8"), ({"frames": 2}, "3 frames or more"),
    ({"rate": 0.0}, "rate above 0"), ({"without": ("spech",)}, "'speech'"),
    ({"task": "odrer"}, "Did you mean 'order'"), ({"task": "order", "clips": 11}, "pairs of clips"),
    ({"task": "rest", "frames": 15}, "even number of frames"), ({"raters": 0}, "1..100"),
    ({"rater_noise": -0.1}, "'noise' of raters"), ({"rater_delay": 4.0}, "4 s late see nothing of clips of 3.2 s")])
def test_settings_that_make_no_sense(changes, message):
    with pytest.raises(CatganError, match=message):
        ClipConfig(**{"clips": 20, **changes})


def test_order_of_layers_that_are_left_out_does_not_matter():
    assert ClipConfig(20, without=("speech", "rest")) == ClipConfig(20, without=("rest", "speech", "rest"))
