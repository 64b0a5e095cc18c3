"""Defines the errors that users meet. Each says what was wrong, what is allowed and what was received."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NAMED_FAILURES = 3
"""Number of failures that a message names; the others are counted."""


class CatganError(ValueError):
    """An error of the user's input. The command line prints it as one line and exits with code 2."""


class DataError(CatganError):
    """An error of a data set or an image: use another file or another recipe."""


class ModelError(CatganError):
    """An error of a model, run or preset: use another file, or declare the model differently."""


class TargetError(CatganError):
    """An error of a counterfactual's target: the model lacks the label, or the value is out of range."""


class AnnotationError(DataError):
    """A line of an annotation file that cannot be read.

    Args:
        file: path of the annotation file.
        line: number of the line, counted from 1.
        problem: description of the problem in a few words.
    """

    def __init__(self, file: str | os.PathLike, line: int, problem: str):
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = str(file), line, problem


@dataclass(frozen=True)
class Failure:
    """An input that could not be used.

    Args:
        path: path of the input as the user gave it.
        reason: the reason, without the path.
    """

    path: str
    reason: str

    @classmethod
    def of(cls, path: str | os.PathLike, error: object) -> Failure:
        """Makes a failure from an error whose text may begin with the path."""
        return cls(printable(path), " ".join(str(error).removeprefix(str(path)).removeprefix(":").split()))

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        return {"image": self.path, "reason": self.reason}


class PartialError(CatganError):
    """An error of some inputs of a command. The command line writes the results of the others, then exits with code 2.

    Args:
        failures: the inputs that failed, at least one.
        result: the result for the others, failures included.
    """

    def __init__(self, failures: Sequence[Failure], result: Mapping[str, object]):
        named = "; ".join(map(str, failures[:NAMED_FAILURES]))
        if len(failures) > NAMED_FAILURES:
            named = (f"{len(failures)} inputs failed: {named}; and {len(failures) - NAMED_FAILURES} more. "
                     "--json FILE lists all of them.")
        super().__init__(named)
        self.failures, self.result = failures, result


def printable(path: str | os.PathLike) -> str:
    """Returns a path as text that UTF-8 can encode: other bytes become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def unknown_name(kind: str, received: object, allowed: Iterable[str]) -> CatganError:
    """Makes an error for a name that is not one of `allowed`; it suggests the nearest one."""
    names = sorted(str(name) for name in allowed)
    near = difflib.get_close_matches(str(received), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return CatganError(f"Unknown {kind} '{received}'.{hint} Allowed: {', '.join(names)}.")
