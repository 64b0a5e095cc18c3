"""Writes the figures of clips_study.py as Markdown tables; `make results` puts them into docs/results/clips.md."""

from collections.abc import Mapping
from typing import Any

TITLES = {"cells": "figures", "over_frame": "difference to the frame model", "both_over_single": "both minus single"}
COLUMNS = {"macro_f1": "macro-F1", "uar": "UAR", "ccc_valence": "CCC valence", "ccc_arousal": "CCC arousal"}


def tables(result: Mapping[str, Any]) -> str:
    """Returns the tables of one setting, with 95 % intervals."""
    text = ""
    for part, title in TITLES.items():
        if not result[part]:
            continue
        text += f"\n| {title} | seeds | {' | '.join(COLUMNS.values())} |\n|---|---|{'---|' * len(COLUMNS)}\n"
        for name, values in result[part].items():
            cells = ["{:.3f} ({:.3f} .. {:.3f})".format(*values[key]) if key in values else "" for key in COLUMNS]
            text += f"| {name} | {values.get('seeds', '')} | {' | '.join(cells)} |\n"
    return text
