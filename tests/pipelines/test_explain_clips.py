"""Explanations of clips from a data set, as files, by Python, by the command line, and against the truth."""

import json
from dataclasses import replace

import numpy as np
import pytest

from catgan import config
from catgan.benchmarks.clips.explanations import interval_iou, score_answers
from catgan.benchmarks.clips.problems import make_clip_problems
from catgan.cli.main import main
from catgan.data import store
from catgan.data.clip_scenes import ClipConfig, clip_of
from catgan.data.clips.options import ClipOptions
from catgan.data.render_clips import render_clips
from catgan.errors import CatganError, DataError, TargetError
from catgan.explain.clips.attribution import clip_features
from catgan.explain.clips.counterfactual import counterfactual_sequence
from catgan.explain.clips.sources import clip_of_track, exact_drawer, track_of
from catgan.faces.videos import Video
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser
from catgan.pipelines.explain_clips import ClipQuestion, clip_of_dataset, explain_clip, one_window, tracks_of_rows
from catgan.pipelines.predictions import FaceRow
from catgan.synthesis.face_model import ACTION_UNITS
from tests.harness.experiments import TINY
from tests.harness.untrained_clips import untrained_clips

SETTINGS = ClipConfig(clips=14, frames=16, rate=5.0, size=16, seed=4, subjects=12, channels=1)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    out = tmp_path_factory.mktemp("clips") / "data"
    render_clips(SETTINGS, out, workers=1, verbose=False)
    return store.load_dataset(out)


@pytest.fixture(scope="module")
def model():
    network = config.from_mapping(NetworkConfig, {**TINY, "image_size": 16})
    return ClipRecogniser(SequenceConfig("frame", units=8, layers=1), network,
                          LabelSpec((), "intensity", True, ("neutral", "happiness")), 5.0, 16, seed=1)


