import numpy as np
import pytest
from PIL import Image

from catgan.evaluation import figures
from catgan.metrics import calibration


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved, to look inside them."""
    saved, save = [], figures._save
    monkeypatch.setattr(figures, "_save", lambda figure, path: (saved.append(figure), save(figure, path)))
    return saved


def is_picture(path):
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG" and min(image.size) > 150
        assert len(np.unique(np.asarray(image.convert("L")))) > 5
    return [entry.name for entry in path.parent.iterdir()] == [path.name]  # nothing temporary is left


def sweep(seed, n=8):
    random = np.random.default_rng(seed)
    asked = np.linspace(0, 5, 6)
    return {"asked": asked, "measured": 0.7 * asked + random.normal(0, 0.3, (n, 6)),
            "ceiling": asked + random.normal(0, 0.1, (n, 6))}


def test_control_curves(tmp_path, drawn):
    sweeps = {f"AU{number:02d}": sweep(number) for number in (1, 2, 4, 5, 6, 12)}
    del sweeps["AU04"]["ceiling"]
    sweeps["AU05"]["measured"][:, 5] = np.nan  # no face was read at this level
    sweeps["AU06"]["measured"][0] = np.nan
    figures.control_curves(tmp_path / "control.png", sweeps)
    assert is_picture(tmp_path / "control.png")
    panels = drawn[0].axes
    assert [panel.get_title() for panel in panels] == list(sweeps)
    assert [len(panel.lines) for panel in panels] == [3, 3, 2, 3, 3, 3]
    identity, ceiling, model = panels[0].lines
    np.testing.assert_allclose(identity.get_ydata(), identity.get_xdata())
    np.testing.assert_allclose(model.get_ydata(), sweeps["AU01"]["measured"].mean(0))
    np.testing.assert_allclose(ceiling.get_ydata(), sweeps["AU01"]["ceiling"].mean(0))
    assert len(panels[3].lines[-1].get_xdata()) == 5 and np.isfinite(panels[4].lines[-1].get_ydata()).all()


def test_cross_talk_map(tmp_path, drawn):
    rows, columns = ["AU04", "AU12", "valence"], ["AU04", "AU12"]
    figures.cross_talk_map(tmp_path / "map.png", [[0.9, -0.05], [0.001, 1.2], [None, 0.3]], rows, columns)
    assert is_picture(tmp_path / "map.png")
    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.texts] == [".90", "-.05", "0", "1.20", ".30"]
    assert [patch.get_xy() for patch in axes.patches] == [(-0.5, -0.5), (0.5, 0.5)]


def test_calibration_plot(tmp_path, drawn):
    random = np.random.default_rng(0)
    probability = random.random(200)
    tables = {"AU12": calibration.reliability(probability, random.random(200) < probability),
              "valence": calibration.pit_table(random.normal(size=200), np.ones(200)),
              "AU04": calibration.reliability(np.zeros(0), np.zeros(0))}
    figures.calibration_plot(tmp_path / "calibration.png", tables)
    assert is_picture(tmp_path / "calibration.png")
    panels = drawn[0].axes
    assert [panel.get_xlabel() for panel in panels] == ["predicted probability", "promised coverage",
                                                        "predicted probability"]
    assert [len(panel.lines) for panel in panels] == [2, 2, 1]
    np.testing.assert_allclose(panels[1].lines[1].get_xdata(), calibration.LEVELS)
    figures.calibration_plot(tmp_path / "calibration.png", tables, {"valence": tables["valence"]})
    assert [len(panel.lines) for panel in drawn[1].axes] == [2, 3, 1]


def test_curves_show_the_keys_that_exist(tmp_path, drawn):
    lines = [{"tick": tick, "images": 1000 * tick, "d_loss": 0.5, "g_loss": 1 / tick, "gap": 0.1, "seconds": 9.0,
              "images_per_second": 100.0, "finished": tick == 4} for tick in range(1, 5)]
    lines[1].update(score=0.6, validation_ccc_valence=0.7, diversity=0.2)
    lines[3].update(score=0.7, validation_ccc_valence=None, diversity=0.21)
    figures.curves(tmp_path / "curves.png", lines)
    assert is_picture(tmp_path / "curves.png")
    panels = {panel.get_title(): panel for panel in drawn[0].axes}
    assert list(panels) == ["losses", "critic: real - generated", "validation scores", "diversity", "faces per second"]
    score, valence = panels["validation scores"].lines
    np.testing.assert_allclose(score.get_xydata(), [[2, 0.6], [4, 0.7]])
    np.testing.assert_allclose(valence.get_xydata(), [[2, 0.7]])
    assert valence.get_label() == "CCC valence" and drawn[0].get_supxlabel() == "faces seen, thousand"
    edits = [{"images": 10, "pixels": 0.01, "edges": 0.02}, {"images": 20, "pixels": 0.01, "explained_change": 0.9}]
    figures.curves(tmp_path / "curves.png", edits)
    assert [panel.get_title() for panel in drawn[-1].axes if panel.lines] == [
        "distance from the true changed face", "explained change"]
    figures.curves(tmp_path / "curves.png", [{**line, "images": 10 ** 6 * line["tick"]} for line in lines])
    assert drawn[-1].get_supxlabel() == "faces seen, million"


@pytest.mark.parametrize("draw", [
    lambda path: figures.control_curves(path, {}), lambda path: figures.calibration_plot(path, {}),
    lambda path: figures.curves(path, []), lambda path: figures.curves(path, [{"tick": 1, "images": 64}]),
    lambda path: figures.control_curves(path, {"AU12": sweep(0, 1), "AU01": sweep(0, 0)})])
def test_nothing_to_show_is_still_a_picture(draw, tmp_path):
    draw(tmp_path / "empty.png")
    with Image.open(tmp_path / "empty.png") as image:
        assert image.format == "PNG"


def test_the_same_bytes_again(tmp_path):
    for name in ("a", "b"):
        figures.control_curves(tmp_path / f"{name}.png", {"AU12": sweep(0)})
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
