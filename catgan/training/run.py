"""Reads and writes a run on disk: numbered folder, resolved config, `stats.jsonl`; finds a run to continue."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from catgan import config, files
from catgan.errors import CatganError
from catgan.training.experiment import Experiment, experiment_from

Line = dict[str, float]
"""One line of `stats.jsonl`: the figures of a tick by name, and whether the training is finished."""


class TrainingResult(TypedDict):
    """Names the run of a training and the figures of its end; `score` is None where none could be measured."""

    run: str
    images: int
    images_per_second: float
    score: float | None
    finished: bool


_NUMBERED = re.compile(r"(\d{5})-.+")


def open_run(experiment: Experiment, runs: str | Path, resume: str | Path | None = None) -> Path:
    """Returns the folder of a training: `resume`, else the newest unfinished run of the same config in `runs`,
    else a new numbered folder with its `config.yaml`.

    Raises:
        CatganError: `resume` is not a run of this experiment.
    """
    if resume is not None:
        folder = Path(resume)
        if read_config(folder) != experiment:
            raise CatganError(f"{folder} was trained with another configuration: see {folder / 'config.yaml'}.")
        files.clear_temporary(folder)
        return folder
    runs = Path(runs)
    numbers = {int(match[1]): path for path in sorted(runs.glob("*")) if (match := _NUMBERED.fullmatch(path.name))}
    for number in sorted(numbers, reverse=True):
        folder = numbers[number]
        if (folder / "config.yaml").is_file() and not is_finished(folder) and _same(folder, experiment):
            files.clear_temporary(folder)
            return folder
    folder = runs / f"{max(numbers, default=-1) + 1:05d}-{experiment.name}"
    files.write_text(folder / "config.yaml", config.to_yaml(experiment))
    return folder


def read_config(folder: str | Path) -> Experiment:
    """Reads the resolved config of a run.

    Raises:
        CatganError: the folder is not a run.
    """
    path = Path(folder) / "config.yaml"
    if not path.is_file():
        raise CatganError(f"{folder} is not a run: it holds no config.yaml. Give a folder that 'catgan train' wrote.")
    return experiment_from(config.read_yaml(path))


def is_finished(folder: Path) -> bool:
    """Tells whether the training of a run is finished."""
    return any(line.get("finished") for line in read_stats(folder)[-1:])


def _same(folder: Path, experiment: Experiment) -> bool:
    try:
        return read_config(folder) == experiment
    except CatganError:  # written by another version: not ours to go on with
        return False


def read_stats(folder: Path) -> list[Line]:
    """Reads `stats.jsonl`; a last line cut short by a crash is left out."""
    path = folder / "stats.jsonl"
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with contextlib.suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    return lines


def cut_stats(folder: Path, images: int) -> None:
    """Drops the lines after `images` faces, which the resumed run writes again."""
    kept = [line for line in read_stats(folder) if line["images"] <= images]
    files.write_text(folder / "stats.jsonl", "".join(json.dumps(line) + "\n" for line in kept))


def append_stats(folder: Path, line: Line) -> None:
    """Adds one line to `stats.jsonl`."""
    with open(folder / "stats.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def status_line(line: Line, total: int, total_images: int, columns: Sequence[str]) -> str:
    """Writes a line of `stats.jsonl` for people.

    Args:
        line: the figures of a tick.
        total, total_images: ticks and faces of the whole training.
        columns: names of the figures to show, those of them that the line has.
    """
    left = (total_images - line["images"]) / max(line["images_per_second"], 1e-9)
    figures = "  ".join(f"{name} {line[name]:.4f}" if name in ("pixels", "edges") else f"{name} {line[name]:.3f}"
                        for name in columns if name in line)
    return (f"tick {line['tick']:>3}/{total}  {line['images'] / 1000:.1f}k faces  "
            f"{line['images_per_second']:.0f} faces/s  {line['memory_mb'] / 1024:.1f} GB  {figures}  "
            f"left {int(left // 60)}m{int(left % 60):02d}s")


@contextlib.contextmanager
def stop_requests() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM in a list instead of raising, so that a step is never cut in half.

    A second Ctrl-C raises at once. Outside the main thread, where signals cannot be caught, the list stays empty.
    """
    received: list[int] = []

    def note(number: int, frame: types.FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    try:
        previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:
        previous = {}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
