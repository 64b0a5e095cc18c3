"""Pictures and files of a counterfactual."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

import catgan
from catgan import files, plots
from catgan.explain.counterfactual import Counterfactual
from catgan.faces.alignment import Face, aligned_by
from catgan.faces.blending import paste
from catgan.faces.images import Photograph, write_image, write_photograph

NAMES = ("original", "reconstruction", "counterfactual", "difference")
SHOWN_SIZE = 256
SHOWN_OUTPUTS = 16
"""Outputs of a foreign model on the panel."""
FRAME_SECONDS, HOLD_SECONDS = 0.08, 0.8
_COLOURS = {"ok": "#1b7837", "already met": "#555555", "not found": "#b35806", "poor inversion": "#b2182b"}


def save(result: Counterfactual, folder: str | Path, photo: np.ndarray | Photograph | None = None,
         face: Face | None = None, places: np.ndarray | None = None, model: str = "") -> dict[str, np.ndarray]:
    """Writes the pictures and, last, `counterfactual.json`.

    Args:
        result: the answer.
        folder: made if needed.
        photo: the photograph, uint8 `(h, w, 3)`, from which `face` was aligned by `places` (`alignment.anchors`): the
            change is put into it at its own resolution, and everything else stays as it is. A `Photograph` keeps its
            colour profile and transparency.
        model: name of what was explained and what drew, for the provenance.

    Returns:
        The pictures, by name.
    """
    folder, mark = Path(folder), provenance(result, model)
    source, photo = (photo, photo.pixels) if isinstance(photo, Photograph) else (None, photo)
    images = pictures(result, photo, face, places)
    for name, image in images.items():
        if name == "photograph" and source is not None:
            write_photograph(folder / "photograph.png", source, image, mark)
        else:
            write_image(folder / f"{name}.png", image, None if name == "original" else mark)
    panel(result, images, folder / "panel.png", mark)
    if len(result.path) > 1:
        animation(folder / "animation.gif", frames(result, photo, face, places), mark)
    files.write_json(folder / "counterfactual.json", {**result.to_dict(), "provenance": mark})
    return images


def provenance(result: Counterfactual, model: str = "") -> dict[str, str]:
    """What is written into every drawn picture, as text chunks, and into the JSON."""
    return {"catgan": f"synthetic face, catgan {catgan.__version__}", "model": model, "target": result.target,
            "status": result.status}


def pictures(result: Counterfactual, photo: np.ndarray | None = None, face: Face | None = None,
             places: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """`original`, `reconstruction`, `counterfactual` and `difference` of the aligned face, and `photograph`, the whole
    photograph with the changed face, where there is one."""
    if photo is None or face is None or places is None:
        shown = dict(result.images)
    else:
        pasted = paste(photo, face, result.path[-1], result.moves[-1])
        base = aligned_by(photo, places, SHOWN_SIZE).image
        shown = {"original": base, "reconstruction": _large(result.images["reconstruction"]),
                 "counterfactual": aligned_by(pasted, places, SHOWN_SIZE).image, "photograph": pasted}
    change = shown["counterfactual"].astype(np.float32) - shown["original"]
    return {**shown, "difference": heat(change.mean(-1))}


def frames(result: Counterfactual, photo: np.ndarray | None = None, face: Face | None = None,
           places: np.ndarray | None = None) -> list[np.ndarray]:
    """The aligned face from the original to the counterfactual, uint8."""
    if photo is None or face is None or places is None:
        return [result.images["original"], *result.path]
    pasted = [photo, *(paste(photo, face, after, moves) for after, moves in zip(result.path, result.moves))]
    return [aligned_by(picture, places, SHOWN_SIZE).image for picture in pasted]


def animation(path: Path, shown: list[np.ndarray], mark: dict[str, str]) -> None:
    """A GIF from one face to the other and back, without end."""
    order = [*shown, *shown[-2:0:-1]]
    seconds = [FRAME_SECONDS] * len(order)
    seconds[0] = seconds[len(shown) - 1] = HOLD_SECONDS
    pages = [Image.fromarray(picture) for picture in order]
    with files.atomic_path(path) as temporary:
        pages[0].save(temporary, format="GIF", save_all=True, append_images=pages[1:], loop=0,
                      duration=[round(1000 * part) for part in seconds], comment=mark["catgan"].encode())


def _large(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, (SHOWN_SIZE, SHOWN_SIZE), interpolation=cv2.INTER_CUBIC)


def heat(change: np.ndarray) -> np.ndarray:
    """A signed change `(h, w)` in grey levels as red (lighter) and blue (darker) on white, full colour at 64 levels."""
    strength = np.clip(np.abs(change) / 64.0, 0.0, 1.0)[..., None]
    colour = np.where(change[..., None] > 0, (178, 24, 43), (33, 102, 172))
    return np.rint(255 * (1 - strength) + colour * strength).astype(np.uint8)


# === The panel ===


def panel(result: Counterfactual, images: dict[str, np.ndarray], path: Path,
          mark: dict[str, str] | None = None) -> None:
    """All on one page: four pictures, what the model reads before and after, and the sentence."""
    figure = plots.figure(10.0, 5.6, dpi=120)
    grid = figure.add_gridspec(2, 4, height_ratios=(1.0, 0.85))
    titles = {"original": "photograph", "reconstruction": result.kept, "counterfactual": "counterfactual",
              "difference": "difference\n(red lighter, blue darker)"}
    for column, name in enumerate(NAMES):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(images[name], interpolation="bicubic")
        axes.set_title(titles[name], fontsize=9)
        axes.axis("off")
    both = result.catgan is None and {"valence", "arousal"} <= set(result.original)
    if result.catgan is not None:
        _outputs(figure.add_subplot(grid[1, :2]), result)
        ours = replace(result, original=result.catgan["original"], counterfactual=result.catgan["counterfactual"])
        _bars(figure.add_subplot(grid[1, 2:]), ours, "what catgan reads")
    else:
        _bars(figure.add_subplot(grid[1, :3] if both else grid[1, :]), result)
    if both:
        _plane(figure.add_subplot(grid[1, 3]), result)
    figure.suptitle(f"{result.target}: {result.status}", color=_COLOURS[result.status], fontweight="bold",
                    parse_math=False)
    figure.supxlabel(result.sentence(), fontsize=9, wrap=True, parse_math=False)
    plots.save(figure, path, mark)


def _outputs(axes: Any, result: Counterfactual) -> None:
    """What a foreign model says before and after, in its own units: of many numbers those that moved most."""
    names = sorted(result.original, key=lambda name: -abs(result.counterfactual[name] - result.original[name]))
    names = [name for name in result.original if name in names[:SHOWN_OUTPUTS]]
    for offset, (label, reading, colour) in enumerate((("photograph", result.original, "#e5c39b"),
                                                       ("counterfactual", result.counterfactual, "#8c510a"))):
        axes.bar(np.arange(len(names)) + 0.4 * offset - 0.2, [reading[name] for name in names], 0.38, label=label,
                 color=colour)
    axes.axhline(0, color="#444444", lw=0.6)
    axes.set_xticks(range(len(names)), [name if len(name) <= 24 else f"{name[:23]}~" for name in names], fontsize=7,
                    rotation=90 if len(names) > 6 else 0, parse_math=False)
    axes.set_ylabel("what the explained model says", fontsize=8)
    _legend(axes)


def _legend(axes: Any) -> None:
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    plots.hide_spines(axes)


def _bars(axes: Any, result: Counterfactual, title: str = "what the model reads") -> None:
    names = [name for name, value in result.original.items()
             if not isinstance(value, str) and not name.endswith(("_std", "_probability")) and "=" not in name]
    scale = [5.0 if name.startswith("AU") and not name.endswith("_present") else 1.0 for name in names]
    for offset, (label, reading, colour) in enumerate((("photograph", result.original, "#9ec1e0"),
                                                       ("counterfactual", result.counterfactual, "#1f4e79"))):
        heights = [reading[name] / most for name, most in zip(names, scale)]
        axes.bar(np.arange(len(names)) + 0.4 * offset - 0.2, heights, 0.38, label=label, color=colour)
    axes.axhline(0, color="#444444", lw=0.6)
    ticks = axes.set_xticks(range(len(names)), [name.removesuffix("_present") for name in names], fontsize=7,
                            rotation=90 if len(names) > 12 else 0)
    for tick, name in zip(ticks, names):
        if name.removesuffix("_present") in result.changes:
            tick.label1.set_fontweight("bold")
    axes.set_ylabel(title, fontsize=8)
    below = min((reading[name] for name in names for reading in (result.original, result.counterfactual)), default=0.0)
    axes.set_ylim(-1.05 if below < -0.02 else 0.0, 1.05)
    _legend(axes)


def _plane(axes: Any, result: Counterfactual) -> None:
    """Valence and arousal before and after, in their plane."""
    (x0, y0), (x1, y1) = ((reading["valence"], reading["arousal"]) for reading in (result.original,
                                                                                   result.counterfactual))
    axes.axhline(0, color="#bbbbbb", lw=0.6)
    axes.axvline(0, color="#bbbbbb", lw=0.6)
    axes.add_artist(_circle())
    axes.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "->", "color": "#1f4e79", "lw": 1.4})
    axes.plot([x0], [y0], "o", color="#9ec1e0", ms=6)
    axes.plot([x1], [y1], "o", color="#1f4e79", ms=6)
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes.set_xlabel("valence", fontsize=8)
    axes.set_ylabel("arousal", fontsize=8)
    axes.tick_params(labelsize=7)


def _circle() -> Any:
    from matplotlib.patches import Circle
    return Circle((0, 0), 1.0, fill=False, color="#dddddd", lw=0.8)
