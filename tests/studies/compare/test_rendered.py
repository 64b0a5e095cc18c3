"""Models of intensities, presences and expressions on rendered faces, which know all labels."""

from pathlib import Path

import pytest

from catgan import config
from catgan.cli.main import main
from catgan.data.store import load_dataset
from catgan.evaluation.evaluate import evaluate
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from catgan.studies.compare.options import CompareOptions
from catgan.studies.compare.study import compare
from tests.harness.experiments import TINY

NAMES = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger")
SPECS = {"graded": LabelSpec((4, 6, 12), "intensity", True, NAMES),
         "present": LabelSpec((6, 12, 25), "presence", False, NAMES[::-1]), "few": LabelSpec(expressions=NAMES[:3])}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Three untrained networks on 120 rendered faces, and what `evaluate` says of the first."""
    folder = tmp_path_factory.mktemp("rendered")
    assert main(["render", "--n", "120", "--size", "16", "--subjects", "30", "--workers", "1", "--out",
                 str(folder / "data")]) == 0
    models = {name: CatGAN(config.from_mapping(NetworkConfig, TINY), spec, seed=1) for name, spec in SPECS.items()}
    for name, gan in models.items():
        gan.save_to_preset(folder / name)
    paths: list[str | Path] = [folder / name for name in SPECS]
    result = compare(paths, folder / "data", "all", folder / "out", CompareOptions(draws=100), verbose=False)
    return result, evaluate(models["graded"], load_dataset(folder / "data"), "all", verbose=False)


def test_figures_of_intensities_and_expressions_are_those_of_evaluate(found):
    result, expected = found
    figures = result["models"][0]["figures"]
    assert figures["mean_icc"]["value"] == pytest.approx(expected["action_units"]["mean_icc"], abs=1e-6)
    assert figures["AU12/pcc"]["value"] == pytest.approx(expected["action_units"]["AU12"]["pcc"], abs=1e-6)
    for name in ("macro_f1", "accuracy"):
        assert figures[f"expression/{name}"]["value"] == pytest.approx(expected["expression"][name])
    assert figures["expression/accuracy"]["n"] == expected["expression"]["n"] == 67


def test_other_scales_are_compared_on_presence_and_other_classes_on_common_ones(found):
    result, _ = found
    first, second, third = result["pairs"]
    assert [pair["title"] for pair in result["pairs"]] == ["present - graded", "few - graded", "few - present"]
    assert not first["graded"] and {name for name in first["figures"] if name.startswith("mean")} == {
        "mean_f1", "mean_auc"}
    assert first["labels_left_out"] == ["AU04", "AU25", "valence", "arousal"]
    assert {name for name in first["figures"] if name.startswith("AU")} == {
        f"AU{number}/{name}" for number in ("06", "12") for name in ("f1", "auc")}
    assert set(second["figures"]) == {"expression/macro_f1", "expression/accuracy"} == set(third["figures"])
    assert second["labels_left_out"][-4:] == [f"expression {name}" for name in NAMES[3:]]
    assert any("compared on presence alone" in text for text in result["remarks"])
