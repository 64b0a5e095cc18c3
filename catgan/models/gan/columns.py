"""Turns the outputs of a discriminator into columns of labels in public units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from catgan.errors import CatganError
from catgan.labels import LabelSpec

if TYPE_CHECKING:
    import pandas

MAX_LOGIT = 60.0
"""Logits are clipped to +- this, so that their exponentials are finite."""


def decode_columns(outputs: Mapping[str, np.ndarray], spec: LabelSpec,
                   critic_reference: float) -> dict[str, np.ndarray]:
    """Decodes the outputs of a discriminator into columns `(n,)`, as `CatGAN.predict` describes them.

    Args:
        outputs: by head, see `catgan.models.gan.discriminator`.
        spec: the labels of the model.
        critic_reference: mean critic score of generated faces.
    """
    columns = decode_labels(outputs, spec)
    columns["realness"] = _sigmoid(outputs["critic"] - critic_reference)
    return columns


def decode_labels(outputs: Mapping[str, np.ndarray], spec: LabelSpec) -> dict[str, np.ndarray]:
    """Decodes the outputs of label heads, `(..., k)` each, into columns `(...)`; see `catgan.models.heads`."""
    columns: dict[str, np.ndarray] = {}
    for head, names, scale in (("action_units", spec.action_unit_columns, spec.maximum),
                               ("valence_arousal", ("valence", "arousal"), 1.0)):
        if head in outputs:
            deviation = np.exp(0.5 * outputs[f"{head}_log_variance"])
            for index, name in enumerate(names):
                columns[name] = outputs[head][..., index] * scale
                columns[f"{name}_std"] = deviation[..., index] * scale
    if spec.expressions:
        probability = outputs["expression"]
        columns["expression"] = np.array(spec.expressions, dtype=object)[probability.argmax(-1)]
        columns["expression_probability"] = probability.max(-1)
    return columns


def to_frame(columns: Mapping[str, np.ndarray]) -> pandas.DataFrame:
    """Makes a pandas frame of columns.

    Raises:
        CatganError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise CatganError("as_frame=True needs pandas: pip install pandas. Without as_frame, predict returns a "
                          "dictionary of columns.") from None
    return pandas.DataFrame(dict(columns))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -MAX_LOGIT, MAX_LOGIT)))