@pytest.fixture(scope="module")
def preset(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("preset") / "clips"
    model.save_to_preset(folder)
    return folder


@pytest.fixture(scope="module")
def clip(rendered):
    clips = rendered.clips("train", ClipOptions(length=3.2, rate=5.0))
    return clip_of_track(clips, clips.tracks[0])


def test_exact_drawer_draws_the_clip_without_emotion_as_the_truth_does(rendered, clip):
    drawer, truth = exact_drawer(rendered, clip), clip_of(rendered, clip.name)
    still = drawer.draw(clip.rows, np.zeros((len(clip.rows), 17)))
    np.testing.assert_array_equal(still, clip.images[clip.seen])
    place = int(drawer.levels.max(0).argmax())
    changes = np.zeros((len(clip.rows), 17))
    changes[:, place] = -drawer.levels[clip.rows, place]
    drawn = drawer.draw(clip.rows, changes)
    assert (drawn != clip.images[clip.seen]).any() and drawer.units == ACTION_UNITS
    assert truth.times[0] == clip.times[0]


def test_unknown_video_is_refused(rendered):
    with pytest.raises(DataError, match="has no clip of a video 'x'"):
        track_of(rendered.clips("train", ClipOptions(length=3.2, rate=5.0)), "x")


def test_long_clip_is_cut_to_one_window(model, clip):
    short = ClipRecogniser(model.sequence, model.network, model.spec, 5.0, 6, seed=1)
    assert len(one_window(short, [clip])) == 6 and len(one_window(model, [clip])) == len(clip)
    assert one_window(short, [clip], 1.0).times[0] == pytest.approx(1.0)
    with pytest.raises(TargetError, match="No frame of .* lies after 99 s"):
        one_window(short, [clip], 99.0)


def row(time, level, shot=0):
    crop = None if level is None else np.full((16, 16, 3), level, np.uint8)
    return FaceRow("a.mp4", 0, time, 0, crop=crop, shot=shot)


def test_points_of_the_grid_without_a_frame_are_not_seen():
    clip, = tracks_of_rows([row(0.3 + number / 7, number) for number in range(8)], 12.5)
    # Frames at 0, .143, .286, .429, .571, .714, .857 and 1 s, in steps of .08 s.
    assert np.flatnonzero(clip.seen).tolist() == [0, 2, 4, 5, 7, 9, 11, 12]
    assert clip.images[clip.seen][:, 0, 0, 0].tolist() == list(range(8))
    np.testing.assert_allclose(clip.times, 0.3 + np.arange(13) / 12.5)


def test_cut_and_long_gap_end_a_track_and_a_short_gap_does_not():
    rows = [row(0.0, None), *[row(0.2 * place, place) for place in (1, 2, 4)], row(1.0, 5, 1), row(1.4, None, 1),
            row(1.6, 6, 1)]
    tracks = tracks_of_rows(rows, 5.0)
    assert [clip.seen.tolist() for clip in tracks] == [[True, True, False, True], [True], [True]]
    assert [round(clip.times[0], 6) for clip in tracks] == [0.2, 1.0, 1.6]


def test_window_lies_within_one_track(model, clip):
    later = replace(clip, times=clip.times + 100.0)
    assert one_window(model, [clip, later], 50.0).times[0] == later.times[0]
    strong = [one_window(model, pair) for pair in ([clip, later], [later, clip])]
    np.testing.assert_array_equal(strong[0].images, strong[1].images)
    assert len(strong[0]) == len(clip)


def test_what_a_target_moves_is_attributed_and_not_what_it_keeps(rendered, clip):
    found = explain_clip(untrained_clips("frame", 16, 5.0), clip, ClipQuestion("keep:AU12,valence>=-1"),
                         dataset=rendered)
    assert found.counterfactual.status == "already met" and found.attribution.target == "valence"


def test_command_writes_answer_strip_video_and_attribution(preset, rendered, clip, tmp_path, capsys):
    out = tmp_path / "why"
    status = main(["explain", str(preset), str(rendered.folder), "--clip", clip.name, "--split", "train", "--exact",
                   "--target", "valence>=0.9", "--out", str(out)])
    assert status == 0 and "not found" in capsys.readouterr().out
    content = json.loads((out / "counterfactual_sequence.json").read_text())
    assert content["status"] == "not found" and content["stated_is_drawn"] and content["drawer"] == "renderer"
    assert json.loads((out / "attribution.json").read_text())["target"] == "valence"
    assert Video(out / "side_by_side.mp4").size == (256, 128)
    assert (out / "strip.png").is_file() and (out / "attribution.png").is_file()


@pytest.mark.parametrize("words, message", [
    ([], "say which of its videos is explained, with --clip NAME"), (["--clip", "x"], "has no clip of a video 'x'")])
def test_command_names_what_is_missing(words, message, preset, rendered, tmp_path, capsys):
    assert main(["explain", str(preset), str(rendered.folder), "--target", "valence>=0", "--out", str(tmp_path / "o"),
                 "--exact", *words]) == 2
    assert message in capsys.readouterr().err


def test_perfect_answer_scores_fully(rendered, model, clip):
    class Told:
        """Reads every frame of a clip as its expression, and everything else as neutral."""

        spec, rate, frames, thresholds = LabelSpec((), "intensity", True, tuple(rendered.spec.expressions)), 5.0, 16, {}
        features = model.features

        def read_features(self, features, seen):
            known = any(each.shape == features[0].shape and np.allclose(each, features[0]) for each in originals)
            word = self.word if known else "neutral"
            return {"expression": np.full(seen.shape, word, object),
                    **{f"expression={name}": np.full(seen.shape, float(name == word), np.float32)
                       for name in self.spec.expressions}}

    clips = rendered.clips("all", ClipOptions(length=3.2, rate=5.0))
    originals = [clip_features(model, clip_of_track(clips, track, frames=16)) for track in clips.tracks]
    told = Told()
    problems = []
    for name in sorted(set(rendered.table("all", ["video"])["video"].to_pylist())):
        truth = clip_of(rendered, name)
        if truth.episodes[0].expression != "neutral":
            told.word = truth.episodes[0].expression
            found, counts = make_clip_problems(rendered, told, 1, split="all")
            problems += found
        if problems:
            break
    problem = problems[0]
    assert problem.shown.any() and problem.units and counts["asked"] == 1
    answer = counterfactual_sequence(model, problem.clip, "valence>=-1", exact_drawer(rendered, problem.clip))
    differences = np.zeros((len(problem.clip), 17))
    differences[problem.shown, ACTION_UNITS.index(min(problem.units))] = -1.0
    assert 0.9 < problem.kept < 1.0 and not np.array_equal(problem.weakened, problem.removed)
    perfect = replace(answer, drawn=problem.weakened, differences=differences)
    figures = score_answers([problem], [perfect])
    assert figures["explained_change"] == 1.0 and figures["right_unit"] == figures["precision"] == 1.0
    assert interval_iou(perfect, problem.shown) == 1.0 and figures["recall"] == 1.0 / len(problem.units)
    assert score_answers([problem], [answer])["explained_change"] == 0.0
    assert score_answers([problem], [replace(perfect, drawn=problem.removed)])["explained_removal"] == 1.0


def test_rendered_clips_are_needed_for_truth(model, drawn):
    with pytest.raises(CatganError, match="does not hold rendered clips"):
        make_clip_problems(store.load_dataset(drawn), model, 1)


def test_clip_of_dataset_is_one_window(model, rendered, clip):
    assert clip_of_dataset(model, rendered, clip.name, "train").times[0] == clip.times[0]
