"""Answers how few landmarks are enough: runs an elimination, measures it, reports it (`catgan eliminate`)."""

from __future__ import annotations

import os
import time
from pathlib import Path

from catgan import files, system
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError
from catgan.metrics.figures import Figures
from catgan.studies.elimination.figures import figures
from catgan.studies.elimination.landmark_trainer import landmark_trainer
from catgan.studies.elimination.options import Elimination
from catgan.studies.elimination.report import write_report
from catgan.studies.elimination.run import TrainerOf, read_material, run_all
from catgan.system import logger


def eliminate(study: Elimination, data: str | os.PathLike | DualDataset, out: str | os.PathLike, jobs: int = 1,
              trainer_of: TrainerOf = landmark_trainer, verbose: bool = True) -> Figures:
    """Runs an elimination of landmarks, or continues an unfinished one, and writes its report.

    In each outer fold, points are ranked and networks trained on fitted people alone. The least relevant points go, the
    rest is ranked again and trained again. Validation people choose thresholds and the number of points. The test
    people of the fold are used once.

    Args:
        study: the description.
        data: a data set with landmarks of clips, or its folder.
        out: a new or empty folder, or that of the same study.
        jobs: folds at a time, each in a process of its own.
        trainer_of: makes the trainer of a kind of network.
        verbose: whether to show messages and a progress bar.

    Returns:
        What `elimination.json` holds, see `catgan.studies.elimination.figures.figures`; also `folder` and `minutes` of
        this call.

    Raises:
        CatganError: no landmarks, too few points or people, one expression, landmarks that never move, or a folder that
            holds something else.
    """
    if jobs < 1:
        raise CatganError(f"'jobs' must be 1 or more. Received: {jobs}.")
    started = time.perf_counter()
    dataset = data if isinstance(data, DualDataset) else load_dataset(data)
    out = Path(out).resolve()
    files.refuse_around(out, [dataset.folder])
    with system.messages_shown(verbose):
        try:
            material = read_material(dataset, study)
            logger.info("%d clips of %d people; %d sizes from %d to %d points; %s.", len(material.clips),
                        len(set(material.clips.subjects)), len(material.sizes), material.sizes[0], material.sizes[-1],
                        ", ".join(material.expressions))
            run_all(study, dataset, material, out, jobs, trainer_of, verbose)
            found = figures(study, material, out)
            write_report(out, found)
        except OSError as error:
            raise files.full_disk(error, out) from None
    return {**found, "folder": str(out), "minutes": round((time.perf_counter() - started) / 60.0, 2)}
