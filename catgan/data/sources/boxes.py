"""Reads boxes of faces from the columns of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catgan.data.sources.scales import MISSING, CellError, number
from catgan.errors import CatganError, unknown_name

Edges = tuple[float, float, float, float]

DEFAULT = ("left", "top", "width", "height")
ORDERS = (frozenset(DEFAULT), frozenset({"left", "top", "right", "bottom"}),
          frozenset({"centre_x", "centre_y", "width", "height"}))
UNITS = ("pixel", "share")


@dataclass(frozen=True)
class Box:
    """Describes the columns that hold the box of a face.

    Args:
        columns: four names, or one for a column with four numbers.
        holds: meaning of the four numbers.
        shares: whether they are shares of the picture's width and height instead of pixels.
    """

    columns: tuple[str, ...]
    holds: tuple[str, ...] = DEFAULT
    shares: bool = False

    @classmethod
    def of(cls, given: object) -> Box:
        """Parses a recipe's option `box`.

        Raises:
            CatganError: it does not describe a box.
        """
        if isinstance(given, str):
            given = {"column": given}
        if isinstance(given, list):
            given = dict(zip(DEFAULT, given)) if len(given) == len(DEFAULT) else {}
        if not isinstance(given, Mapping) or not given:
            raise CatganError(f"Option 'box' needs four columns [left, top, width, height], or a mapping such as "
                              f"{{left: x1, top: y1, right: x2, bottom: y2}}. Received: {given!r}.")
        content = dict(given)
        unit = content.pop("unit", UNITS[0])
        if unit not in UNITS:
            raise unknown_name("unit of option 'box'", unit, UNITS)
        column, holds = content.pop("column", None), content.pop("holds", None)
        parts = tuple(holds) if isinstance(holds, list) else DEFAULT if column is not None else tuple(content)
        columns = (column,) if column is not None else tuple(content.values())
        if frozenset(map(str, parts)) not in ORDERS or len(parts) != 4 or column is not None and content \
                or column is None and holds is not None:
            raise CatganError(f"Option 'box' needs left and top, or centre_x and centre_y, with width and height; or "
                              f"left, top, right and bottom. Received: {given!r}.")
        return cls(tuple(" ".join(str(name).split()) for name in columns), parts, unit == "share")

    def read(self, cells: Sequence[str]) -> Edges | None:
        """Returns left, top, width and height from the cells of `columns`; None if all of them are unknown.

        Raises:
            CellError: a cell is not a number, only some are unknown, or the box has no area.
        """
        if len(self.columns) == 1:
            cells = re.split(r"[\s,;]+", cells[0].strip("[](){} \t")) if cells[0].lower() not in MISSING else [""] * 4
        if all(cell.lower() in MISSING for cell in cells):
            return None
        try:
            values = dict(zip(self.holds, (number(cell) for cell in cells), strict=True))
        except ValueError:
            raise CellError(f"the box must be four numbers: {', '.join(self.holds)}. "
                            f"Received: {', '.join(cells)[:80]}.") from None
        left, top, width, height = _edges(values)
        largest = 2.0 if self.shares else 1e6
        if not (0.0 < width <= largest and 0.0 < height <= largest and abs(left) <= largest and abs(top) <= largest):
            raise CellError(f"the box must have a width and a height above 0"
                            f"{', in shares of the picture' if self.shares else ', in pixels'}. "
                            f"Received: {', '.join(cells)[:80]} ({', '.join(self.holds)}).")
        return left, top, width, height


def _edges(values: Mapping[str, float]) -> Edges:
    if "right" in values:
        return values["left"], values["top"], values["right"] - values["left"], values["bottom"] - values["top"]
    width, height = values["width"], values["height"]
    if "centre_x" in values:
        return values["centre_x"] - width / 2, values["centre_y"] - height / 2, width, height
    return values["left"], values["top"], width, height
