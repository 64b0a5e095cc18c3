"""The part of `catgan evaluate` for models of clips."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.data.store import DualDataset
    from catgan.metrics.figures import Figures

FRAMES_ONLY = ("judges", "encoders", "identity")
"""Arguments that concern generated faces, which a model of clips does not draw."""


def run(arguments: argparse.Namespace, dataset: DualDataset, folder: Path) -> Result:
    """Measures a model of clips, and prints the result. Files are written beside the other figures of a run."""
    from catgan.errors import CatganError
    from catgan.evaluation.clip_figures import draw_figures
    from catgan.evaluation.clips import evaluate_clips, model_options, predict_clips
    from catgan.evaluation.delay import find_delay, found_timings
    from catgan.files import write_json
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.sequence.model import ClipRecogniser

    given = [f"--{name.removesuffix('s')}" for name in FRAMES_ONLY if getattr(arguments, name)]
    if given:
        raise CatganError(f"{' and '.join(given)} measure generated faces. {folder} is a model of clips, which draws "
                          "none.")
    model, preset, split = ClipRecogniser.from_preset(folder), find_preset(folder), arguments.split
    options = model_options(model, arguments.source_rate)
    predicted = predict_clips(model, dataset, split, options)
    result = evaluate_clips(model, dataset, split, predicted=predicted)
    is_run = preset.parent == folder
    figures = arguments.figures or (folder / f"evaluation-{split}" if is_run else None)
    if figures:
        draw_figures(Path(figures), result)
    if arguments.find_delay:
        result["delay"] = find_delay(model, dataset, split, predicted, options)
    if is_run:
        write_json(folder / f"evaluation-{split}.json", result)
        if arguments.find_delay:
            write_json(folder / "delay.json", {"dataset": dataset.info["name"], **found_timings(result["delay"])})
    print(text(result))
    return result


def text(result: Figures) -> str:
    """Formats the result as a table."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} frames, "
             f"{100 * result['coverage']:.1f} % answered", *_labels(result)]
    for search, found in result.get("delay", {}).items():
        if isinstance(found, dict):
            lines += _timing(search, found)
    return "\n".join(lines)


def _labels(result: Figures) -> list[str]:
    """Formats the figures of expressions, valence, arousal and Action Units; in brackets intervals."""
    lines, videos = [], result["per_video"]
    for name, title, keys in (("expression", "expression", (("macro-F1", "macro_f1"), ("UAR", "uar"),
                                                            ("accuracy", "accuracy"))),
                              ("valence", "valence", (("CCC", "ccc"), ("PCC", "pcc"), ("RMSE", "rmse"),
                                                      ("SAGR", "sagr"))),
                              ("arousal", "arousal", (("CCC", "ccc"), ("PCC", "pcc"), ("RMSE", "rmse"),
                                                      ("SAGR", "sagr"))),
                              ("action_units", "AUs, mean", (("F1", "mean_f1"), ("ICC", "mean_icc"),
                                                             ("PCC", "mean_pcc")))):
        if name not in result:
            continue
        for place, figures in (("all frames", result[name]), ("per video", videos.get(name, {}))):
            cells = [f"{label} {_cell(figures.get(key))}{_interval(figures, key)}" for label, key in keys]
            lines.append(f"{title if place == 'all frames' else '':11}{place:11}{'  '.join(cells)}")
    return lines


def _timing(search: str, found: Figures) -> list[str]:
    """Formats what the search of a delay or a smoothing chose, and what it changes."""
    lines = []
    for part, timing in found["timing"].items():
        chosen = f"delay {timing['delay']:.2f} s" if search != "smoothing" else ""
        if search != "delay":
            width = f" of {timing['width']:g} s" if timing["width"] else ""
            chosen += f"{', ' if chosen else ''}smoothing {timing['smoothing']}{width}"
        name, key, label = ("valence", "ccc", "CCC") if part == "valence_arousal" else ("expression", "macro_f1",
                                                                                        "macro-F1")
        names = ("valence", "arousal") if name == "valence" else (name,)
        changes = ", ".join(f"{label} of {one} {_cell(found['before'][one][key])} -> "
                            f"{_cell(found['after'][one][key])}" for one in names)
        lines.append(f"{part} ({search}, chosen on validation): {chosen}; {changes}")
    return lines


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(figures: Figures, name: str) -> str:
    interval = figures.get(f"{name}_interval")
    return f" ({interval[0]:.3f}..{interval[1]:.3f})" if interval else ""
