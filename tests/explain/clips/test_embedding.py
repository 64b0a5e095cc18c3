"""Embeddings of layers: separation, determinism, and what is refused."""

import numpy as np
import pytest

from catgan.errors import CatganError
from catgan.explain.clips.embedding import embed_layers, embedding_figure

COLUMNS = {"expression": np.array(["neutral"] * 6 + ["happiness"] * 5 + [None], object),
           "valence": np.append(np.linspace(-1.0, 1.0, 11), np.nan)}


def layers():
    random = np.random.default_rng(0)
    values = random.standard_normal((12, 4))
    values[6:] += 20.0
    return {"CNN": values}


def test_two_groups_are_apart_in_both_methods_and_the_same_every_time():
    first, again = (embed_layers(layers(), COLUMNS, ("pca", "tsne"), seed=3) for _ in range(2))
    pca = first.points["CNN"]["pca"]
    assert pca[:6, 0].max() < pca[6:, 0].min() or pca[:6, 0].min() > pca[6:, 0].max()
    for name in ("pca", "tsne"):
        np.testing.assert_array_equal(first.points["CNN"][name], again.points["CNN"][name])
    assert 0.8 < first.explained["CNN"] <= 1.0


def test_figure_has_a_row_for_each_layer_and_a_column_for_each_label():
    embedding = embed_layers(layers(), COLUMNS, ("pca",))
    titles = [axes.get_title() for axes in embedding_figure(embedding).axes]
    assert titles[:2] == ["expression", "valence"]
    content = embedding.to_dict()
    assert content["columns"]["expression"][-1] is None and content["columns"]["valence"][-1] is None


def test_unknown_method_and_too_few_frames_are_refused(monkeypatch):
    with pytest.raises(CatganError, match="Unknown embedding 'lda'"):
        embed_layers(layers(), COLUMNS, ("lda",))
    with pytest.raises(CatganError, match="four frames or more. Received: 2"):
        embed_layers({"CNN": np.zeros((2, 3))}, {}, ("pca",))
    monkeypatch.setattr("catgan.explain.clips.embedding.find_spec", lambda name: None)
    with pytest.raises(CatganError, match="pip install umap-learn"):
        embed_layers(layers(), COLUMNS, ("umap",))
