"""Collects what a preset folder states about its model: licence, training data, figures."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catgan.models.gan.preset_folders import PACKAGED

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

LICENCE = "Apache-2.0"
"""Of the presets that come with catgan."""
USE = ("For research on what a model reads in a face. An Action Unit or a valence read here is not what a person "
       "feels, and must not be used to judge people. Generated faces are synthetic.")


def preset_facts(gan: CatGAN, preset: str | Path | None = None) -> dict[str, object]:
    """Collects facts of a preset; what is unknown is None.

    Args:
        gan: the model.
        preset: its folder; None if there is none.

    Returns:
        `name`; `licence`, SPDX; `about`: what its card says first; `trained_on`: content hash and split of the training
        data; `figures`: those of `metrics.json` by name, see `flat_figures`; `split` of those figures; `files`: sha256
        by name; `use`.
    """
    folder = None if preset is None else Path(preset)
    figures = {} if folder is None else read_figures(folder)
    return {"name": None if folder is None else preset_name(folder),
            "licence": None if folder is None else licence(folder),
            "about": None if folder is None else about(folder),
            "trained_on": None if gan.trained_on is None else dict(gan.trained_on), "figures": flat_figures(figures),
            "split": figures.get("split"), "files": {} if folder is None else checksums(folder), "use": USE}


def preset_name(folder: Path) -> str:
    """Returns the name of a preset: of a snapshot of a run, which is named best or last, that of the run; of a download
    from the hub, which is named by its commit, that of the repository."""
    folder = folder.absolute()
    if folder.parent.name == "snapshots" and "--" in folder.parent.parent.name:
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.parent.name if folder.name in ("best", "last") else folder.name


def licence(folder: Path) -> str | None:
    """Returns the licence of a preset: one that comes with catgan has that of catgan, one of the hub may state its own,
    that of others is not known."""
    if folder.resolve().parent == PACKAGED.resolve():
        return LICENCE
    path = folder / "config.json"
    stated = json.loads(path.read_text(encoding="utf-8")).get("licence") if path.is_file() else None
    return str(stated) if stated else None


def about(folder: Path) -> str | None:
    """Returns what stands in the `card.md` of a preset below its title, before the next heading, in one line; None
    without a card."""
    path = folder / "card.md"
    if not path.is_file():
        return None
    text = re.sub(r"\A\s*#[^\n]*", "", path.read_text(encoding="utf-8"))
    return " ".join(re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0].split()) or None


def read_figures(folder: Path) -> dict[str, object]:
    """Reads the `metrics.json` of a preset; {} without one."""
    path = folder / "metrics.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def flat_figures(figures: Mapping[str, object], above: str = "") -> dict[str, float]:
    """Flattens figures to names such as `valence.ccc`; those that are undefined are left out."""
    found: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat_figures(value, f"{above}{name}.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            found[above + name] = value
    return found


def checksums(folder: Path) -> dict[str, str]:
    """Returns the sha256 of the files that make up a preset: `config.json` and the weights."""
    paths = [folder / "config.json", *sorted(folder.glob("*.weights.h5")), *sorted(folder.glob("*.safetensors"))]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}
