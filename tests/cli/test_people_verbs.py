"""`catgan train` and `catgan evaluate` of networks on people, from end to end."""

import json

import pytest

from catgan.cli.main import main
from catgan.models.multimodal.architectures import FusionConfig
from catgan.models.multimodal.model import FusionRecogniser
from tests.harness.commands import run_json
from tests.harness.datasets import write_dataset
from tests.harness.paths import REPOSITORY
from tests.harness.people_data import CLASSES, write_people
from tests.harness.tiny_fusion import TINY

EXPERIMENT = REPOSITORY / "experiments" / "people.yaml"


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people") / "data", 60, missing=0.1)


@pytest.fixture(scope="module")
def people_run(tmp_path_factory):
    """A run whose network has learned nothing."""
    folder = tmp_path_factory.mktemp("runs") / "00009-people"
    sizes = {name: tuple(value) if isinstance(value, list) else value for name, value in TINY.items()}
    FusionRecogniser(FusionConfig(**sizes), CLASSES, ("valence", "arousal")).save_to_preset(folder / "best")
    return folder


def test_dry_run_prints_the_resolved_experiment(people, capsys):
    found = run_json(capsys, "train", EXPERIMENT, "--data", people, "--dry-run", "--set",
                     "options.network.modalities=[face]", "--set", "options.network.fusion=gated")
    assert found["options"]["network"]["modalities"] == ["face"] and found["options"]["network"]["fusion"] == "gated"
    assert found["data"] == str(people) and found["labels"]["mode"] == "both"


def test_dry_run_refuses_data_of_faces_alone(tmp_path, capsys):
    write_dataset(tmp_path / "data", 40, 64)
    info = json.loads((tmp_path / "data" / "dataset.json").read_text())
    info["labels"]["expressions"] = ["neutral", "anger"]
    (tmp_path / "data" / "dataset.json").write_text(json.dumps(info))
    assert main(["train", str(EXPERIMENT), "--data", str(tmp_path / "data"), "--dry-run"]) == 2
    assert "faces alone" in capsys.readouterr().err.splitlines()[-1]


def test_evaluate_writes_tables_figures_and_prints_them(people, people_run, capsys):
    assert main(["evaluate", str(people_run), "--data", str(people)]) == 0
    shown = capsys.readouterr().out
    assert "everybody, as they come" in shown and "face + posture + gait + context" in shown
    assert "lost without gait" in shown and "place agreeing" in shown and "beyond what it shows itself" in shown
    written = json.loads((people_run / "evaluation-test.json").read_text())
    assert written["n"] == 15 and set(written["own_heads"]) == {"face", "posture", "gait", "context"}
    assert {path.name for path in (people_run / "evaluation-test").iterdir()} == {"confusion.png", "modalities.png"}


def test_evaluate_refuses_what_is_for_other_models(people, people_run, capsys):
    assert main(["evaluate", str(people_run), "--data", str(people), "--judge", "mediapipe"]) == 2
    assert "reads people" in capsys.readouterr().err
