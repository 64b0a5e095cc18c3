"""The one exception users meet: what was wrong, what is allowed, what was received."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CatganError(ValueError):
    """An error of the user's input. The command line prints it as one line and exits with code 2."""


class AnnotationError(CatganError):
    """A line of an annotation file that cannot be read.

    Args:
        file: path of the annotation file.
        line: number of the line, counted from 1.
        problem: what is wrong with it, in a few words.
    """

    def __init__(self, file, line: int, problem: str):
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = str(file), line, problem


def unknown_name(kind: str, received: object, allowed: Iterable[str]) -> CatganError:
    """An error for a name that is not one of `allowed`, with the nearest one suggested."""
    names = sorted(str(name) for name in allowed)
    near = difflib.get_close_matches(str(received), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return CatganError(f"Unknown {kind} '{received}'.{hint} Allowed: {', '.join(names)}.")
