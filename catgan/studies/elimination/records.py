"""Files of an elimination: one pair of JSON and NPZ for each fold and number of points, so that a study continues."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from catgan import files
from catgan.errors import DataError


@dataclass(frozen=True)
class Trained:
    """Says what one network of a step was.

    Args:
        arm: that chose its points.
        variant: number of the random draw, or name of the anatomical subset; empty for other arms.
        expression: that it tells from the rest.
    """

    arm: str
    variant: str
    expression: str


@dataclass(frozen=True)
class Step:
    """Holds what was found with one number of points in one fold.

    Args:
        size: number of points.
        members: the `m` networks.
        points: points of each, int64 `(k,)`, ascending.
        relevance: float32 `(m, p)`; NaN for networks that were not explained.
        validation, test: logits of the clips of each part, float32 `(n, m)`.
        parameters, multiply_adds: of each network.
        seconds: of the training and the ranking.
        gap: median completeness gap of the ranking, a share of the change of the logit; None where it is unknown.
    """

    size: int
    members: tuple[Trained, ...]
    points: tuple[np.ndarray, ...]
    relevance: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    parameters: tuple[int, ...]
    multiply_adds: tuple[int, ...]
    seconds: dict[str, float]
    gap: float | None = None

    def find(self, arm: str, expression: str) -> int | None:
        """Returns the number of the first network of an arm and expression, or None."""
        return next((place for place, one in enumerate(self.members)
                     if one.arm == arm and one.expression == expression), None)


def path_of(folder: Path, size: int) -> Path:
    """Returns the JSON file of a step, which is written last."""
    return folder / f"points-{size:03d}.json"


def is_written(folder: Path, size: int) -> bool:
    """Returns whether a step is finished."""
    return path_of(folder, size).is_file()


def write_step(folder: Path, step: Step) -> None:
    """Writes a finished step."""
    path = path_of(folder, step.size)
    widest = max(map(len, step.points))
    padded = np.array([[*points, *[-1] * (widest - len(points))] for points in step.points], np.int16)
    with files.atomic_path(path.with_suffix(".npz")) as temporary:
        np.savez_compressed(temporary, points=padded, relevance=step.relevance.astype(np.float32),
                            validation=step.validation.astype(np.float32), test=step.test.astype(np.float32))
    files.write_json(path, {"size": step.size, "members": [asdict(member) for member in step.members],
                            "parameters": list(step.parameters), "multiply_adds": list(step.multiply_adds),
                            "seconds": step.seconds, "gap": step.gap})


def read_step(folder: Path, size: int) -> Step:
    """Reads a finished step.

    Raises:
        DataError: its files are damaged.
    """
    path = path_of(folder, size)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            points = tuple(row[row >= 0].astype(np.int64) for row in arrays["points"])
            return Step(content["size"], tuple(Trained(**one) for one in content["members"]), points,
                        arrays["relevance"], arrays["validation"], arrays["test"], tuple(content["parameters"]),
                        tuple(content["multiply_adds"]), content["seconds"], content["gap"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {type(error).__name__}: {error}. Remove it and run the same command "
                        "again.") from None
