"""Picture of answers: a problem in each row; the face, the true answer and each method's answer in columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from catgan.benchmarks.explanations.methods import Answers
from catgan.benchmarks.explanations.problems import BenchmarkProblems
from catgan.faces.images import column_titles, write_image

MAX_ROWS = 10
"""Problems on a sheet."""
SHOWN_SIZE = 128
"""Side of a face on a sheet, in pixels."""


def write_sheet(path: str | Path, problems: BenchmarkProblems, answers: Mapping[str, Answers]) -> None:
    """Writes the first problems and the answers of every method as a PNG.

    Args:
        path: of the PNG.
        problems: the problems that were given.
        answers: by method. A cell is white where the method found no answer.
    """
    count = min(MAX_ROWS, len(problems), *(len(part.faces) for part in answers.values()))
    width, rows = SHOWN_SIZE + 1, [column_titles(["face", "truth", *answers], SHOWN_SIZE + 1)]
    for row in range(count):
        cells = [problems.faces[row], problems.labels.faces[row]]
        cells += [part.faces[row] if part.given[row] else np.full_like(problems.faces[row], 255)
                  for part in answers.values()]
        large = [cv2.resize(cell, (SHOWN_SIZE, SHOWN_SIZE), interpolation=cv2.INTER_CUBIC) for cell in cells]
        shown = [np.pad(cell, ((0, 1), (0, 1), (0, 0)), constant_values=255) for cell in large]
        rows += [column_titles([problems.targets[row], *[""] * (len(cells) - 1)], width),
                 np.concatenate(shown, axis=1)[:, :-1]]
    write_image(path, np.concatenate(rows))
