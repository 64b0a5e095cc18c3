"""The interface that the modules of verbs share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Protocol, TypeAlias

Result: TypeAlias = Mapping[str, object]
"""What a verb returns, and `--json` writes: names and values that JSON can hold."""


class Verb(Protocol):
    """A module of a verb. It loads nothing heavy when it is imported.

    It may also name arguments whose values are paths: `READS` and `PICTURES` (files or folders that it reads), `WRITES`
    (that it writes) and `FILES` (names of files in folders of `WRITES`), so that no input is overwritten.
    """

    NAME: str
    HELP: str
    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares the options."""

    def run(self, arguments: argparse.Namespace) -> Result:
        """Does the work and prints the result for people."""


class VerbGroup(Protocol):
    """A package of verbs, such as `catgan benchmark data` and `catgan benchmark train`."""

    NAME: str
    HELP: str
    EPILOG: str
    VERBS: tuple[Verb, ...]
