import numpy as np
import pytest
from PIL import Image

from catgan.training.curves import curves
from tests.harness.pictures import is_picture


def test_curves_show_the_keys_that_exist(tmp_path, saved_figures):
    lines = [{"tick": tick, "images": 1000 * tick, "d_loss": 0.5, "g_loss": 1 / tick, "gap": 0.1, "seconds": 9.0,
              "images_per_second": 100.0, "finished": tick == 4} for tick in range(1, 5)]
    lines[1].update(score=0.6, validation_ccc_valence=0.7, diversity=0.2)
    lines[3].update(score=0.7, validation_ccc_valence=None, diversity=0.21)
    curves(tmp_path / "curves.png", lines)
    assert is_picture(tmp_path / "curves.png")
    panels = {panel.get_title(): panel for panel in saved_figures[0].axes}
    assert list(panels) == ["losses", "critic: real - generated", "validation scores", "diversity", "faces per second"]
    score, valence = panels["validation scores"].lines
    np.testing.assert_allclose(score.get_xydata(), [[2, 0.6], [4, 0.7]])
    np.testing.assert_allclose(valence.get_xydata(), [[2, 0.7]])
    assert valence.get_label() == "CCC valence" and saved_figures[0].get_supxlabel() == "faces seen, thousand"
    edits = [{"images": 10, "pixels": 0.01, "edges": 0.02}, {"images": 20, "pixels": 0.01, "explained_change": 0.9}]
    curves(tmp_path / "curves.png", edits)
    assert [panel.get_title() for panel in saved_figures[-1].axes if panel.lines] == [
        "distance from the true changed face", "explained change"]
    curves(tmp_path / "curves.png", [{**line, "images": 10 ** 6 * line["tick"]} for line in lines])
    assert saved_figures[-1].get_supxlabel() == "faces seen, million"


@pytest.mark.parametrize("lines", [[], [{"tick": 1, "images": 64}]])
def test_curves_without_values_are_still_written(lines, tmp_path):
    curves(tmp_path / "empty.png", lines)
    with Image.open(tmp_path / "empty.png") as image:
        assert image.format == "PNG"
