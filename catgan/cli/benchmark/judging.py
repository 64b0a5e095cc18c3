"""Arguments that `catgan benchmark edit` and `catgan benchmark explain` share: the run, the data and the judges."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catgan.data.store import DualDataset
    from catgan.evaluation.evaluate import Features


def add_arguments(parser: argparse.ArgumentParser, data: str, judge: str) -> None:
    """Declares RUN, `--data`, `--judge`, `--identity` and `--seed`.

    Args:
        parser: of the verb.
        data, judge: help texts of these two.
    """
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset with an editor")
    parser.add_argument("--data", required=True, metavar="DIR", help=data)
    parser.add_argument("--judge", metavar="mediapipe|RUN", help=judge)
    parser.add_argument("--identity", metavar="RUN|FILE.onnx",
                        help="network that compares identities (default: Fisherfaces of the training faces)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")


def identity_features(arguments: argparse.Namespace, dataset: DualDataset) -> Features | None:
    """Opens the network of `--identity`, or fits Fisherfaces; None where the data set has too few faces a person."""
    from catgan.evaluation.evaluate import fisherfaces
    from catgan.evaluation.judges import open_identity

    if not arguments.identity:
        return fisherfaces(dataset)
    return open_identity(arguments.identity, dataset, Path(arguments.run_folder)).features
