"""Control of a generator: how faces follow the labels that are asked for, as a judge measures them.

The judge is an estimator that training never saw, as in AUEditNet (Jin et al. 2024). Its agreement on faces of known
labels is the ceiling, see `ratio_to_ceiling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from catgan.errors import CatganError
from catgan.metrics import bootstrap
from catgan.metrics.figures import Figures
from catgan.metrics.moments import Moments


def response(asked: np.ndarray, measured: np.ndarray, groups: Sequence[str] | None = None,
             mask: np.ndarray | None = None) -> Figures:
    """Fits the measured values of one label to the asked ones.

    Args:
        asked: `(n,)`, in the unit of the label.
        measured: `(n,)`, in the same unit.
        groups: per face the person (or latent) it shows; adds 95 % intervals over people.
        mask: `(n,)`, False where the judge could not tell.

    Returns:
        `slope` and `intercept` of the least-squares line of measured on asked, `icc` (ICC(3,1), Shrout & Fleiss 1979),
        `pcc`, `n`; with `groups` also `slope_interval` and `pcc_interval`. What is undefined is None.
    """
    asked, measured = np.asarray(asked, np.float64), np.asarray(measured, np.float64)
    known = np.ones(asked.shape, bool) if mask is None else np.asarray(mask, bool)
    if asked.ndim != 1 or asked.shape != measured.shape or asked.shape != known.shape:
        raise CatganError("Asked, measured and mask must have one shape (n,). "
                          f"Received: {asked.shape}, {measured.shape} and {known.shape}.")
    moments = Moments.of(asked, measured, known)
    slope = _slope(moments)
    result: Figures = {
        "slope": slope, "intercept": None if slope is None else moments.mean_y - slope * moments.mean_x,
        "icc": moments.icc, "pcc": moments.pcc, "n": moments.n}
    if groups is not None:
        def drawn(rows: np.ndarray) -> Moments:
            return Moments.of(asked[rows], measured[rows], known[rows])

        result["slope_interval"] = bootstrap.interval(lambda rows: _slope(drawn(rows)), groups)
        result["pcc_interval"] = bootstrap.interval(lambda rows: drawn(rows).pcc, groups)
    return result


def _slope(moments: Moments) -> float | None:
    """Computes the least-squares slope; None where the asked values do not vary, but for rounding."""
    varies = moments.n >= 2 and moments.xx > 1e-24 * max(1.0, moments.mean_x ** 2)
    return moments.xy / moments.xx if varies else None


def cross_talk(base: np.ndarray, changed: np.ndarray, asked: np.ndarray, moved: Mapping[str, float],
               measured: Mapping[str, float], mask: np.ndarray | None = None,
               expected: np.ndarray | None = None, groups: Sequence[str] | None = None) -> Figures:
    """Measures how other labels move when one label is moved and all others are asked to stay.

    Labels have units of their own, so each is counted in its range: 5 for an AU intensity, 2 for valence. Where the
    asked change differs between faces, a cell is the least-squares slope through 0, in which a small change, whose
    measured effect is mostly the judge's noise, counts little; where it is the same, that is the mean ratio.

    Args:
        base: labels measured before, `(faces, j)`, or `(i, faces, j)` where each move has its own.
        changed: labels measured after label i was moved, `(i, faces, j)`.
        asked: the change that was asked for, `(i,)` or `(i, faces)`, in the unit of label i.
        moved: the labels that were moved, in the order of i, each with the width of its range. Any that can be asked
            for: valence and arousal too.
        measured: the labels that the judge can measure, in the order of j, each with the width of its range.
        mask: `(i, faces)`, False where the judge could not read a face before or after.
        expected: `(i, j)`, what belongs together in truth (the same matrix of the renderer's faces, where valence
            follows AU12); taken off before anything off the diagonal is called cross-talk. 0 when not given.
        groups: per face the person (or latent) it shows; adds a 95 % interval over people.

    Returns:
        `matrix` `(i, j)`: mean change of label j, in ranges, per range asked of label i (None where no face is known);
        `moved`, `measured`: the names of its rows and columns; `on_target`: per moved label that is measured its own
        cell, 1 is right; `per_label`: per moved label the mean absolute cross-talk on other labels; `mean_absolute`:
        the mean over all such cells, with `groups` also `mean_absolute_interval`; `worst`: the largest,
        `{"moved", "measured", "value"}`. None where undefined.

    Raises:
        CatganError: shapes that do not fit each other, a range that is not positive, or a label that was not moved.
    """
    change, wanted, known = _checked(base, changed, asked, moved, measured, mask)
    rows, columns = list(moved), list(measured)
    own = np.array([[row == column for column in columns] for row in rows])
    usual = 0.0 if expected is None else np.asarray(expected, np.float64)

    def effects(faces) -> tuple[np.ndarray, np.ndarray]:
        matrix = _effects(change[:, faces], wanted[:, faces], known[:, faces])
        return matrix, np.where(own, np.nan, np.abs(matrix - usual))

    matrix, excess = effects(slice(None))
    # People drawn again add noise, of which a mean of absolute values makes more cross-talk: the jackknife does not.
    interval = {} if groups is None else {
        "mean_absolute_interval": bootstrap.jackknife(lambda faces: _mean(effects(faces)[1]) or 0.0, groups)}
    return {"moved": rows, "measured": columns, "matrix": [[_figure(cell) for cell in row] for row in matrix],
            "on_target": {name: _figure(matrix[rows.index(name), columns.index(name)])
                          for name in rows if name in columns},
            "per_label": {name: _mean(row) for name, row in zip(rows, excess)},
            "mean_absolute": _mean(excess), **interval, "worst": _worst(excess, matrix, rows, columns)}


def _checked(base: np.ndarray, changed: np.ndarray, asked: np.ndarray, moved: Mapping[str, float],
             measured: Mapping[str, float], mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Checks shapes and ranges. Returns changes in ranges, measured `(i, faces, j)` and asked `(i, faces)`, and a mask
    `(i, faces)`."""
    base, changed, asked = (np.asarray(part, np.float64) for part in (base, changed, asked))
    spans = [np.array(list(labels.values()), np.float64) for labels in (moved, measured)]
    if not all((span > 0).all() for span in spans):
        raise CatganError(f"Ranges of labels must be positive. Received: {dict(moved)} and {dict(measured)}.")
    shape = (len(moved), changed.shape[1] if changed.ndim == 3 else 0, len(measured))
    if changed.shape != shape or base.shape not in (shape, shape[1:]) or asked.shape not in (shape[:1], shape[:2]):
        raise CatganError(f"Base, changed and asked must fit {shape[0]} labels moved and {shape[2]} measured. "
                          f"Received: {base.shape}, {changed.shape} and {asked.shape}.")
    known = np.ones(shape[:2], bool) if mask is None else np.asarray(mask, bool)
    wanted = np.broadcast_to(asked.reshape(len(moved), -1), shape[:2]) / spans[0][:, None]
    still = [name for name, change in zip(moved, wanted) if not change.any()]
    if still or known.shape != shape[:2]:
        raise CatganError(f"Every label must be moved, and a mask be {shape[:2]}. Received: no change of {still}, "
                          f"mask {known.shape}.")
    return (changed - base) / spans[1], wanted, known


