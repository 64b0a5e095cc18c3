"""Formats figures with their intervals, tables of them, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Cell = Mapping[str, Any] | str | None


def figure(cell: Cell) -> str:
    """Returns a cell: a text as it is, a figure as `0.935 (0.932 .. 0.938)`."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    digits, unit = cell.get("digits", 0), f" {cell['unit']}" if "unit" in cell else ""
    sign = cell.get("signed", False)
    text = number(cell["value"], digits, sign) + unit
    if "interval" in cell:
        low, high = (number(bound, cell.get("interval_digits", digits), sign) for bound in cell["interval"])
        text += f" ({low} .. {high})"
    return text + (f", {cell['remark']}" if cell.get("remark") else "")


def number(value: float, digits: int, signed: bool = False) -> str:
    """Returns a number with thousands separators; very small ones as `2e-16`."""
    if value and abs(value) < 1e-3 and not digits:
        return f"{value:g}"
    return f"{value:{'+' if signed else ''},.{digits}f}"


def row(cells: Iterable[str]) -> str:
    """Returns a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def markdown(columns: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns a Markdown table."""
    return "\n".join([row(columns), "|" + "---|" * len(columns), *map(row, rows)]) + "\n"


def described(table: Mapping[str, Any], bare: bool) -> str:
    """Returns a table and, unless it is bare, what was measured, when, by which command and on what."""
    text = markdown(table["columns"], [map(figure, cells) for cells in table["rows"]])
    return f"\n{text}\n{'' if bare else note(table['measured'])}"


def note(measured: Mapping[str, Any]) -> str:
    """Returns a line on a measurement, which opens to show the machine and the commands."""
    first = [f"<i>Measured on {measured['date']}, not repeated since.</i> {amount(measured)}", seeds(measured["seed"])]
    if measured["interval"]:
        first.append(f"In brackets: {measured['interval']}")
    machine = measured["machine"] or "machine not noted"
    parts = [machine[0].upper() + machine[1:], commit(measured)]
    if measured["journal"]:
        parts.append(f"[Notes of that time](../journal/{measured['journal']})")
    summary = re.sub("`([^`]*)`", r"<code>\1</code>", ". ".join(part for part in first if part))
    text = f"<details><summary>{summary}.</summary>\n\n{'. '.join(parts)}.\n"
    if measured["command"]:
        text += "\n```bash\n" + "\n".join(measured["command"]) + "\n```\n"
    return text + "\n</details>\n\n"


def amount(measured: Mapping[str, Any]) -> str:
    """Returns `n = 500 questions`."""
    if measured["n"] is None:
        return f"Counted: {measured['of']}" if measured["of"] else ""
    return f"n = {measured['n']:,}" + (f" {measured['of']}" if measured["of"] else "")


def seeds(seed: int | Sequence[int] | None) -> str:
    """Returns the seed or seeds of a measurement in words."""
    if seed is None:
        return "Seed not noted"
    if not isinstance(seed, Sequence):
        return f"Seed {seed}"
    whole = len(seed) > 3 and list(seed) == list(range(seed[0], seed[-1] + 1))
    return f"Seeds {seed[0]} to {seed[-1]}" if whole else f"Seeds {', '.join(map(str, seed))}"


def commit(measured: Mapping[str, Any]) -> str:
    """Returns the commit that was measured, or the one that wrote the figures down."""
    if measured["commit"]:
        return f"Commit {measured['commit']}"
    return "Commit not noted" + (f"; written down in {measured['recorded']}" if measured["recorded"] else "")
