"""The verb `attribute` from end to end: a tiny model, the shipped preset and a foreign network."""

import csv
import json
import subprocess
import sys

import cv2
import keras
import numpy as np
import pytest
from PIL import Image

from catgan.cli import attribute
from catgan.cli.main import main
from catgan.explain.attribution import ACTION_UNIT_EXPLAINERS, EXPLAINERS, ActionUnitAttributions, Attributions
from catgan.faces.images import read_image, write_image
from catgan.labels import LabelSpec
from catgan.models.gan.architectures import NetworkConfig
from catgan.models.gan.model import CatGAN
from tests.harness.commands import run_json
from tests.harness.experiments import TINY

PIXEL_FILES = {"heat_map.png", "photograph.png", "panel.png", "regions.csv", "attribution.json"}


@pytest.fixture
def photo(shared, models):
    return shared / "data" / "media" / "single_face.jpg"


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    """A tiny model with an editor, on disk."""
    gan = CatGAN(NetworkConfig(**TINY), LabelSpec((4, 12), "intensity", True), seed=1)
    gan.add_editor()
    folder = tmp_path_factory.mktemp("editor") / "preset"
    gan.save_to_preset(folder)
    return folder


def test_methods_are_those_of_the_library():
    assert set(attribute.METHODS) == set(EXPLAINERS) | set(ACTION_UNIT_EXPLAINERS)
    assert all(f"\n  {name} " in attribute.EPILOG for name in attribute.METHODS)


def test_attribute_writes_pictures_table_and_json(untrained_run, photo, tmp_path, capsys):
    result = run_json(capsys, "attribute", untrained_run, photo, "--target", "valence", "--steps", 4,
                      "--out", tmp_path / "map")
    assert {path.name for path in (tmp_path / "map").iterdir()} == PIXEL_FILES
    assert result["method"] == "integrated_gradients" and result["passes"] == 5 and result["face"] == 0
    difference = result["value"] - result["baseline_value"] + result["convergence_delta"]
    assert sum(result["regions"].values()) == pytest.approx(difference)
    text = (tmp_path / "map" / "attribution.json").read_text()
    content, attributions = json.loads(text), Attributions.from_json(text)
    assert content["regions"] == result["regions"] == attributions[0].by_region()
    assert content["provenance"]["target"] == "valence"
    rows = list(csv.DictReader((tmp_path / "map" / "regions.csv").read_text().splitlines()))
    assert {row["region"]: float(row["attribution"]) for row in rows} == result["regions"]
    assert Image.open(tmp_path / "map" / "panel.png").text["method"] == "integrated_gradients"
    assert cv2.imread(str(tmp_path / "map" / "heat_map.png")).shape == (256, 256, 3)


def test_photograph_is_changed_around_the_face_alone(untrained_run, photo, tmp_path, capsys):
    run_json(capsys, "attribute", untrained_run, photo, "--target", "valence", "--steps", 2, "--out", tmp_path / "map")
    before, after = (cv2.imread(str(path)).astype(int) for path in (photo, tmp_path / "map" / "photograph.png"))
    changed = np.abs(after - before).max(-1) > 0
    assert after.shape == before.shape and 0.02 < changed.mean() < 0.5
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert rows[0] > 50 and rows[-1] < 480 and columns[0] > 100 and columns[-1] < 450  # where the face lies


@pytest.mark.parametrize("method", [name for name in EXPLAINERS if name not in (
    "integrated_gradients", "counterfactual_ig", "expected_gradients")])
def test_other_methods_need_no_more_than_a_target(method, untrained_run, photo, tmp_path, capsys):
    steps = () if method == "occlusion" else ("--steps", 2)
    result = run_json(capsys, "attribute", untrained_run, photo, "--target", "AU12", "--method", method, *steps,
                      "--out", tmp_path / "map")
    assert result["method"] == method and (result["convergence_delta"] is None) == (method == "occlusion")


def test_baselines_are_photographs_or_names(untrained_run, shared, photo, tmp_path, capsys):
    command = ("attribute", untrained_run, photo, "--target", "valence", "--steps", 2, "--out", tmp_path / "map")
    other = shared / "data" / "media" / "multi_face.jpg"
    black = run_json(capsys, *command, "--baseline", "black")
    face = run_json(capsys, *command, "--baseline", other)
    expected = run_json(capsys, *command, "--method", "expected_gradients", "--baseline", other)
    assert black["baseline_value"] != face["baseline_value"] == pytest.approx(expected["baseline_value"])


