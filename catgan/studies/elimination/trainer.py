"""What an elimination asks of networks: to fit many small ones at once, to answer, and to say which points count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from catgan.data.clips.landmarks import ShapedClips
from catgan.training.landmarks import Member


class Relevance(NamedTuple):
    """How much landmarks count for networks.

    Attributes:
        values: of all landmarks of the set for each network, `(m, p)`, 0 or more; 0 for points that it does not read.
        gap: median completeness gap of the attributions, a share of the change of the logit; NaN if it has no meaning.
    """

    values: np.ndarray
    gap: float


class Fitted(Protocol):
    """`m` networks that were trained together and do not depend on each other.

    Attributes:
        parameters: number of parameters of each.
        multiply_adds: of one clip, of each.
    """

    parameters: Sequence[int]
    multiply_adds: Sequence[int]

    def logits(self, clips: ShapedClips) -> np.ndarray:
        """Returns the logit of each network for each clip, `(n, m)`."""

    def relevance(self, clips: ShapedClips, members: Sequence[int]) -> Relevance:
        """Explains some of the networks.

        Args:
            clips: all of them show the expression of these networks.
            members: numbers of networks.
        """


class Trainer(Protocol):
    """Fits networks of one kind."""

    def fit(self, clips: ShapedClips, validation: ShapedClips, members: Sequence[Member], seed: int) -> Fitted:
        """Fits one network for each member.

        Args:
            clips: to train on; their expressions are known.
            validation: to stop early and to calibrate on.
            members: which expression each network tells from the rest, and its points.
            seed: the same seed gives the same networks.
        """
