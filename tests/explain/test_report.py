import json

import cv2
import numpy as np
import pytest

from catgan.explain.counterfactual import Counterfactual
from catgan.explain.report import NAMES, heat, pictures, save
from catgan.faces.images import read_image


@pytest.fixture
def result():
    random = np.random.default_rng(0)
    face = random.integers(40, 200, (16, 16, 3)).astype(np.uint8)
    changed = face.copy()
    changed[10:12] += 32
    reading = {"AU12_present": 0.9, "valence": 0.5, "valence_std": 0.1, "realness": 0.5}
    return Counterfactual("ok", "AU12=0", reading, {**reading, "AU12_present": 0.1, "valence": -0.2},
                          {"AU12": (4.5, 1.0)}, 1.0, {"l1": 0.01, "l2": 0.02}, {"psnr": 20.0, "ssim": 0.6}, 48, 1.5,
                          {"original": face, "reconstruction": face, "counterfactual": changed})


def test_five_pictures_and_the_answer(result, tmp_path):
    save(result, tmp_path / "why")
    assert {path.name for path in (tmp_path / "why").iterdir()} == {*(f"{name}.png" for name in NAMES), "panel.png",
                                                                    "counterfactual.json"}
    content = json.loads((tmp_path / "why" / "counterfactual.json").read_text())
    assert content["changes"] == {"AU12": [4.5, 1.0]} and content["sparsity"] == 1
    np.testing.assert_array_equal(read_image(tmp_path / "why" / "original.png"), result.images["original"])
    np.testing.assert_array_equal(read_image(tmp_path / "why" / "counterfactual.png"), result.images["counterfactual"])
    assert cv2.imread(str(tmp_path / "why" / "panel.png")).shape[1] > 1000


def test_generated_faces_are_marked(result, tmp_path):
    from PIL import Image

    save(result, tmp_path)
    assert "synthetic" in Image.open(tmp_path / "counterfactual.png").text["catgan"]
    assert "catgan" not in Image.open(tmp_path / "original.png").text


def test_the_change_is_shown_on_the_sharp_photograph(result):
    detailed = cv2.resize(result.images["original"], (64, 64), interpolation=cv2.INTER_NEAREST)
    shown = pictures(result, detailed)
    np.testing.assert_array_equal(shown["counterfactual"][:32], detailed[:32])
    assert (shown["counterfactual"][42:46].astype(int) - detailed[42:46] > 20).all()


def test_heat_is_white_red_and_blue():
    colours = heat(np.array([[0.0, 64.0, -64.0, 500.0]]))[0]
    assert colours[0].tolist() == [255, 255, 255]
    assert colours[1][0] > colours[1][2] and colours[2][2] > colours[2][0]
    assert colours[3].tolist() == colours[1].tolist()
