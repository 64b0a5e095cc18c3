"""`catgan explain` with a network on landmarks."""

import json

import numpy as np
import pytest

from catgan.cli import explain_landmarks
from catgan.cli.main import main
from tests.harness.filming import film, greys
from tests.harness.untrained_landmarks import untrained_landmarks

pytestmark = pytest.mark.usefixtures("models")


@pytest.fixture(scope="module")
def landmark_run(tmp_path_factory):
    """An untrained network on disk, which reads 4 frames a second apart by .2 s."""
    folder = tmp_path_factory.mktemp("landmarks") / "preset"
    untrained_landmarks("linear", frames=4, rate=5.0).save_to_preset(folder)
    return folder


@pytest.fixture
def video(two_people, tmp_path):
    """A second of two people, one of whom tilts the head."""
    return film(tmp_path / "a.mp4", [np.roll(two_people, place, 1) for place in range(25)])


def refused(capsys, *arguments):
    assert main([*map(str, arguments)]) == 2
    line, = capsys.readouterr().err.strip().splitlines()
    return line


def test_explain_of_a_video_writes_all_files_and_prints_two_sentences(landmark_run, video, tmp_path, capsys):
    out = tmp_path / "why"
    assert main(["explain", str(landmark_run), str(video), "--start", "0.2", "--out", str(out), "--json",
                 str(tmp_path / "a.json")]) == 0
    answer, counterfactual, files = capsys.readouterr().out.splitlines()
    content = json.loads((out / "landmarks.json").read_text())
    assert answer == content["sentence"] and files.startswith(f"{out}: mesh.png")
    assert counterfactual == f"{content['counterfactual']['status']}: {content['counterfactual']['sentence']}"
    result = json.loads((tmp_path / "a.json").read_text())
    assert result["counterfactual"] == content["counterfactual"] and result["points"] == content["points"]
    assert content["times"][0] == pytest.approx(0.2) and content["seen"] == [True] * 4
    assert sorted(path.name for path in out.iterdir()) == sorted(explain_landmarks.FILES)


def test_explain_asks_for_a_target_where_models_need_one(untrained_run, tmp_path, capsys):
    assert "Say with --target what the changed face must show" in refused(capsys, "explain", untrained_run, "a.jpg",
                                                                          "--out", tmp_path / "o")


@pytest.mark.parametrize("arguments, message", [
    (("--target", "expression=bored"), "Unknown expression of this model 'bored'. Allowed: happiness, neutral"),
    (("--target", "AU12=0"), "reads expression=surprise or expression!=happiness. Received: 'AU12=0'"),
    (("--oracle", "rendered_64"), "reads landmarks, which do not take --oracle"),
    (("--without", "1", "--regions"), "reads landmarks, which do not take --regions and --without"),
    (("--clip", "clip0-000012"), "--clip takes a data set of clips"),
    (("--face", "all"), "--face takes a number from 0 where clips are explained. Received: 'all'")])
def test_explain_refuses_what_networks_on_landmarks_do_not_take(landmark_run, tmp_path, capsys, arguments, message):
    assert message in refused(capsys, "explain", landmark_run, "a.mp4", "--out", tmp_path / "o", *arguments)


def test_explain_takes_one_video(landmark_run, tmp_path, capsys):
    line = refused(capsys, "explain", landmark_run, "a.mp4", "b.mp4", "--out", tmp_path / "o")
    assert "explains one video at a time. Received: 2 paths" in line


def test_explain_of_a_video_without_a_face_says_so(landmark_run, tmp_path, capsys):
    line = refused(capsys, "explain", landmark_run, film(tmp_path / "a.mp4", greys(25)), "--out", tmp_path / "o")
    assert "a.mp4: no face found in any of 6 frames" in line and not (tmp_path / "o").exists()


def test_explain_of_a_video_that_hides_the_face_says_what_is_needed(landmark_run, two_people, tmp_path, capsys):
    path = film(tmp_path / "a.mp4", [two_people] * 4 + [np.full_like(two_people, 90)] * 21)
    assert "the face must be seen in 2 of the 4 frames of a clip, 5 a second. Received: 1" in refused(
        capsys, "explain", landmark_run, path, "--out", tmp_path / "o")


def test_explain_of_a_video_with_a_network_of_68_landmarks_says_what_it_reads(video, tmp_path, capsys):
    untrained_landmarks("linear", frames=4, rate=5.0, landmark_set="ibug_68").save_to_preset(tmp_path / "preset")
    assert "reads the landmarks of 'ibug_68'" in refused(capsys, "explain", tmp_path / "preset", video, "--out",
                                                         tmp_path / "o")
