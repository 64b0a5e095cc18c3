"""Finds the folders of trained models: runs, presets that come with catgan, and presets on the Hugging Face Hub."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from catgan.errors import CatganError, ModelError
from catgan.models.hub.addresses import is_address
from catgan.models.hub.download import download

PACKAGED = Path(__file__).parents[2] / "presets"
"""Folder of the presets that come with catgan."""
CLIPS = "clips"
"""Value of `"kind"` in the `config.json` of a model of clips; that of a `CatGAN` has no such key."""
LANDMARKS = "landmarks"
"""Value of `"kind"` in the `config.json` of a network on landmarks."""
PEOPLE = "people"
"""Value of `"kind"` in the `config.json` of a model of several modalities."""


def find_preset(folder: str | Path) -> Path:
    """Finds the folder that holds the `config.json` of a model.

    Args:
        folder: a preset folder, a run (its `best/`, else its `last/`), the name of a preset that comes with catgan
            (`"rendered_64"`), or `"hf://ORGANISATION/NAME[@REVISION]"` on the Hugging Face Hub.

    Raises:
        ModelError: there is none.
    """
    if is_address(folder):
        folder = download(folder)
    folder, packaged = Path(folder), packaged_presets()
    for candidate in (folder, folder / "best", folder / "last"):
        if (candidate / "config.json").is_file():
            return candidate
    if str(folder) in packaged:
        return packaged[str(folder)]
    if not folder.exists():
        known = f", or one of the presets that come with catgan: {', '.join(packaged)}" if packaged else ""
        raise ModelError(f"No such run or preset: {folder}. Give a folder that 'catgan train' wrote{known}.")
    raise ModelError(f"{folder} is neither a run nor a preset: it holds no config.json, best/ or last/. "
                     "Give a folder that 'catgan train' wrote; a run has a preset after its first snapshot.")


def read_description(folder: Path) -> dict:
    """Reads the `config.json` of a preset folder."""
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))


def read_kind(folder: Path, kind: str, version: int, refusal: str) -> dict:
    """Reads the `config.json` of a preset folder that must hold one kind of model.

    Args:
        folder: the preset.
        kind: value of `"kind"`.
        version: of the format that is read.
        refusal: what to say of another kind, after the name of the folder.

    Raises:
        ModelError: another kind or format.
    """
    content = read_description(folder)
    if content.get("kind") != kind:
        raise ModelError(f"{folder} {refusal}")
    if content["format"] != version:
        raise ModelError(f"{folder} has format {content['format']}; this version reads format {version}.")
    return content


@contextlib.contextmanager
def damage_reported(folder: Path) -> Iterator[None]:
    """Turns the errors of reading a damaged preset folder into `ModelError`."""
    try:
        yield
    except CatganError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, UserWarning) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder} holds a damaged model: {type(error).__name__}: {reason}") from None


def packaged_presets() -> dict[str, Path]:
    """Lists the folders of the trained models that come with catgan, by name."""
    return {path.parent.name: path.parent for path in sorted(PACKAGED.glob("*/config.json"))}


def packaged_face_presets() -> dict[str, Path]:
    """Lists the folders of those that read single faces, which a `CatGAN` can be loaded from."""
    return {name: folder for name, folder in packaged_presets().items()
            if "kind" not in read_description(folder)}
