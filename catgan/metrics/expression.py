"""Expression metrics from a confusion matrix, which can be summed over batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.metrics.figures import Figures


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, mask: np.ndarray, classes: int) -> np.ndarray:
    """Counts classes, int64 `(classes, classes)`, rows true, columns predicted, from class numbers `(n,)`."""
    mask = np.asarray(mask, bool)
    cells = np.asarray(true)[mask].astype(np.int64) * classes + np.asarray(predicted)[mask].astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def summary(matrix: np.ndarray, names: Sequence[str]) -> Figures:
    """Summarises a confusion matrix: `accuracy`, `macro_f1` (over the classes that occur or are predicted), `f1` per
    class, `confusion`, `n`."""
    hits, total = np.diag(matrix), int(matrix.sum())
    involved = matrix.sum(0) + matrix.sum(1)
    f1 = {name: None if not count else float(2 * hit / count) for name, hit, count in zip(names, hits, involved)}
    known = [value for value in f1.values() if value is not None]
    return {"accuracy": float(hits.sum() / total) if total else None,
            "macro_f1": float(np.mean(known)) if known else None, "f1": f1, "confusion": matrix.tolist(), "n": total}


def recalls(matrix: np.ndarray, names: Sequence[str]) -> dict[str, float | None]:
    """Computes the share of each true class that is recognised, from a confusion matrix; None without such frames."""
    return {name: None if not total else float(hit / total)
            for name, hit, total in zip(names, np.diag(matrix), matrix.sum(1))}


def mean_recall(matrix: np.ndarray) -> float | None:
    """Computes the unweighted average recall (UAR, balanced accuracy): the mean over the classes that occur."""
    totals = matrix.sum(1)
    occurring = totals > 0
    return float((np.diag(matrix)[occurring] / totals[occurring]).mean()) if occurring.any() else None
