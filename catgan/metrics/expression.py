"""Expression metrics from one confusion matrix, which is a sum over the data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, mask: np.ndarray, classes: int) -> np.ndarray:
    """Counts int64 `(classes, classes)`, rows true, columns predicted; class numbers `(n,)`."""
    mask = np.asarray(mask, bool)
    cells = np.asarray(true)[mask].astype(np.int64) * classes + np.asarray(predicted)[mask].astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def summary(matrix: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """`accuracy`, `macro_f1` (over the classes that occur or are predicted), `f1` per class, `confusion`, `n`."""
    hits, total = np.diag(matrix), int(matrix.sum())
    involved = matrix.sum(0) + matrix.sum(1)
    f1 = {name: None if not count else float(2 * hit / count) for name, hit, count in zip(names, hits, involved)}
    known = [value for value in f1.values() if value is not None]
    return {"accuracy": float(hits.sum() / total) if total else None,
            "macro_f1": float(np.mean(known)) if known else None, "f1": f1, "confusion": matrix.tolist(), "n": total}
