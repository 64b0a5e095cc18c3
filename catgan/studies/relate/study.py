"""Relates the label systems of a data set, or of a run and a data set, and writes the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catgan import files
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError, DataError
from catgan.metrics.figures import Figures
from catgan.models.gan.preset_folders import find_preset
from catgan.studies.relate.answers import read_answers
from catgan.studies.relate.centroids import centroids
from catgan.studies.relate.classifiers import classify
from catgan.studies.relate.confusions import errors_in_plane
from catgan.studies.relate.consistency import consistency
from catgan.studies.relate.faces import DIMENSIONS, SYSTEMS, LabelledFaces, described_groups, known_counts, read_faces
from catgan.studies.relate.linear import regress
from catgan.studies.relate.options import RelateOptions
from catgan.studies.relate.profiles import profiles
from catgan.studies.relate.report import write_report
from catgan.system import progress_bar


def relate(source: str | Path, out: str | Path, data: str | Path | None = None, split: str | None = None,
           options: RelateOptions = RelateOptions(), verbose: bool = True) -> Figures:
    """Relates Action Units, valence-arousal and expressions, and writes `report.html`, `relate.md`, `relate.json` and
    pictures.

    Args:
        source: folder of a data set, or a run or preset, which also needs `data`.
        out: folder of the report.
        data: folder of the data set whose faces a run answers.
        split: `train`, `validation`, `test` or `all`; by default `all` of a data set, and `test` for a run.
        options: draws, folds and seed.
        verbose: whether to show a progress bar.

    Returns:
        What `relate.json` holds: the result of `relations` or of `relations_of_run`, with `folder` and `seconds`.

    Raises:
        CatganError: `source` is neither, or fewer than two label systems are known together.
    """
    started, out = time.perf_counter(), Path(out).resolve()
    is_dataset = (Path(source) / "dataset.json").is_file()
    if is_dataset and data is not None:
        raise CatganError(f"A data set is related by itself, so --data is for a run. Received: {source} with {data}.")
    if not is_dataset and data is None:
        find_preset(source)  # raises an error if there is no such run
        raise CatganError(f"{source} is a run. Give the data set whose faces it is to answer: --data DIR.")
    dataset = load_dataset(source if data is None else data)
    files.refuse_around(out, [dataset.folder, *([] if is_dataset else [find_preset(source)])])
    split = split or ("all" if is_dataset else "test")
    found = relations(dataset, split, options, verbose) if is_dataset else relations_of_run(
        source, dataset, split, options, verbose)
    write_report(out, found)
    return {**found, "folder": str(out), "seconds": round(time.perf_counter() - started, 2)}


def relations(dataset: DualDataset, split: str = "all", options: RelateOptions = RelateOptions(),
              verbose: bool = True) -> Figures:
    """Relates the labels of a data set.

    Args:
        dataset: with two of the three label systems.
        split: `train`, `validation`, `test` or `all`.
        options: draws, folds and seed.
        verbose: whether to show a progress bar.

    Returns:
        `dataset`, `split`, `n`, `groups` (see `catgan.studies.relate.faces.described_groups`), `known` (see
        `known_counts`), `draws`, `folds`, `seed`; `parts`, see `related`; and `not_told`, sentences.

    Raises:
        DataError: no face knows two label systems, or too few do for anything.
    """
    faces = read_faces(dataset, split)
    counts = known_counts(faces)
    if not any(count for name, count in counts.items() if "+" in name):
        have = ", ".join(f"{counts[system]} know {title}" for system, title in SYSTEMS.items())
        raise DataError(f"'relate' needs faces that know two of Action Units, valence-arousal and expressions. "
                        f"Received: {dataset.folder}, split '{split}': of {len(faces)} faces {have}, none two of them.")
    parts, not_told = related(faces, options, verbose)
    if not parts:
        raise DataError(f"{dataset.folder}, split '{split}', has too few labels to relate. {' '.join(not_told)}")
    return {**_described(dataset, split, faces, counts, options), "parts": parts, "not_told": not_told}


def relations_of_run(run: str | Path, dataset: DualDataset, split: str = "test",
                     options: RelateOptions = RelateOptions(), verbose: bool = True) -> Figures:
    """Relates the labels of a data set and those that a run predicts for its faces.

    Args:
        run: a run or preset of single faces or of clips.
        dataset, split, options, verbose: as in `relations`.

    Returns:
        As `relations`, also `run`, its name, and in `parts` `errors` (see
        `catgan.studies.relate.confusions.errors_in_plane`) and `consistency`.

    Raises:
        CatganError: another kind of run, or nothing can be told.
    """
    faces = read_faces(dataset, split)
    answers = read_answers(run, dataset, split, faces.groups, verbose)
    parts, not_told = related(faces, options, verbose)
    own: Figures = {}
    _tell(own, not_told, "errors", "Errors of the run", lambda: errors_in_plane(faces, answers, options))
    _tell(own, not_told, "consistency", "Consistency of the run", lambda: consistency(faces, answers, options))
    if not own:
        raise DataError(f"{run} cannot be related to {dataset.folder}, split '{split}'. {' '.join(not_told[-2:])}")
    preset = find_preset(run)
    return {"run": preset.parent.name if preset.name in ("best", "last") else preset.name,
            **_described(dataset, split, faces, known_counts(faces), options), "parts": {**parts, **own},
            "not_told": not_told}


def related(faces: LabelledFaces, options: RelateOptions, verbose: bool = True) -> tuple[Figures, list[str]]:
    """Computes every relation that the labels of faces tell.

    Returns:
        `regression`: per scale and dimension, see `catgan.studies.relate.linear.regress`; `centroids`; `profiles` per
        scale; `classifiers`; each absent where it cannot be told. Then one sentence for each that cannot.
    """
    parts: Figures = {}
    not_told: list[str] = []
    work: list[tuple[str, str, Callable[[], Figures]]] = []
    for scale in faces.units:
        for place, dimension in enumerate(DIMENSIONS):
            work.append((f"regression/{scale}/{dimension}", f"{dimension} from Action Units ({scale})",
                         _regression(faces, scale, place, options)))
        work.append((f"profiles/{scale}", f"profiles of expressions ({scale})", _profiles(faces, scale, options)))
    work.append(("centroids", "expressions in the plane", lambda: centroids(faces, options)))
    work.append(("classifiers", "expressions from other labels", lambda: classify(faces, main_scale(faces), options)))
    for path, title, compute in progress_bar(work, "relate", unit="part", verbose=verbose):
        _tell(parts, not_told, path, title[0].upper() + title[1:], compute)
    if not faces.units:
        not_told.insert(0, "Action Units are unknown here: regressions, profiles and the classifier from them are left "
                           "out.")
    return parts, not_told


def main_scale(faces: LabelledFaces) -> str | None:
    """Returns the scale of the Action Units that more faces know, intensity if both are equal; None without any."""
    known = {scale: int(np.isfinite(values).any(1).sum()) for scale, values in faces.units.items()}
    return max(known, key=lambda scale: known[scale]) if known else None


def _regression(faces: LabelledFaces, scale: str, place: int, options: RelateOptions) -> Callable[[], Figures]:
    return lambda: regress(faces.units[scale], faces.affect[:, place], faces.groups, faces.unit_names, options)


def _profiles(faces: LabelledFaces, scale: str, options: RelateOptions) -> Callable[[], Figures]:
    return lambda: profiles(faces, scale, options)


def _tell(parts: Figures, not_told: list[str], path: str, title: str, compute: Callable[[], Figures]) -> None:
    """Adds a part under its path, or a sentence that says why it cannot be told."""
    *above, name = path.split("/")
    try:
        found = compute()
    except DataError as error:
        not_told.append(f"{title} cannot be told: {error}.")
        return
    for key in above:
        parts = parts.setdefault(key, {})
    parts[name] = found


def _described(dataset: DualDataset, split: str, faces: LabelledFaces, counts: Figures,
               options: RelateOptions) -> Figures:
    return {"dataset": dataset.info["name"], "split": split, "n": len(faces), "groups": described_groups(faces.groups),
            "known": counts, "draws": options.draws, "folds": options.folds, "seed": options.seed}
