import io

import pytest
from PIL import Image

from catgan import plots


def test_grid_leaves_the_end_of_the_last_row_empty():
    figure, panels = plots.grid(5, 3, 2.0, 1.0)
    assert len(panels) == len(figure.axes) == 5
    assert figure.get_size_inches() == pytest.approx((6.4, 2.6))
    assert not panels[0].spines["top"].get_visible() and panels[0].spines["left"].get_visible()


def test_grid_without_panels_is_an_empty_figure_of_the_least_width():
    figure, panels = plots.grid(0, 3, 2.0, 1.0, min_width=4.0)
    assert panels == [] and figure.get_size_inches() == pytest.approx((4.0, 1.6))


def test_legend_lists_a_label_of_two_panels_once():
    figure, panels = plots.grid(2, 2, 2.0, 1.0)
    for panel in panels:
        panel.plot([0, 1], [0, 1], label="model")
    panels[1].plot([0, 1], [1, 0], label="truth")
    plots.legend(figure, panels)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["model", "truth"]


def test_legend_without_labels_is_left_out():
    figure, panels = plots.grid(1, 1, 2.0, 1.0)
    plots.legend(figure, panels)
    assert not figure.legends


def test_save_writes_text_chunks_and_the_same_bytes_twice(tmp_path):
    for name in ("a.png", "b.png"):
        plots.save(plots.figure(2.0, 1.0), tmp_path / name, {"Source": "a test"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.text == {"Source": "a test"} and image.size == (260, 130)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_notebooks_show_figures():
    with Image.open(io.BytesIO(plots.figure(2.0, 1.0)._repr_png_())) as image:
        assert image.format == "PNG" and image.size == (260, 130)
