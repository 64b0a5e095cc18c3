"""Chooses the label heads of a discriminator."""

from __future__ import annotations

from catgan.labels import LabelSpec
from catgan.models import heads
from catgan.models.gan.architectures import NetworkConfig

INTENSITY_HEADS: dict[str, type[heads.Head]] = {"gaussian": heads.Gaussian, "huber": heads.Huber,
                                                "ordinal": heads.Ordinal}


def heads_of(network: NetworkConfig, spec: LabelSpec) -> list[heads.Head]:
    """Makes the heads of a discriminator, in the order of the encoded labels."""
    found: list[heads.Head] = []
    count = len(spec.action_units)
    if count:
        probabilities = spec.scale == "presence" or network.family == "legacy"
        kind = heads.Presence if probabilities else INTENSITY_HEADS[network.action_unit_head]
        found.append(kind("action_units", slice(0, count), count))
    if spec.valence_arousal:
        columns = slice(count, count + 2)
        if network.family == "legacy":
            found.append(heads.Plain("valence_arousal", columns, 2))
        elif network.valence_arousal_head == "regression":
            found.append(heads.Regression("valence_arousal", columns, 2))
        else:
            found.append(heads.Categorical("valence_arousal", columns, 2, network.bins))
    if spec.expressions:
        found.append(heads.Expression("expression", slice(spec.width - len(spec.expressions), spec.width),
                                      len(spec.expressions)))
    return found
