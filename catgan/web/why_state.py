"""What the page Why? keeps for a tab: a network of the user's, the work in progress, and the last answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catgan.errors import CatganError
from catgan.explain.foreign import ForeignModel
from catgan.explain.models import Label
from catgan.pipelines.another_network import Declaration
from catgan.pipelines.gallery import FoundFace
from catgan.pipelines.why import Why
from catgan.web.jobs import Job
from catgan.web.requests import Refused
from catgan.web.uploads import Upload


@dataclass(frozen=True)
class Network:
    """A network that was opened. It belongs to the thread of jobs.

    Args:
        model: reads faces.
        labels: what a target may name, of the network and of catgan, by name.
        declared: what the user said of it.
        source: its file.
    """

    model: ForeignModel
    labels: Mapping[str, Label]
    declared: Declaration
    source: Upload


@dataclass(frozen=True)
class Answered:
    """Answers, with what their files are made of.

    Args:
        why: the answers.
        found: the face; its `path` is that of `photograph`.
        photograph: a copy of the photograph, which lasts as long as the answers.
        model: names of the explained model and of the model that draws.
    """

    why: Why
    found: FoundFace
    photograph: Upload
    model: str

    @property
    def nbytes(self) -> int:
        return sum(answer.path.nbytes + answer.moves.nbytes + sum(image.nbytes for image in answer.images.values())
                   for answer in self.why.answers)


@dataclass
class WhyState:
    """The state of a tab.

    Attributes:
        file: the network's file that was sent last; None before.
        network: the network that was opened last; None before.
        job: the last search; None before.
        answered: its answers; None before.
        photograph: the copy that it was made for; None before.
    """

    file: Upload | None = None
    network: Network | None = None
    job: Job | None = None
    answered: Answered | None = None
    photograph: Upload | None = None

    @property
    def nbytes(self) -> int:
        network = 0 if self.network is None else self.network.source.size
        return network + (0 if self.answered is None else self.answered.nbytes)

    def the_network(self) -> Network:
        """Returns the opened network.

        Raises:
            Refused: there is none, or the server has forgotten it (410).
        """
        if self.network is None:
            raise Refused("No network is open. Choose its file again.", 410)
        return self.network

    def the_answers(self) -> Answered:
        """Returns the last answers.

        Raises:
            Refused: there are none, or the server has forgotten them (410).
        """
        if self.answered is None:
            raise Refused("There are no answers any more. Ask again.", 410)
        return self.answered


def with_names(error: Exception, file: Upload) -> CatganError:
    """Returns an error that calls a file by the name that the user knows instead of its path."""
    text = str(error).replace(str(file.path), file.name).replace(file.path.name, file.name)
    return CatganError(text if file.path.stem in file.name else text.replace(file.path.stem, file.name))


def given_file(path: Path) -> Upload:
    """Returns a file that the command line names, as if it had been sent."""
    size = path.stat().st_size if path.is_file() else sum(
        part.stat().st_size for part in path.rglob("*") if part.is_file())
    return Upload(path, path.name, size)
