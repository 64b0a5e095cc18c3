"""Finds the sample sheets of a run: those of snapshots over time, and the latest."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from catgan.errors import printable
from catgan.training import sheets
from catgan.web.inside import identity_of, inside, read_inside
from catgan.web.requests import Refused

MAX_SHEET_BYTES = 32 << 20
MAX_SHEETS = 500
SIGNATURE = b"\x89PNG\r\n\x1a\n"


class SheetFile(NamedTuple):
    """A sheet of a run.

    Args:
        name: what it shows, such as `free`.
        images: faces seen; None for the latest of a run that keeps no sheets over time.
        path: the file.
    """

    name: str
    images: int | None
    path: Path

    @property
    def identity(self) -> str:
        """A short name for addresses."""
        return identity_of(f"{self.path.parent.name}/{self.path.name}")


def sheets_of(root: Path, run: Path) -> list[SheetFile]:
    """Returns the sheets of a run in the order of time; symbolic links are left out.

    Args:
        root: folder of the runs.
        run: folder of the run.
    """
    over_time = run / sheets.FOLDER
    found = [SheetFile(sheet.name, sheet.images, over_time / sheet.file)
             for sheet in sheets.kept(_files(root, over_time))]
    names = {sheet.name for sheet in found}
    found += [SheetFile(printable(file.removesuffix(".png"))[:80], None, run / "samples" / file)
              for file in _files(root, run / "samples") if file.removesuffix(".png") not in names]
    return found[-MAX_SHEETS:]


def described(root: Path, run: Path) -> dict[str, object]:
    """Describes the sheets of a run by name: `{"name", "sheets": [{"id", "images", "version"}]}`."""
    named = dict[str, list[dict[str, object]]]()
    for sheet in sheets_of(root, run):
        named.setdefault(sheet.name, []).append({"id": sheet.identity, "images": sheet.images,
                                                 "version": f"{sheet.path.stat().st_mtime_ns:x}"})
    return {"kinds": [{"name": name, "sheets": found} for name, found in sorted(named.items())]}


def picture(root: Path, run: Path, identity: str) -> bytes:
    """Returns a sheet as PNG.

    Raises:
        Refused: the run has no such sheet (404), or it is no PNG.
    """
    for sheet in sheets_of(root, run):
        if sheet.identity == identity:
            content = read_inside(root, sheet.path, MAX_SHEET_BYTES)
            if not content.startswith(SIGNATURE):
                raise Refused(f"The sheet {sheet.name} is no PNG.")
            return content
    raise Refused("This sheet is not there any more. Reload the page.", 404)


def _files(root: Path, folder: Path) -> list[str]:
    if not folder.is_dir() or not inside(root, folder):
        return []
    return sorted(path.name for path in folder.glob("*.png") if path.is_file() and not path.is_symlink())
