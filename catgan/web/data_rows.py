"""Answers queries of the page Data: which faces match, a page of them, and everything that is known of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np

from catgan import facs
from catgan.data import predictions
from catgan.data.query import parse
from catgan.data.schema import QUALITY
from catgan.data.view import Fact, Row, asked_facts, caption, predicted_facts, unit_facts
from catgan.web.data_source import DataSource
from catgan.web.requests import Refused

PAGE_SIZE = 48
"""Faces on a page of the contact sheet."""
SEARCH_SECONDS = 20.0
"""A query that takes longer is given up."""


@dataclass
class DataState:
    """What a tab has found last; pages of it are shown without another search.

    Args:
        key: version of the data set, query and split.
        rows: numbers of the rows.
        columns: that the query names.
        asked: number of searches of this tab; an older search ends when a newer one begins.
    """

    key: tuple[str, str, str] | None = None
    rows: np.ndarray | range = field(default_factory=lambda: range(0))
    columns: tuple[str, ...] = ()
    asked: int = 0

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes if isinstance(self.rows, np.ndarray) else 0


def search(source: DataSource, state: DataState, where: str, split: str, given_up: Callable[[], bool]) -> None:
    """Finds the faces that match a query, and keeps their rows in the state of the tab.

    Args:
        source: the data set.
        state: of the tab.
        where: the query; an empty one matches all faces.
        split: `train`, `validation`, `test` or `all`.
        given_up: tells whether nobody waits for the answer any more.

    Raises:
        CatganError: a query that cannot be read, or another split.
        Refused: the query takes too long, or is given up.
    """
    opened = source.opened()
    if split not in opened.splits:
        raise Refused(f"'split' must be one of {', '.join(opened.splits)}. Received: {split[:80]}.")
    key = (opened.version, where, split)
    if state.key == key:
        return
    if not where.strip():
        state.key, state.rows, state.columns = key, opened.splits[split], ()
        return
    query = parse(where, opened.columns)
    try:
        check = _checks(given_up, len(opened.splits[split]))
        rows = source.search(query.matches, query.columns, split, check)
    except duckdb.Error as error:
        raise Refused(f"The query cannot be answered: {str(error).splitlines()[0][:200]}") from None
    state.key, state.rows, state.columns = key, rows, query.columns


def _checks(given_up: Callable[[], bool], faces: int) -> Callable[[], None]:
    started = time.monotonic()

    def check() -> None:
        if given_up():
            raise Refused("Another query was asked meanwhile.", 409)
        if time.monotonic() - started > SEARCH_SECONDS:
            raise Refused(f"The query took longer than {SEARCH_SECONDS:g} seconds on {faces:,} faces. Ask about one "
                          "split, or use: catgan view DIR --where QUERY --out sheet.html.")

    return check


def page_of(source: DataSource, state: DataState, page: int) -> dict[str, object]:
    """Describes one page of what the tab has found.

    Args:
        source: the data set.
        state: of the tab, after `search`.
        page: from 0; a number behind the last page gives the last one.
    """
    opened, count = source.opened(), len(state.rows)
    pages = max(-(-count // PAGE_SIZE), 1)
    page = min(page, pages - 1)
    rows = [int(row) for row in state.rows[page * PAGE_SIZE:(page + 1) * PAGE_SIZE]]
    source.hint(rows)
    units = [name for number in opened.dataset.spec.action_units
             for name in (facs.au_name(number), facs.presence_column(facs.au_name(number)))]
    shown = source.rows(rows, ["id", *(state.columns or ("valence", "arousal", "expression", *units))])
    return {"matches": count, "page": page, "pages": pages, "size": PAGE_SIZE, "version": opened.version,
            "faces": [{"row": row, "id": one["id"], "lines": caption(one, state.columns)}
                      for row, one in zip(rows, shown)]}


def face_of(source: DataSource, row: int) -> dict[str, object]:
    """Describes all that is known of a face. An unknown value is None; so is the source of an unknown label."""
    found, = source.rows([row])
    units = unit_facts(found)
    labels = [fact for fact in asked_facts(found, ["valence", "arousal", "expression"]) if fact.name in found]
    return {"row": row, "id": found["id"], "split": found["split"], "subject": found["subject"],
            "video": found.get("video"), "frame": found.get("frame"), "sources": found["sources"] or [],
            "labels": [_shown(fact) for fact in labels],
            "units": [{**_shown(fact), "state": state, "unit": _unit_name(fact.name)}
                      for state, facts in units.items() for fact in facts],
            "predicted": [_shown(fact) for fact in predicted_facts(found) if fact.value is not None],
            "predicted_by": found.get(predictions.BY), "quality": _quality(found),
            "others": _others(found, [*units.values(), labels])}


def _shown(fact: Fact) -> dict[str, str | None]:
    return {"name": fact.name, "value": fact.value, "source": fact.source if fact.value is not None else None}


def _unit_name(name: str) -> str:
    number = int(name.removeprefix("AU"))
    return facs.ACTION_UNITS[number].name if number in facs.ACTION_UNITS else ""


def _quality(row: Row) -> dict[str, float | None]:
    return {name: round(float(row[name]), 3) if row[name] is not None and row[name] == row[name] else None
            for name in QUALITY if name in row}


def _others(row: Row, shown: Sequence[Sequence[Fact]]) -> Mapping[str, str | None]:
    """Returns the plain columns that no other part of the description shows, such as the truth of rendered faces."""
    known = {"id", "split", "subject", "video", "frame", "sources", predictions.BY, *QUALITY}
    known |= {f"{fact.name}{ending}" for facts in shown for fact in facts
              for ending in ("", "_source", "_present", "_present_source")}
    return {name: _written(value) for name, value in row.items()
            if name not in known and not name.startswith(predictions.PREFIX)
            and isinstance(value, str | int | float | None)}


def _written(value: str | int | float | None) -> str | None:
    if value is None or value != value:
        return None
    return f"{value:.4g}" if isinstance(value, float) else str(value)
