"""A sheet of answers: questions in rows; the face, the true answer and every method's answer in columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from catgan.benchmarks.explanations.methods import Answers
from catgan.benchmarks.explanations.questions import Queries
from catgan.faces.images import column_titles, write_image

ROWS, SHOWN = 10, 128
"""Questions on a sheet, and pixels of a face on it."""


def write_sheet(path: str | Path, queries: Queries, answers: Mapping[str, Answers]) -> None:
    """Writes the first questions that every method was asked, and what each of them answered, as a PNG. An answer that
    a method did not call one is left white."""
    count = min(ROWS, len(queries), *(len(part.faces) for part in answers.values()))
    width, rows = SHOWN + 1, [column_titles(["face", "truth", *answers], SHOWN + 1)]
    for row in range(count):
        cells = [queries.faces[row], queries.labels.faces[row]]
        cells += [part.faces[row] if part.given[row] else np.full_like(queries.faces[row], 255)
                  for part in answers.values()]
        shown = [np.pad(cv2.resize(cell, (SHOWN, SHOWN), interpolation=cv2.INTER_CUBIC), ((0, 1), (0, 1), (0, 0)),
                        constant_values=255) for cell in cells]
        rows += [column_titles([queries.targets[row], *[""] * (len(cells) - 1)], width),
                 np.concatenate(shown, axis=1)[:, :-1]]
    write_image(path, np.concatenate(rows))
