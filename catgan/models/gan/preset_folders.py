"""Finds the folders of trained models: of runs, and of the presets that come with catgan."""

from __future__ import annotations

from pathlib import Path

from catgan.errors import CatganError

PACKAGED = Path(__file__).parents[2] / "presets"
"""Where the presets lie that come with catgan."""


def find_preset(folder: str | Path) -> Path:
    """The folder that holds `config.json`: `folder` itself, its `best/`, its `last/`, or a preset that comes with
    catgan (`"rendered_64"`).

    Raises:
        CatganError: there is none.
    """
    folder = Path(folder)
    packaged = packaged_presets()
    for candidate in (folder, folder / "best", folder / "last"):
        if (candidate / "config.json").is_file():
            return candidate
    if str(folder) in packaged:
        return packaged[str(folder)]
    if not folder.exists():
        known = f", or one of the presets that come with catgan: {', '.join(packaged)}" if packaged else ""
        raise CatganError(f"No such run or preset: {folder}. Give a folder that 'catgan train' wrote{known}.")
    raise CatganError(f"{folder} is neither a run nor a preset: it holds no config.json, best/ or last/. "
                      "Give a folder that 'catgan train' wrote; a run has a preset after its first snapshot.")


def packaged_presets() -> dict[str, Path]:
    """The folders of the trained models that come with catgan, by name."""
    return {path.parent.name: path.parent for path in sorted(PACKAGED.glob("*/config.json"))}
