"""Puts the description of an export into its file, where the format has no place of its own for it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from catgan.exporters.description import Description

INSIDE = "catgan.json"
"""Name of the description inside a file or folder."""


def as_text(description: Description, **more: object) -> str:
    """Writes a description as JSON, with facts of the format."""
    return json.dumps({**description, **more}, indent=2, allow_nan=False, ensure_ascii=False)


def put_inside(path: Path, description: Description, **more: object) -> None:
    """Adds a description to a file, as an entry of a zip archive.

    A `.keras` file is such an archive. A `.tflite` file may have one at its end, where runtimes do not look. `unzip -p
    FILE catgan.json` prints it.
    """
    with zipfile.ZipFile(path, "a") as archive:
        # Without a date of its own, equal models give equal bytes.
        archive.writestr(zipfile.ZipInfo(INSIDE), as_text(description, **more))
