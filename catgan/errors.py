"""The one exception users meet: what was wrong, what is allowed, what was received."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMED_FAILURES = 3
"""Failures that a message names; it counts the others."""


class CatganError(ValueError):
    """An error of the user's input. The command line prints it as one line and exits with code 2."""


class DataError(CatganError):
    """An error of a data set or of a picture: another file, or another recipe, helps."""


class ModelError(CatganError):
    """An error of a model, run or preset: another file, or another declaration of it, helps."""


class TargetError(CatganError):
    """An error of what a counterfactual is to reach: a label the model lacks, or a value out of range."""


class AnnotationError(DataError):
    """A line of an annotation file that cannot be read.

    Args:
        file: path of the annotation file.
        line: number of the line, counted from 1.
        problem: what is wrong with it, in a few words.
    """

    def __init__(self, file, line: int, problem: str):
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = str(file), line, problem


@dataclass(frozen=True)
class Failure:
    """An input that could not be used.

    Args:
        path: of the input, as it was given.
        reason: why, without the path.
    """

    path: str
    reason: str

    @classmethod
    def of(cls, path: str | os.PathLike, error: object) -> Failure:
        """Makes a failure of an error whose text may begin with the path."""
        return cls(printable(path), " ".join(str(error).removeprefix(str(path)).removeprefix(":").split()))

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        return {"image": self.path, "reason": self.reason}


class PartialError(CatganError):
    """Some inputs of a verb failed. The command line writes what the others gave, then exits with code 2.

    Args:
        failures: the inputs that failed, at least one.
        result: what the verb returns for the others, failures included.
    """

    def __init__(self, failures: Sequence[Failure], result: Mapping[str, Any]):
        named = "; ".join(map(str, failures[:NAMED_FAILURES]))
        if len(failures) > NAMED_FAILURES:
            named = (f"{len(failures)} inputs failed: {named}; and {len(failures) - NAMED_FAILURES} more. "
                     "--json FILE lists all of them.")
        super().__init__(named)
        self.failures, self.result = failures, result


def printable(path: str | os.PathLike) -> str:
    """Returns a path as text that every file can hold: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def unknown_name(kind: str, received: object, allowed: Iterable[str]) -> CatganError:
    """An error for a name that is not one of `allowed`, with the nearest one suggested."""
    names = sorted(str(name) for name in allowed)
    near = difflib.get_close_matches(str(received), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return CatganError(f"Unknown {kind} '{received}'.{hint} Allowed: {', '.join(names)}.")
