"""Oracle: an independent model that is asked whether a changed face meets the target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catgan.errors import CatganError, TargetError
from catgan.explain.models import ExplainedModel
from catgan.explain.outputs import OWN
from catgan.explain.problem import rows_of
from catgan.explain.targets import Target, parse_target


def oracle_agrees(oracle: ExplainedModel, texts: Sequence[str], images: np.ndarray) -> np.ndarray:
    """Returns whether an independent model reads the targets off faces, bool `(n,)`; kept labels are left out.

    Args:
        oracle: the model.
        texts: targets, one for each face.
        images: uint8 `(n, side, side, 3)`.
    """
    targets = oracle_targets(oracle, texts)
    return np.array([targets[text].shortfall(reading)[0] <= 0.0
                     for text, reading in zip(texts, rows_of(oracle.read(images)))], bool)


def oracle_targets(oracle: ExplainedModel, texts: Sequence[str]) -> dict[str, Target]:
    """Parses targets with the labels of an independent model, without kept labels; returns them by their text.

    Raises:
        TargetError: a label that this model lacks.
    """
    goals = {text: ",".join(part.strip().removeprefix(OWN) for part in text.split(",")
                            if not part.strip().lower().startswith("keep:")) for text in texts}
    try:
        return {text: parse_target(part, oracle.labels) for text, part in goals.items()}
    except CatganError as error:
        raise TargetError(f"The oracle cannot be asked about this target. {error}") from None
