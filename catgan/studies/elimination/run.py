"""Runs an elimination: one piece of work for each network, seed and fold, several at a time; it continues."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from tqdm import tqdm

import catgan
from catgan import config, files
from catgan.data.clips.jitter import jittered
from catgan.data.clips.landmarks import LandmarkClips, check_classes, read_landmark_clips, shaped
from catgan.data.store import DualDataset, load_dataset
from catgan.errors import CatganError, DataError
from catgan.models.landmarks.architectures import LandmarkConfig
from catgan.studies.elimination.options import Elimination
from catgan.studies.elimination.people import Fold, joined, outer_folds
from catgan.studies.elimination.records import is_written
from catgan.studies.elimination.steps import FoldStudy, expressions_of
from catgan.studies.elimination.trainer import Trainer
from catgan.system import process_pool, progress_bar

TrainerOf: TypeAlias = Callable[[LandmarkConfig, Elimination], Trainer]
"""Makes the trainer of a kind of network. Other processes call it, so it can be pickled."""
REPORTED = ("draws", "criterion", "name")
"""Options that change the report alone, so that a finished study can be reported again with others."""


class Piece(NamedTuple):
    """A piece of work: one fold with one kind of network and one seed."""

    network: str
    seed: int
    fold: int

    def folder(self, out: Path) -> Path:
        """Returns the folder of its files."""
        return out / self.network / f"seed-{self.seed}" / f"fold-{self.fold}"


@dataclass(frozen=True)
class Material:
    """Holds what the pieces of a study share.

    Args:
        clips: of all splits that take part; their expressions are known.
        folds: of the study, then that of the last test, if there is one.
        sizes: numbers of points, falling.
        expressions: whose points are sought.
    """

    clips: LandmarkClips
    folds: tuple[Fold, ...]
    sizes: tuple[int, ...]
    expressions: tuple[str, ...]

    def pieces(self, study: Elimination) -> list[Piece]:
        """Lists all pieces, those of one kind of network together."""
        return [Piece(network, seed, fold) for network in study.networks for seed in study.seeds
                for fold in range(len(self.folds))]


def read_material(dataset: DualDataset, study: Elimination) -> Material:
    """Reads the clips of a data set, and divides its people into folds.

    Raises:
        CatganError: no landmarks, too few of them or of people, one expression only, or landmarks that never move.
    """
    if "landmarks" not in dataset.info["columns"]:
        raise DataError(f"{dataset.folder} holds no landmarks. Build it from videos, or render clips.")
    splits = [*study.splits, *filter(None, [study.last_test])]
    parts = {split: read_landmark_clips(dataset, split, study.clips).labelled() for split in splits
             if dataset.count(split)}
    if not set(parts) & set(study.splits):
        raise DataError(f"{dataset.folder} holds no frames in: {', '.join(study.splits)}.")
    clips = jittered(joined(list(parts.values())), min(study.seeds), study.jitter)
    check_classes(clips)
    study_rows = sum(len(part) for split, part in parts.items() if split in study.splits)
    sizes, expressions = study.sizes_of(clips.points.shape[2]), expressions_of(study, clips)
    if not np.abs(shaped(clips.select(np.arange(min(len(clips), 64))), study.shape).shapes).max() > 1e-6:
        raise DataError("The landmarks of these clips never move: there is nothing to rank.")
    folds = outer_folds(clips, np.arange(study_rows), np.arange(study_rows, len(clips)), study.folds, study.validation,
                        min(study.seeds), study.expressions)
    return Material(clips, tuple(folds), sizes, expressions)


def run_all(study: Elimination, dataset: DualDataset, material: Material, out: Path, jobs: int, trainer_of: TrainerOf,
            verbose: bool = True) -> None:
    """Runs the pieces that are missing.

    Args:
        study: the description.
        dataset: where the clips come from.
        material: as `read_material` returned it.
        out: folder of the study; that of another study is refused.
        jobs: pieces at a time, each in a process of its own; 1 = in this process.
        trainer_of: makes the trainer of a kind of network.
        verbose: whether to show a progress bar.

    Raises:
        CatganError: `out` holds something else.
    """
    _claim(study, dataset, out)
    pieces = material.pieces(study)
    total = len(pieces) * len(material.sizes)
    bar: tqdm[None] = progress_bar(description="eliminate", total=total, unit="step", verbose=verbose)
    with bar:
        bar.update(_count(pieces, material.sizes, out))
        if jobs == 1:
            for piece in _missing(pieces, material.sizes, out):
                run_piece(study, material, piece, out, trainer_of)
                bar.update(_count(pieces, material.sizes, out) - bar.n)
        else:
            for _ in _in_processes(study, dataset, _missing(pieces, material.sizes, out), out, jobs, trainer_of):
                bar.update(_count(pieces, material.sizes, out) - bar.n)


def run_piece(study: Elimination, material: Material, piece: Piece, out: Path, trainer_of: TrainerOf) -> None:
    """Runs the missing steps of one piece."""
    trainer = trainer_of(study.networks[piece.network], study)
    FoldStudy(study, material.clips, material.folds[piece.fold], piece.fold, piece.seed, trainer,
              piece.folder(out)).run()


def _in_processes(study: Elimination, dataset: DualDataset, pieces: Sequence[Piece], out: Path, jobs: int,
                  trainer_of: TrainerOf) -> Iterator[None]:
    """Runs pieces in other processes; yields now and then, for the progress bar."""
    if not pieces:
        return
    threads = max((os.cpu_count() or 1) // jobs, 1)
    content = json.dumps(config.to_mapping(study))
    with process_pool(min(jobs, len(pieces)), _start, threads) as pool:
        left: set[Future[None]] = {pool.submit(_work, content, str(dataset.folder), piece, out, trainer_of)
                                   for piece in pieces}
        try:
            while left:
                done, left = wait(left, timeout=2.0)
                for future in done:
                    future.result()
                yield
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(threads: int) -> None:
    """Limits a process to its share of the cores, before TensorFlow starts."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _work(content: str, folder: str, piece: Piece, out: Path, trainer_of: TrainerOf) -> None:
    study, material = _opened(content, folder)
    run_piece(study, material, piece, out, trainer_of)


