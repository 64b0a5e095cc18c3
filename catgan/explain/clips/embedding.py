"""View of the layers of a clip recogniser: its CNN and its temporal network in the plane, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from catgan import plots, random_streams
from catgan.data.clips.dataset import Clips
from catgan.errors import CatganError, unknown_name
from catgan.explain.clips.outputs import SequenceModel
from catgan.plots import COLOURS, GREY
from catgan.random_streams import Seed

METHODS = ("pca", "tsne", "umap")
LAYERS = ("CNN", "RNN")
MAX_FRAMES = 2000
"""Frames that are shown; t-SNE of more takes minutes."""
PERPLEXITY = 30.0
CLASS_COLOURS = (*COLOURS, "#000000", GREY)


@dataclass(frozen=True)
class Embedding:
    """Frames in the plane, by layer and method.

    Args:
        points: by layer and method, float64 `(n, 2)`.
        columns: `expression` (names or None), `valence` and `arousal` (NaN where unknown) of the frames, `(n,)`.
        explained: by layer, the share of variance of the two principal components.
    """

    points: Mapping[str, Mapping[str, np.ndarray]]
    columns: Mapping[str, np.ndarray]
    explained: Mapping[str, float]

    def to_dict(self) -> dict[str, object]:
        """Returns what JSON holds: points, labels and explained variance."""
        return {"points": {layer: {name: np.round(values, 4).tolist() for name, values in by.items()}
                           for layer, by in self.points.items()},
                "columns": {name: [value if isinstance(value, str) else None if value is None or not np.isfinite(value)
                                   else float(value) for value in values.tolist()]
                            for name, values in self.columns.items()},
                "explained": dict(self.explained)}


def embed_layers(layers: Mapping[str, np.ndarray], columns: Mapping[str, np.ndarray],
                 methods: Sequence[str] = ("pca", "tsne"), seed: Seed = 0) -> Embedding:
    """Puts the layers of frames into the plane. The same seed gives the same points.

    Args:
        layers: by name, activations `(n, width)`; they are standardised.
        columns: labels of the frames, `(n,)`, see `Embedding`.
        methods: names in `METHODS`; `umap` needs the package umap-learn.
        seed: of t-SNE and UMAP.

    Raises:
        CatganError: an unknown method, umap without its package, or fewer than four frames.
    """
    for name in methods:
        if name not in METHODS:
            raise unknown_name("embedding", name, METHODS)
    if "umap" in methods and find_spec("umap") is None:
        raise CatganError("The embedding 'umap' needs a package: pip install umap-learn. 'pca' and 'tsne' need none.")
    count = len(next(iter(layers.values())))
    if count < 4:
        raise CatganError(f"An embedding needs four frames or more. Received: {count}.")
    number = random_streams.seed_of(seed) % 2 ** 31
    points: dict[str, dict[str, np.ndarray]] = {}
    explained: dict[str, float] = {}
    for layer, values in layers.items():
        values = np.asarray(values, np.float64)
        values = (values - values.mean(0)) / np.maximum(values.std(0), 1e-6)
        components, explained[layer] = _pca(values)
        points[layer] = {name: components if name == "pca" else _neighbours(name, values, components, number)
                         for name in methods}
    return Embedding(points, dict(columns), explained)


def _pca(values: np.ndarray) -> tuple[np.ndarray, float]:
    from sklearn.decomposition import PCA

    made = PCA(2, svd_solver="full").fit(values)
    return made.transform(values), float(made.explained_variance_ratio_.sum())


def _neighbours(name: str, values: np.ndarray, components: np.ndarray, seed: int) -> np.ndarray:
    """Embeds by t-SNE (van der Maaten & Hinton 2008) or UMAP (McInnes et al. 2018), which keep neighbours together."""
    if name == "umap":
        import umap

        return np.asarray(umap.UMAP(random_state=seed, n_jobs=1).fit_transform(values), np.float64)
    from sklearn.manifold import TSNE

    start = 1e-4 * components / max(float(components[:, 0].std()), 1e-12)
    made = TSNE(2, perplexity=min(PERPLEXITY, (len(values) - 1) / 3), init=start, random_state=seed)
    return np.asarray(made.fit_transform(values), np.float64)


def clip_layers(model: SequenceModel, clips: Clips, seed: Seed = 0,
                count: int = MAX_FRAMES) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Computes the layers of a model for frames of random windows of a data set.

    Args:
        model: reads clips.
        clips: of one split, in windows of the model's length.
        seed: of the choice of windows.
        count: frames, about.

    Returns:
        `CNN`, the trunk's features, and `RNN`, the last layer before the heads, `(n, width)` each; and the annotated
        labels of the frames, as `Embedding` has them.
    """
    order = random_streams.generator("clip_questions", random_streams.seed_of(seed)).permutation(len(clips))
    chosen = np.sort(order[:max(1, -(-count // clips.windows.rows.shape[1]))])
    batch = clips.batch(chosen)
    flat = batch.images.reshape(-1, *batch.images.shape[2:])[batch.seen.ravel()]
    features = model.features(flat)
    sequences = np.zeros((*batch.seen.shape, features.shape[1]), np.float32)
    sequences[batch.seen] = features
    rows = clips.windows.rows[chosen][batch.seen]
    return ({"CNN": features, "RNN": model.hidden(sequences, batch.seen)[batch.seen]}, _labels(clips, rows))


def _labels(clips: Clips, rows: np.ndarray) -> dict[str, np.ndarray]:
    spec = clips.dataset.spec
    names = [name for name in ("expression", "valence", "arousal") if name in spec.columns]
    table = clips.dataset.table(clips.split, names)
    columns = {name: np.array(table[name].to_pylist(), object)[rows] for name in names}
    return {name: values if name == "expression" else values.astype(np.float64) for name, values in columns.items()}


def embedding_figure(embedding: Embedding) -> Figure:
    """Draws one row for each layer and method, coloured by expression, valence and arousal."""
    rows = [(layer, method) for layer, by in embedding.points.items() for method in by]
    names = list(embedding.columns)
    figure = plots.figure(3.3 * len(names) + 1.2, 2.9 * len(rows))
    panels = figure.subplots(len(rows), len(names), squeeze=False)
    for row, (layer, method) in enumerate(rows):
        for column, name in enumerate(names):
            axes = panels[row, column]
            drawn = _scatter(axes, embedding.points[layer][method], embedding.columns[name], name)
            if drawn is not None:
                figure.colorbar(drawn, ax=axes, shrink=0.8)
            axes.set_title(name if row == 0 else "", fontsize=9)
            axes.set_xticks([])
            axes.set_yticks([])
        title = {"pca": f"PCA ({100 * embedding.explained[layer]:.0f} % of variance)", "tsne": "t-SNE", "umap": "UMAP"}
        panels[row, 0].set_ylabel(f"{layer}: {title[method]}", fontsize=8)
    if "expression" in names:
        figure.legend(*panels[0, names.index("expression")].get_legend_handles_labels(), loc="outside lower center",
                      ncols=8, fontsize=7.5, frameon=False, markerscale=2.5)
    return figure


def _scatter(axes: Axes, points: np.ndarray, values: np.ndarray, name: str) -> PathCollection | None:
    """Draws points; returns those that are coloured by a number."""
    if name == "expression":
        words = sorted({word for word in values if word is not None}, key=lambda word: (word != "neutral", word))
        for word, colour in zip(words, (GREY, *[one for one in CLASS_COLOURS if one != GREY]) * 3):
            mine = values == word
            axes.scatter(points[mine, 0], points[mine, 1], s=3, color=colour, lw=0, label=word)
        return None
    known = np.isfinite(values)
    return axes.scatter(points[known, 0], points[known, 1], s=3, c=values[known], cmap="coolwarm", vmin=-1.0, vmax=1.0,
                        lw=0)