def _effects(change: np.ndarray, wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Computes least-squares slopes through 0 `(i, j)`, NaN where nothing is known."""
    weight = np.where(known, wanted, 0.0)
    total = (weight ** 2).sum(1)
    effect = np.einsum("if,ifj->ij", weight, np.where(known[:, :, None], change, 0.0))
    return np.divide(effect, total[:, None], out=np.full(effect.shape, np.nan), where=total[:, None] > 0)


def _worst(excess: np.ndarray, matrix: np.ndarray, rows: list[str], columns: list[str]) -> Figures | None:
    if not np.isfinite(excess).any():
        return None
    i, j = np.unravel_index(np.nanargmax(excess), excess.shape)
    return {"moved": rows[i], "measured": columns[j], "value": _figure(matrix[i, j])}


def drift(features: np.ndarray) -> Figures:
    """Measures the loss of identity along a sweep, as 1 - cosine similarity to the sweep's first level.

    Args:
        features: of an identity encoder, `(people, levels, d)`, none of length 0.

    Returns:
        `levels`: mean per level, 0 for the first; `mean`: over the levels after the first; `others`: the same
        distance between different people, mean over pairs and the levels after the first (None for one person);
        `ratio`: mean / others, 0 = the same person, 1 = anybody.

    Raises:
        CatganError: another shape, fewer than two levels, or features that are 0 or not finite.
    """
    features = np.asarray(features, np.float64)
    norms = np.linalg.norm(features, axis=-1, keepdims=True)
    if features.ndim != 3 or features.shape[1] < 2 or not len(features) or not (np.isfinite(norms) & (norms > 0)).all():
        raise CatganError("Identity features must be (people, levels, d), two levels or more, finite and not 0. "
                          f"Received: {features.shape}.")
    unit = features / norms
    people = len(unit)
    same = np.clip(np.einsum("pd,pld->pl", unit[:, 0], unit), -1.0, 1.0)
    levels = 1.0 - same.mean(0)
    levels[0] = 0.0
    result: Figures = {"levels": levels.tolist(), "mean": float(levels[1:].mean()), "others": None, "ratio": None}
    if people > 1:  # all pairs at once: the product of sums, less each person with itself
        pairs = np.einsum("d,ld->l", unit[:, 0].sum(0), unit.sum(0)) - same.sum(0)
        others = float(1.0 - (pairs / (people * (people - 1)))[1:].mean())
        result.update(others=others, ratio=result["mean"] / others if others > 1e-12 else None)
    return result


def ratio_to_ceiling(model: Mapping[str, Figures], ceiling: Mapping[str, Figures],
                     least: float = 0.2) -> Figures:
    """Divides a generator's control by that of faces of known labels, both read by the same judge.

    Args:
        model: per label the `response` of the generator.
        ceiling: per label the `response` of the renderer's own faces.
        least: a label whose ceiling correlates less than this is not read by the judge, and has no ratio.

    Returns:
        `labels`: per label of `model` the ratios `slope` and `pcc`; `slope`, `pcc`: their means over the labels that
        have them; `n`: how many that are. What is undefined is None.
    """
    labels: dict[str, dict[str, float | None]] = {}
    for name, figures in model.items():
        top = ceiling.get(name, {})
        read = top.get("pcc") is not None and top["pcc"] >= least
        labels[name] = {figure: figures[figure] / top[figure] if read and figures[figure] is not None else None
                        for figure in ("slope", "pcc")}
    columns = {figure: np.array([ratios[figure] for ratios in labels.values()], np.float64)
               for figure in ("slope", "pcc")}
    return {"labels": labels, **{figure: _mean(column) for figure, column in columns.items()},
            "n": int(np.isfinite(columns["slope"]).sum())}


def beside_ceiling(asked: Mapping[str, np.ndarray], model: Mapping[str, np.ndarray], ceiling: Mapping[str, np.ndarray],
                   groups: Sequence[str]) -> Figures:
    """Compares the control of generated faces with that of real faces that have the labels asked for.

    Args:
        asked: per label `(n,)`, NaN = unknown.
        model, ceiling: per label what the judge read off the generated and off the real faces, `(n,)`, NaN where it
            could not tell.
        groups: per row the person that the real face shows.

    Returns:
        `response`, `ceiling`: per label, see `response`; `ratio`: see `ratio_to_ceiling`, with `slope_interval` and
        `pcc_interval`; `mean_pcc_response`, `mean_pcc_ceiling`: over the Action Units, each with its `.._interval`.
        All intervals are 95 % over people.
    """
    def figures(rows: np.ndarray, people: Sequence[str] | None = None) -> Figures:
        parts = {kind: {name: _of_known(asked[name][rows], columns[name][rows], people) for name in asked}
                 for kind, columns in (("response", model), ("ceiling", ceiling))}
        return {**parts, "ratio": ratio_to_ceiling(parts["response"], parts["ceiling"]),
                **{f"mean_pcc_{kind}": _mean(np.array([entry["pcc"] for name, entry in labels.items()
                                                       if name.startswith("AU")], np.float64))
                   for kind, labels in parts.items()}}

    result = figures(np.arange(len(groups)), groups)
    for name in ("mean_pcc_response", "mean_pcc_ceiling"):
        result[f"{name}_interval"] = bootstrap.interval(lambda rows: figures(rows)[name], groups)
    for name in ("slope", "pcc"):
        result["ratio"][f"{name}_interval"] = bootstrap.interval(lambda rows: figures(rows)["ratio"][name], groups)
    return result


def _of_known(asked: np.ndarray, measured: np.ndarray, groups: Sequence[str] | None) -> Figures:
    known = np.isfinite(asked) & np.isfinite(measured)
    return response(np.nan_to_num(asked), np.nan_to_num(measured), groups, known)


def _figure(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _mean(values: np.ndarray) -> float | None:
    """Averages the finite values."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None
