import dataclasses
import json

import cv2
import numpy as np
import pytest

from catgan.explain.counterfactual import Counterfactual
from catgan.explain.report import PICTURE_SIZE, PICTURES, heat, pictures, save
from catgan.faces.alignment import TEMPLATE, aligned_by
from catgan.faces.images import read_image
from tests.harness import schemas


@pytest.fixture
def result():
    random = np.random.default_rng(0)
    face = random.integers(40, 200, (16, 16, 3)).astype(np.uint8)
    changed = face.copy()
    changed[10:12] += 32
    reading = {"AU12_present": 0.9, "valence": 0.5, "valence_std": 0.1, "realness": 0.5}
    return Counterfactual("ok", "AU12=0", reading, {**reading, "AU12_present": 0.1, "valence": -0.2},
                          {"AU12": (4.5, 1.0)}, 1.0, {"l1": 0.01, "l2": 0.02}, {"psnr": 20.0, "ssim": 0.6}, 48, 1.5,
                          {"original": face, "reconstruction": face, "counterfactual": changed}, changed[None],
                          np.zeros((1, 16, 16, 2), np.float32), "there and back", ("AU12 falls",))


def test_save_writes_five_pictures_and_the_json(result, tmp_path):
    save(result, tmp_path / "why")
    assert {path.name for path in (tmp_path / "why").iterdir()} == {*(f"{name}.png" for name in PICTURES), "panel.png",
                                                                    "counterfactual.json"}
    content = json.loads((tmp_path / "why" / "counterfactual.json").read_text())
    assert content["changes"] == {"AU12": [4.5, 1.0]} and content["sparsity"] == 1
    schemas.check("counterfactual", content)
    schemas.check("counterfactual", json.loads(result.to_json()))
    np.testing.assert_array_equal(read_image(tmp_path / "why" / "original.png"), result.images["original"])
    np.testing.assert_array_equal(read_image(tmp_path / "why" / "counterfactual.png"), result.images["counterfactual"])
    assert cv2.imread(str(tmp_path / "why" / "panel.png")).shape[1] > 1000


def test_drawn_pictures_carry_a_text_chunk(result, tmp_path):
    from PIL import Image

    save(result, tmp_path)
    assert "synthetic" in Image.open(tmp_path / "counterfactual.png").text["catgan"]
    assert "catgan" not in Image.open(tmp_path / "original.png").text


def test_change_is_pasted_into_the_photograph(result):
    """A photograph four times as fine as the crop: what the answer does not need keeps every pixel."""
    photo = np.random.default_rng(1).integers(40, 200, (120, 140, 3)).astype(np.uint8)
    places = TEMPLATE * 64.0 + (30.0, 20.0)
    face = aligned_by(photo, places, 16)
    after = face.image.copy()
    after[10:12, 6:10] += 32
    moved = dataclasses.replace(result, path=after[None],
                                images={**result.images, "original": face.image, "counterfactual": after})
    shown = pictures(moved, photo, face, places)
    changed = (shown["photograph"] != photo).any(-1)
    rows, columns = np.nonzero(changed)
    assert changed.any() and rows.min() >= 20 + 4 * 7 and rows.max() < 20 + 4 * 15 and columns.min() >= 30 + 4 * 3
    assert {name: image.shape for name, image in shown.items() if name != "photograph"} == {
        name: (PICTURE_SIZE, PICTURE_SIZE, 3) for name in PICTURES}


def test_path_of_frames_gives_an_animation(result, tmp_path):
    from PIL import Image

    way = np.stack([result.images["original"], result.images["counterfactual"]])
    save(dataclasses.replace(result, path=way, moves=np.zeros((2, 16, 16, 2), np.float32)), tmp_path)
    with Image.open(tmp_path / "animation.gif") as file:
        assert file.n_frames == 3 or file.n_frames == 4  # Pillow joins frames that are alike
        assert b"synthetic" in file.info["comment"]


def test_panel_with_valence_and_arousal_is_drawn(result, tmp_path):
    reading = {**result.original, "arousal": 0.2}
    both = dataclasses.replace(result, original=reading, counterfactual={**reading, "valence": -0.4, "arousal": 0.5})
    save(both, tmp_path, model="a, drawn by b")
    assert json.loads((tmp_path / "counterfactual.json").read_text())["provenance"]["model"] == "a, drawn by b"


def test_heat_is_white_red_and_blue():
    colours = heat(np.array([[0.0, 64.0, -64.0, 500.0]]))[0]
    assert colours[0].tolist() == [255, 255, 255]
    assert colours[1][0] > colours[1][2] and colours[2][2] > colours[2][0]
    assert colours[3].tolist() == colours[1].tolist()
