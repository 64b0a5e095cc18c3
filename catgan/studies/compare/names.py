"""Names of the figures that are compared, their titles and families."""

from __future__ import annotations

HEADLINE = {"mean_f1": "mean F1 of Action Units", "mean_icc": "mean ICC of Action Units",
            "valence/ccc": "CCC of valence", "arousal/ccc": "CCC of arousal",
            "expression/macro_f1": "macro-F1 of expressions"}
"""The figures of the first family of tests, with their titles."""
OTHERS = {"mean_auc": "mean AUC of Action Units", "mean_pcc": "mean PCC of Action Units",
          "valence/rmse": "RMSE of valence", "arousal/rmse": "RMSE of arousal",
          "expression/accuracy": "accuracy of expressions"}
"""Figures of the second family, with their titles. It also holds those of single Action Units."""
OF_UNITS = {"f1": "F1", "auc": "AUC", "icc": "ICC", "pcc": "PCC"}
"""Figures of each Action Unit: `AU12/f1`."""
GENERATED = {"generated/pcc": "correlation of asked and read", "generated/slope": "slope over that of real faces",
             "generated/cross_talk": "cross-talk", "generated/fd": "Frechet distance",
             "generated/precision": "precision of generated faces", "generated/recall": "recall of generated faces"}
"""Figures of generated faces, of the second family."""
LESS_IS_BETTER = ("valence/rmse", "arousal/rmse", "generated/cross_talk", "generated/fd")


def title(name: str) -> str:
    """Returns the title of a figure: `F1 of AU12`."""
    known = {**HEADLINE, **OTHERS, **GENERATED}
    if name in known:
        return known[name]
    unit, _, figure = name.partition("/")
    return f"{OF_UNITS[figure]} of {unit}"


def family(name: str) -> str:
    """Returns the family of tests in which a figure is corrected: `headline` or `other`."""
    return "headline" if name in HEADLINE else "other"


def sign(name: str) -> int:
    """Returns 1 where more is better, -1 where less is."""
    return -1 if name in LESS_IS_BETTER else 1
