"""`catgan evaluate` of models of clips."""

import json

import numpy as np
import pytest

from catgan import config
from catgan.cli import evaluated_clips
from catgan.cli.main import main
from catgan.data.store import load_dataset
from catgan.evaluation.clips import predict_clips
from catgan.evaluation.delay import SEARCHES, find_delay
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.sequence.architectures import SequenceConfig
from catgan.models.sequence.model import ClipRecogniser
from tests.harness.clips import filmed, write_clips
from tests.harness.experiments import TINY

SPEC = LabelSpec((12,), "intensity", True, ("neutral", "happiness"))


@pytest.fixture(scope="module")
def clips_set(tmp_path_factory):
    """Grey videos of 8 s whose valence is their grey level 1 s ago."""
    rows = {}
    for split, videos in (("validation", "abc"), ("test", "de")):
        rows[split] = []
        for number, video in enumerate(videos):
            times = np.arange(80) / 10
            level = [0.8 * np.sin((times - lag) * 0.9 + number) * np.cos((times - lag) * 0.37) for lag in (0.0, 1.0)]
            rows[split] += filmed(video, times, video, valence=level[1], arousal=-level[1], AU12=[1.0] * 80,
                                  expression=["happiness" if value > 0 else "neutral" for value in level[1]],
                                  picture=[np.full((16, 16, 3), round(127.5 * (value + 1)), np.uint8)
                                           for value in level[0]])
    return write_clips(tmp_path_factory.mktemp("late") / "set", rows)


@pytest.fixture(scope="module")
def clip_run(tmp_path_factory):
    """A run whose model has learned nothing."""
    folder = tmp_path_factory.mktemp("runs") / "00000-clips"
    ClipRecogniser(SequenceConfig("frame", 8, 1), config.from_mapping(NetworkConfig, TINY), SPEC, 10.0, 8,
                   seed=3).save_to_preset(folder / "best")
    return folder


class Grey:
    """A model whose valence is the mean grey of the frame."""

    rate, frames, spec, thresholds, causal = 10.0, 8, SPEC, {12: 1.0}, False

    def features(self, images):
        return images.reshape(len(images), -1).mean(1, keepdims=True) / 127.5 - 1

    def read_features(self, features, seen):
        grey = features[..., 0].astype(float)
        happy = 1 / (1 + np.exp(-20 * grey))
        return {"AU12": grey * 0 + 1, "valence": grey, "arousal": -grey, "expression=neutral": 1 - happy,
                "expression=happiness": happy}


def refused(capsys, *words):
    assert main([str(word) for word in words]) == 2
    return capsys.readouterr().err


def test_evaluate_of_a_run_of_clips_writes_result_and_figures(clip_run, clips_set, tmp_path, capsys):
    main(["evaluate", str(clip_run), "--data", str(clips_set), "--find-delay", "--json", str(tmp_path / "x.json")])
    result = json.loads((tmp_path / "x.json").read_text())
    assert {"action_units", "valence", "arousal", "expression", "per_video", "coverage", "plane", "n", "split",
            "dataset", "seconds", "delay"} <= set(result)
    assert result["n"] == 160 and result["coverage"] == 1.0
    assert json.loads((clip_run / "evaluation-test.json").read_text()) == result
    stored = json.loads((clip_run / "delay.json").read_text())
    assert stored["dataset"] == "clips" and set(stored) == {"dataset", *SEARCHES}
    assert set(stored["delay"]) == {"valence_arousal", "expression"}
    assert {path.name for path in (clip_run / "evaluation-test").iterdir()} == {"confusion.png",
                                                                                "confusion_plane.png"}
    assert "macro-F1" in capsys.readouterr().out


def test_evaluate_of_a_preset_writes_figures_where_asked(clip_run, clips_set, tmp_path):
    assert main(["evaluate", str(clip_run / "best"), "--data", str(clips_set), "--split", "validation", "--figures",
                 str(tmp_path / "figures")]) == 0
    assert (tmp_path / "figures" / "confusion.png").is_file()
    assert not (clip_run / "best" / "evaluation-validation.json").exists()


def test_find_delay_reports_what_it_changes(clips_set):
    dataset = load_dataset(clips_set)
    found = find_delay(Grey(), dataset, "test", predict_clips(Grey(), dataset), draws=0)
    timing = found["delay"]["timing"]
    assert abs(timing["valence_arousal"]["delay"] - 1.0) <= 0.1 and abs(timing["expression"]["delay"] - 1.0) <= 0.1
    assert timing["valence_arousal"]["smoothing"] == "none"
    before, after = found["delay"]["before"], found["delay"]["after"]
    assert after["valence"]["ccc"] > 0.99 > before["valence"]["ccc"] + 0.1
    assert after["valence"]["n"] == before["valence"]["n"] < 160
    assert found["smoothing"]["timing"]["valence_arousal"]["delay"] == 0.0
    assert after["action_units"]["AU12"]["n"] == 160  # coded frame by frame, without a delay
    text = evaluated_clips._timing("delay", found["delay"])[0]
    assert text.startswith("valence_arousal (delay, chosen on validation): delay 1.0")


def test_arguments_of_the_other_kind_of_model_are_refused(clip_run, clips_set, untrained_run, drawn, capsys):
    assert "--judge measure generated faces" in refused(capsys, "evaluate", clip_run, "--data", clips_set, "--judge",
                                                        "mediapipe")
    assert "reads single faces" in refused(capsys, "evaluate", untrained_run, "--data", drawn, "--find-delay")