@lru_cache(maxsize=1)
def _opened(content: str, folder: str) -> tuple[Elimination, Material]:
    """Reads the clips once in each process."""
    study = config.from_mapping(Elimination, json.loads(content))
    return study, read_material(load_dataset(folder), study)


def _missing(pieces: Sequence[Piece], sizes: Sequence[int], out: Path) -> list[Piece]:
    return [piece for piece in pieces if not all(is_written(piece.folder(out), size) for size in sizes)]


def _count(pieces: Sequence[Piece], sizes: Sequence[int], out: Path) -> int:
    return sum(is_written(piece.folder(out), size) for piece in pieces for size in sizes)


def _claim(study: Elimination, dataset: DualDataset, out: Path) -> None:
    """Writes what the study is; refuses a folder that holds another one."""
    described = {name: value for name, value in config.to_mapping(study).items() if name not in REPORTED}
    plan = json.loads(json.dumps({"eliminate": described, "data": dataset.info["hash"],
                                  "version": catgan.__version__}))
    path = out / "plan.json"
    there = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if there is None and out.is_dir() and any(out.iterdir()):
        raise CatganError(f"{out} is not empty and holds no elimination. Give a new folder.")
    if there is not None and there != plan:
        changed = [name for name in described if there.get("eliminate", {}).get(name) != plan["eliminate"][name]]
        what = ", ".join(changed) or "another data set or version of catgan"
        raise CatganError(f"{out} holds another elimination (it differs in: {what}). Give another folder, or remove "
                          "this one first.")
    files.write_json(path, plan)
    files.write_text(out / "experiment.yaml", config.to_yaml(study))