def test_counterfactual_is_cut_where_the_face_lies(untrained_run, photo, tmp_path, capsys):
    """The same photograph gives nothing; one with a lighter lower half gives nothing above."""
    command = ("attribute", untrained_run, photo, "--target", "valence", "--method", "counterfactual_ig", "--steps", 2,
               "--out", tmp_path / "map")
    assert not any(run_json(capsys, *command, "--baseline", photo)["regions"].values())
    changed = read_image(photo)
    changed[300:] = np.clip(changed[300:].astype(int) + 60, 0, 255)
    write_image(tmp_path / "changed.png", changed)
    regions = run_json(capsys, *command, "--baseline", tmp_path / "changed.png")["regions"]
    assert regions["mouth"] != 0.0 and regions["brows"] == regions["forehead"] == 0.0
    write_image(tmp_path / "small.png", changed[::2])
    assert main([*map(str, command), "--baseline", str(tmp_path / "small.png")]) == 2
    assert "must have the size of the original" in capsys.readouterr().err


@pytest.mark.parametrize("method", ACTION_UNIT_EXPLAINERS)
def test_action_units_are_drawn_by_the_run(method, editor, photo, tmp_path, capsys):
    result = run_json(capsys, "attribute", editor, photo, "--target", "valence", "--method", method, "--out",
                      tmp_path / "units")
    assert {path.name for path in (tmp_path / "units").iterdir()} == {"panel.png", "action_units.csv",
                                                                      "attribution.json"}
    assert set(result["action_units"]) == {"AU04", "AU12"} and abs(result["convergence_delta"]) < 1e-3
    again = ActionUnitAttributions.from_json((tmp_path / "units" / "attribution.json").read_text())
    rows = list(csv.DictReader((tmp_path / "units" / "action_units.csv").read_text().splitlines()))
    assert [float(row["intensity"]) for row in rows] == again.levels[0].tolist()


def test_attribute_of_shipped_preset_finds_the_smile(photo, tmp_path, capsys):
    result = run_json(capsys, "attribute", "faces_64", photo, "--target", "AU12", "--out", tmp_path / "map")
    regions = {name: value for name, value in result["regions"].items() if name != "background"}
    assert max(regions, key=lambda name: abs(regions[name])) in ("mouth", "cheeks")
    assert abs(result["convergence_delta"]) < 0.1 * abs(result["value"] - result["baseline_value"])


def test_foreign_network_is_attributed_at_its_own_size(untrained_run, photo, tmp_path, capsys):
    inputs = keras.Input((24, 20, 1))
    features = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(inputs))
    keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(features)).save(tmp_path / "other.keras")
    command = ("attribute", untrained_run, photo, "--model", tmp_path / "other.keras", "--outputs", "calm,angry",
               "--pixels", "0..1", "--steps", 2, "--out", tmp_path / "map")
    result = run_json(capsys, *command, "--target", "angry")
    assert result["target"] == "angry"
    assert run_json(capsys, *command, "--target", 1)["regions"] == result["regions"]
    content = json.loads((tmp_path / "map" / "attribution.json").read_text())
    assert np.shape(content["maps"]) == (1, 24, 24, 3)
    assert main([*map(str, command), "--target", "glad"]) == 2
    assert "Unknown target 'glad'. Allowed: angry, calm" in capsys.readouterr().err
    assert main([*map(str, command), "--target", "calm", "--crop", "box"]) == 2
    assert "Attributions are made of aligned faces" in capsys.readouterr().err


@pytest.mark.parametrize("options, message", [
    (("--target", "valnce"), "Unknown target 'valnce'. Did you mean 'valence'?"),
    (("--target", "valence", "--steps", "0"), "steps must be whole, from 1. Received: 0."),
    (("--target", "valence", "--method", "occlusion", "--steps", "3"), "occlusion takes no steps"),
    (("--target", "valence", "--method", "blur_ig", "--baseline", "black"), "blur_ig takes no baseline"),
    (("--target", "valence", "--method", "expected_gradients"), "needs a photograph or a folder of photographs"),
    (("--target", "valence", "--method", "counterfactual_ig", "--baseline", "blurred"), "needs the changed photograph"),
    (("--target", "valence", "--face", "7"), "there is no face 7: 1 found"),
    (("--target", "valence", "--outputs", "a"), "--outputs is about another network"),
    (("--target", "valence", "--baseline", "nothing.png"), "nothing.png")])
def test_wrong_options_are_refused(options, message, untrained_run, photo, tmp_path, capsys):
    assert main(["attribute", str(untrained_run), str(photo), "--out", str(tmp_path / "map"), *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "map").exists()


def test_help_has_examples_and_loads_no_network_library():
    code = ("import sys\nfrom catgan.cli.main import main\n"
            "try:\n    main(['attribute', '--help'])\nexcept SystemExit:\n    pass\n"
            "assert not {'keras', 'tensorflow', 'mediapipe'} & set(sys.modules)")
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "catgan attribute faces_64 photo.jpg --target valence" in shown
