from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from catgan.evaluation import figures
from catgan.metrics import calibration
from tests.harness.pictures import is_picture


def sweep(seed, n=8):
    random = np.random.default_rng(seed)
    asked = np.linspace(0, 5, 6)
    measured, ceiling = 0.7 * asked + random.normal(0, 0.3, (n, 6)), asked + random.normal(0, 0.1, (n, 6))
    return figures.Curve(asked, measured, ceiling)


def test_control_curves_draws_model_and_ceiling_of_each_label(tmp_path, saved_figures):
    sweeps = {f"AU{number:02d}": sweep(number) for number in (1, 2, 4, 5, 6, 12)}
    sweeps["AU04"] = replace(sweeps["AU04"], ceiling=None)
    sweeps["AU05"].measured[:, 5] = np.nan  # no face was read at this level
    sweeps["AU06"].measured[0] = np.nan
    figures.control_curves(tmp_path / "control.png", sweeps)
    assert is_picture(tmp_path / "control.png")
    panels = saved_figures[0].axes
    assert [panel.get_title() for panel in panels] == list(sweeps)
    assert [len(panel.lines) for panel in panels] == [3, 3, 2, 3, 3, 3]
    identity, ceiling, model = panels[0].lines
    np.testing.assert_allclose(identity.get_ydata(), identity.get_xdata())
    np.testing.assert_allclose(model.get_ydata(), sweeps["AU01"].measured.mean(0))
    np.testing.assert_allclose(ceiling.get_ydata(), sweeps["AU01"].ceiling.mean(0))
    assert len(panels[3].lines[-1].get_xdata()) == 5 and np.isfinite(panels[4].lines[-1].get_ydata()).all()


def test_cross_talk_map_writes_each_known_cell(tmp_path, saved_figures):
    rows, columns = ["AU04", "AU12", "valence"], ["AU04", "AU12"]
    figures.cross_talk_map(tmp_path / "map.png", [[0.9, -0.05], [0.001, 1.2], [None, 0.3]], rows, columns)
    assert is_picture(tmp_path / "map.png")
    axes = saved_figures[0].axes[0]
    assert [text.get_text() for text in axes.texts] == [".90", "-.05", "0", "1.20", ".30"]
    assert [patch.get_xy() for patch in axes.patches] == [(-0.5, -0.5), (0.5, 0.5)]


def test_calibration_plot_has_one_panel_a_table(tmp_path, saved_figures):
    random = np.random.default_rng(0)
    probability = random.random(200)
    tables = {"AU12": calibration.reliability(probability, random.random(200) < probability),
              "valence": calibration.pit_table(random.normal(size=200), np.ones(200)),
              "AU04": calibration.reliability(np.zeros(0), np.zeros(0))}
    figures.calibration_plot(tmp_path / "calibration.png", tables)
    assert is_picture(tmp_path / "calibration.png")
    panels = saved_figures[0].axes
    assert [panel.get_xlabel() for panel in panels] == ["predicted probability", "promised coverage",
                                                        "predicted probability"]
    assert [len(panel.lines) for panel in panels] == [2, 2, 1]
    np.testing.assert_allclose(panels[1].lines[1].get_xdata(), calibration.LEVELS)
    figures.calibration_plot(tmp_path / "calibration.png", tables, {"valence": tables["valence"]})
    assert [len(panel.lines) for panel in saved_figures[1].axes] == [2, 3, 1]


@pytest.mark.parametrize("draw", [
    lambda path: figures.control_curves(path, {}), lambda path: figures.calibration_plot(path, {}),
    lambda path: figures.control_curves(path, {"AU12": sweep(0, 1), "AU01": sweep(0, 0)})])
def test_figures_without_values_are_still_written(draw, tmp_path):
    draw(tmp_path / "empty.png")
    with Image.open(tmp_path / "empty.png") as image:
        assert image.format == "PNG"


def test_the_same_figure_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        figures.control_curves(tmp_path / f"{name}.png", {"AU12": sweep(0)})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
