"""The part of `catgan evaluate` for networks of several modalities."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.cli.verb import Result

if TYPE_CHECKING:
    from catgan.data.store import DualDataset
    from catgan.metrics.figures import Figures

OTHERS = {"judges": "--judge", "encoders": "--encoder", "identity": "--identity", "find_delay": "--find-delay",
          "source_rate": "--source-rate"}
"""Arguments that concern other kinds of models."""


def run(arguments: argparse.Namespace, dataset: DualDataset, folder: Path) -> Result:
    """Measures a network on people, and prints the result. Files are written beside the other figures of a run."""
    from catgan.errors import CatganError
    from catgan.evaluation.people import evaluate_people
    from catgan.evaluation.people_figures import draw_people_figures
    from catgan.files import write_json
    from catgan.models.gan.preset_folders import find_preset
    from catgan.models.multimodal.model import FusionRecogniser

    given = [option for name, option in OTHERS.items() if getattr(arguments, name)]
    if given:
        raise CatganError(f"{' and '.join(given)} measure other kinds of models. {folder} reads people: face, posture, "
                          "gait, context.")
    model, split = FusionRecogniser.from_preset(folder), arguments.split
    result = evaluate_people(model, dataset, split)
    is_run = find_preset(folder).parent == folder
    figures = arguments.figures or (folder / f"evaluation-{split}" if is_run else None)
    if figures:
        draw_people_figures(Path(figures), result)
    if is_run:
        write_json(folder / f"evaluation-{split}.json", result)
    print(text(result))
    return result


def text(result: Figures) -> str:
    """Formats the result as tables; in brackets intervals."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} rows of {result['people']} people; in "
             "brackets 95 % intervals over people", _row("everybody, as they come", result["all"])]
    dimensions = [name for name in result["all"] if name.startswith("ccc_") and not name.endswith("_interval")]
    lines += [f"{name.removeprefix('ccc_')}: CCC {_figure(result['all'], name)}" for name in dimensions]
    lines += [f"categories: mAP {_figure(result['all'], 'map')}"] if "map" in result["all"] else []
    lines.append(f"Brier score {_figure(result['all'], 'brier')}, calibration error {_figure(result['all'], 'ece')}"
                 if "brier" in result["all"] else "no emotions")
    if "subsets" in result:
        lines += ["", f"{result['complete']} rows with all modalities, of which some are shown; answers at random have "
                      f"macro-F1 {_number(result.get('chance'))}"]
        lines += [_row(name.replace("+", " + "), found) for name, found in result["subsets"].items()]
    if "gain" in result:
        lines.append(f"all minus {result['gain']['over']} alone: {_figure(result['gain'], 'difference')}")
        lines += [f"lost without {name}: {_figure(found, 'loss')}" for name, found in result["missing"].items()]
    return "\n".join([*lines, *_places(result), *_leaks(result)])


def _places(result: Figures) -> list[str]:
    lines = [f"place {name} ({found['n']}): accuracy {_figure(found, 'accuracy')}, without the context "
             f"{_figure(found['without_context'], 'accuracy')}"
             for name, found in result.get("places", {}).items() if found["n"]]
    if "context_effect" in result:
        effect = result["context_effect"]
        lines.append(f"an average context changes {_number(effect['changed'])} of the answers, and probabilities by "
                     f"{_number(effect['distance'])} (total variation)")
    return [""] + lines


def _leaks(result: Figures) -> list[str]:
    return [f"{module} tells of the {other} beyond what it shows itself: kappa {_figure(found, 'kappa')}"
            for module, others in result.get("leaks", {}).items() for other, found in others.items()]


def _row(name: str, found: Figures) -> str:
    cells = "  ".join(f"{title} {_figure(found, key):22}" for title, key in (("macro-F1", "macro_f1"),
                                                                             ("accuracy", "accuracy")))
    return f"{name:34}{cells}n {found['n_labelled']}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _figure(figures: Figures, name: str) -> str:
    interval = figures.get(f"{name}_interval")
    return _number(figures.get(name)) + (f" ({interval[0]:.3f}..{interval[1]:.3f})" if interval else "")
