"""A data set of generated faces, and training on it."""

import pytest

from catgan.cli.main import main
from catgan.conditions import Condition
from catgan.data.store import load_dataset
from catgan.errors import CatganError
from catgan.evaluation.evaluate import evaluate
from catgan.models.gan.model import CatGAN
from catgan.pipelines.generate import synthetic_dataset
from catgan.training import loop
from tests.harness.experiments import tiny_experiment


@pytest.fixture(scope="module")
def fakes(tiny_run, drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fakes") / "set"
    assert main(["generate", str(tiny_run), "--like", str(drawn), "-n", "200", "--out", str(folder)]) == 0
    return folder


def test_labels_are_those_of_training_faces(fakes, drawn):
    made, source = load_dataset(fakes), load_dataset(drawn)
    assert made.count("train") == 160 and made.count("test") == 20 and len(made) == 200
    theirs = {tuple(row) for row in Condition.of(source.labels("train")).encode().round(4).tolist()}
    ours = {tuple(row) for row in Condition.of(made.labels("all")).encode().round(4).tolist()}
    assert ours <= theirs
    table = made.table("train", ["sources", "AU12_present", "AU12_present_source"]).to_pylist()
    assert all(row["sources"][0].startswith("generated/") for row in table)
    assert all((row["AU12_present"] is None) == (row["AU12_present_source"] is None) for row in table)
    assert "nobody's photographs" in (fakes / "card.md").read_text()


def test_the_same_seed_gives_the_same_data_set(fakes, tiny_run, drawn, tmp_path):
    again = synthetic_dataset(CatGAN.from_preset(tiny_run), tiny_run.name, load_dataset(drawn), 200, tmp_path / "again")
    assert load_dataset(again["folder"]).info["hash"] == load_dataset(fakes).info["hash"]


def test_training_on_generated_faces_evaluates_on_real_ones(fakes, drawn, tmp_path):
    experiment = tiny_experiment(images=1600, tick_images=800, batch_size=16, task="recogniser")
    result = loop.train(experiment, fakes, tmp_path, verbose=False)
    assert evaluate(CatGAN.from_preset(result["run"]), load_dataset(drawn), "test")["valence"]["ccc"] is not None


@pytest.mark.parametrize("arguments, message", [
    (["-n", "3"], "At least 10 faces"), (["--valence", "0.5"], "Received beside it: --valence"),
    (["--seed", "-1"], "--seed must be 0")])
def test_generate_with_unusable_arguments_is_refused(arguments, message, tiny_run, drawn, tmp_path, capsys):
    assert main(["generate", str(tiny_run), "--like", str(drawn), "--out", str(tmp_path / "x"), *arguments]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_output_folder_that_is_not_empty_is_refused(tiny_gan, drawn, tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(CatganError, match="not an empty folder"):
        synthetic_dataset(tiny_gan, "x", load_dataset(drawn), 20, tmp_path)
