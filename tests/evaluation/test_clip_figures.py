import numpy as np

from catgan.evaluation import clip_figures
from catgan.metrics import plane
from tests.harness.pictures import is_picture

NAMES = ("neutral", "happiness", "fear")
MATRIX = [[8, 2, 0], [0, 0, 0], [1, 0, 3]]
TRUE = {"neutral": {"valence": 0.0, "arousal": 0.0, "covariance": [[0.04, 0], [0, 0.01]], "n": 10},
        "fear": {"valence": -0.5, "arousal": 0.6, "covariance": [[0.0, 0], [0, 0.0]], "n": 4}}


def test_confusion_map_writes_share_and_count_of_each_cell(tmp_path, saved_figures):
    clip_figures.confusion_map(tmp_path / "map.png", MATRIX, NAMES, "title")
    assert is_picture(tmp_path / "map.png")
    axes = saved_figures[0].axes[0]
    assert [text.get_text() for text in axes.texts] == ["80 %\n8", "20 %\n2", "25 %\n1", "75 %\n3"]
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    np.testing.assert_allclose(shown[0], [0.8, 0.2, 0.0])
    assert np.isnan(shown[1]).all()  # no frame of this class: unknown, not 0


def test_confusion_plane_draws_places_of_classes_and_arrows(tmp_path, saved_figures):
    confusions = plane.largest_confusions(np.array(MATRIX), NAMES)
    assert len(confusions) == 2  # the arrow to happiness has no end: no frame is truly happy
    clip_figures.confusion_plane(tmp_path / "plane.png", TRUE, {"fear": {"valence": -0.4, "arousal": 0.5}}, confusions)
    assert is_picture(tmp_path / "plane.png")
    axes = saved_figures[0].axes[0]
    arrows = [patch for patch in axes.patches if type(patch).__name__ == "FancyArrowPatch"]
    assert len(arrows) == 1 and arrows[0]._posA_posB == [(-0.5, 0.6), (0.0, 0.0)]
    assert axes.texts[-1].get_text().split() == ["25", "%", "fear", "\u2192", "neutral"]
    points = {(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines
              if line.get_marker() in ("o", "s") and len(line.get_xdata())}
    assert points == {(0.0, 0.0), (-0.5, 0.6), (-0.4, 0.5)}


def test_draw_figures_draws_what_is_known(tmp_path):
    figures = {"n": 14, "confusion": MATRIX, "classes": NAMES, "accuracy": 0.8, "macro_f1": 0.7, "uar": None}
    result = {"dataset": "set", "split": "test", "expression": figures, "plane": None}
    assert [path.name for path in clip_figures.draw_figures(tmp_path, result)] == ["confusion.png"]
    result["plane"] = {"true": TRUE, "predicted": {}, "confusions": []}
    assert [path.name for path in clip_figures.draw_figures(tmp_path, result)] == ["confusion.png",
                                                                                   "confusion_plane.png"]
    assert clip_figures.draw_figures(tmp_path, {"valence": {}}) == []
