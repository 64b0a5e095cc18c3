"""Pictures and files of a counterfactual."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import catgan
from catgan import files
from catgan.explain.counterfactual import Counterfactual
from catgan.faces.images import write_image

NAMES = ("original", "reconstruction", "counterfactual", "difference")
_TITLES = {"original": "photograph", "reconstruction": "as the generator\ndraws it",
           "counterfactual": "counterfactual", "difference": "difference\n(red lighter, blue darker)"}
_COLOURS = {"ok": "#1b7837", "already met": "#555555", "not found": "#b35806", "poor inversion": "#b2182b"}


def save(result: Counterfactual, folder: str | Path, detailed: np.ndarray | None = None) -> None:
    """Writes the five pictures and, last, `counterfactual.json`.

    Args:
        result: the answer.
        folder: made if needed.
        detailed: the same aligned face at a larger size, uint8 `(s, s, 3)`; the change is then shown on it, so that
            everything else keeps the photograph's own sharpness.
    """
    folder = Path(folder)
    images = pictures(result, detailed)
    mark = {"catgan": f"synthetic face, catgan {catgan.__version__}", "target": result.target,
            "status": result.status}
    for name in NAMES:
        write_image(folder / f"{name}.png", images[name], None if name == "original" else mark)
    panel(result, images, folder / "panel.png")
    files.write_json(folder / "counterfactual.json", result.to_dict())


def pictures(result: Counterfactual, detailed: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """`original`, `reconstruction`, `counterfactual` and `difference` at the size of `detailed`."""
    base = result.images["original"] if detailed is None else detailed
    side = base.shape[0]
    change = result.images["counterfactual"].astype(np.float32) - result.images["original"]
    large = cv2.resize(change, (side, side), interpolation=cv2.INTER_CUBIC)
    return {"original": base,
            "reconstruction": cv2.resize(result.images["reconstruction"], (side, side), interpolation=cv2.INTER_CUBIC),
            "counterfactual": np.clip(np.rint(base + large), 0, 255).astype(np.uint8),
            "difference": heat(large.mean(-1))}


def heat(change: np.ndarray) -> np.ndarray:
    """A signed change `(h, w)` in grey levels as red (lighter) and blue (darker) on white, full colour at 64 levels."""
    strength = np.clip(np.abs(change) / 64.0, 0.0, 1.0)[..., None]
    colour = np.where(change[..., None] > 0, (178, 24, 43), (33, 102, 172))
    return np.rint(255 * (1 - strength) + colour * strength).astype(np.uint8)


def panel(result: Counterfactual, images: dict[str, np.ndarray], path: Path) -> None:
    """All on one page: four pictures, what the model reads before and after, and the sentence."""
    figure = Figure((10.0, 5.4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 4, height_ratios=(1.0, 0.85))
    for column, name in enumerate(NAMES):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(images[name], interpolation="bicubic")
        axes.set_title(_TITLES[name], fontsize=9)
        axes.axis("off")
    _bars(figure.add_subplot(grid[1, :]), result)
    figure.suptitle(f"{result.target}: {result.status}", color=_COLOURS[result.status], fontweight="bold")
    figure.supxlabel(result.sentence(), fontsize=9, wrap=True)
    with files.atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _bars(axes, result: Counterfactual) -> None:
    names = [name for name, value in result.original.items()
             if not isinstance(value, str) and not name.endswith(("_std", "_probability"))]
    scale = [5.0 if name.startswith("AU") and not name.endswith("_present") else 1.0 for name in names]
    for offset, (label, reading, colour) in enumerate((("photograph", result.original, "#9ec1e0"),
                                                       ("counterfactual", result.counterfactual, "#1f4e79"))):
        heights = [reading[name] / most for name, most in zip(names, scale)]
        axes.bar(np.arange(len(names)) + 0.4 * offset - 0.2, heights, 0.38, label=label, color=colour)
    axes.axhline(0, color="#444444", lw=0.6)
    ticks = axes.set_xticks(range(len(names)), [name.removesuffix("_present") for name in names], fontsize=8)
    for tick, name in zip(ticks, names):
        if name.removesuffix("_present") in result.changes:
            tick.label1.set_fontweight("bold")
    axes.set_ylabel("what the model reads", fontsize=8)
    below = min((reading[name] for name in names for reading in (result.original, result.counterfactual)), default=0.0)
    axes.set_ylim(-1.05 if below < -0.02 else 0.0, 1.05)
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
