"""A folder that is annotated: its items, raters, Action Units to code, and what each rater has said.

Everything is kept in `FOLDER/annotations`:

    project.json                          the Action Units to code
    ratings/RATER/NAME-ID.jsonl           one journal per rater and item
    export/                               tables and a recipe, see `catgan.pipelines.annotation.export`
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from catgan import facs
from catgan.errors import CatganError
from catgan.files import write_json
from catgan.pipelines.annotation import journal
from catgan.pipelines.annotation.changes import Change
from catgan.pipelines.annotation.items import Item, find_items
from catgan.pipelines.annotation.journal import Content
from catgan.pipelines.annotation.ratings import Ratings

NAME = "annotations"
UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""Action Units that are coded unless the project chooses others: those of DISFA (Mavadati et al. 2013)."""
LONGEST_NAME = 40


class Project:
    """Opens a folder for annotation.

    Args:
        folder: photographs and videos, also in folders below.

    Attributes:
        items: by identity, sorted by name.
        skipped: number of files that were left out, by reason.

    Raises:
        CatganError: the folder is missing, or its settings cannot be read.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).resolve()
        self.kept = self.folder / NAME
        self.items: dict[str, Item] = {}
        self.skipped = Counter[str]()
        self._seen: dict[Path, tuple[tuple[int, int], Ratings]] = {}
        self.look()
        self.units = self._read_units()

    def look(self) -> None:
        """Looks for items again; the ratings of files that are gone stay on disk."""
        items, self.skipped = find_items(self.folder, self.kept)
        self.items = {item.identity: item for item in items}

    def item(self, identity: str) -> Item:
        """Returns an item.

        Raises:
            CatganError: there is none.
        """
        if identity not in self.items:
            raise CatganError("This photograph or video is not in the folder any more. Reload the page.")
        return self.items[identity]

    # === Settings ===

    def choose_units(self, units: Sequence[int]) -> None:
        """Chooses the Action Units to code; ratings of others stay on disk.

        Raises:
            CatganError: none, or one that FACS does not have.
        """
        if not units:
            raise CatganError("At least one Action Unit is coded. Received: none.")
        self.units = tuple(sorted({facs.action_unit(number).number for number in units}))
        write_json(self.kept / "project.json", {"action_units": list(self.units)})

    def _read_units(self) -> tuple[int, ...]:
        path = self.kept / "project.json"
        if not path.exists():
            return UNITS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["action_units"]
            return tuple(facs.action_unit(int(number)).number for number in found) or UNITS
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CatganError(f"{path} must be {{\"action_units\": [1, 2, 4]}}. Received: {str(error)[:80]}. "
                              "Remove it to code the usual ones.") from None

    # === Ratings ===

    def raters(self) -> list[str]:
        """Returns the names of all who have rated anything, sorted."""
        folder = self.kept / "ratings"
        if not folder.is_dir():
            return []
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and _is_name(path.name))

    def read(self, item: Item, rater: str) -> Content:
        """Reads what a rater has said of an item, step by step."""
        return journal.read(self._journal(item, rater))

    def rate(self, item: Item, rater: str, change: Change, revision: int) -> Content:
        """Saves a step of a rater.

        Args:
            item: what is rated.
            rater: name of the rater.
            change: the step.
            revision: of the content that the rater has seen.

        Raises:
            Conflict: another tab of this rater has changed the same meanwhile.
            CatganError: the step does not suit the item.
        """
        if not item.video and (change.trace or change.frame is not None):
            raise CatganError(f"A photograph has neither frames nor ratings over time. Received some for {item.key}.")
        if item.video and change.frame is None and (change.values or change.cleared):
            raise CatganError(f"Labels of a video need a frame. Received none for {item.key}.")
        return journal.append(self._journal(item, rater), change, revision, {"item": item.key, "rater": rater})

    def ratings(self, item: Item, rater: str) -> Ratings:
        """Returns what a rater says of an item; kept in memory until the file changes. Not to be changed."""
        path = self._journal(item, rater)
        try:
            found = path.stat()
        except FileNotFoundError:
            return Ratings()
        stamp = found.st_mtime_ns, found.st_size
        if path not in self._seen or self._seen[path][0] != stamp:
            self._seen[path] = stamp, journal.read(path).ratings()
        return self._seen[path][1]

    def all_ratings(self, raters: Sequence[str]) -> Iterator[tuple[Item, dict[str, Ratings]]]:
        """Yields every item with the ratings of those who have rated it."""
        for item in self.items.values():
            yield item, {rater: self.ratings(item, rater) for rater in raters
                         if self._journal(item, rater).exists()}

    def _journal(self, item: Item, rater: str) -> Path:
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", item.key.rpartition("/")[2])[:60]
        return self.kept / "ratings" / rater_name(rater) / f"{name}-{item.identity}.jsonl"


def rater_name(text: str) -> str:
    """Returns a rater's name, which is also that of a folder.

    Raises:
        CatganError: it is empty, too long, or has other signs than letters, digits, blanks, `-`, `_` and `.`.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not _is_name(name):
        raise CatganError(f"A rater's name has 1 to {LONGEST_NAME} letters, digits, blanks, '-', '_' or '.', and "
                          f"begins with a letter or digit. Received: {text[:60]!r}.")
    return name


def _is_name(name: str) -> bool:
    return (0 < len(name) <= LONGEST_NAME and name[0].isalnum() and name[-1] not in ". "
            and all(sign.isalnum() or sign in " -_." for sign in name))
