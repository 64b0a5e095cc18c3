"""Formats results of benchmarks as tables for people."""

from __future__ import annotations

from catgan.benchmarks import ROUNDS
from catgan.metrics.figures import Figures

EDIT_FIGURES = {
    "explained_change": "explained change, one Action Unit at a time", "explained_change_worst": "  of the worst one",
    "explained_change_3": "  three at once",
    "explained_change_exchanged": "  one for those that it excludes",
    "explained_change_va": "  valence and arousal",
    "moves_pcc": "correlation of measured with asked change", "slope": "slope of measured change",
    "cross_talk": "cross-talk",
    "ssim_no_change": "SSIM, no change asked", "ssim_back": "SSIM, there and back",
    "identity": "similarity to the person before", "identity_truth": "  of the true changed faces",
    "identity_others_95": "  95 % of different people stay below", "identity_kept": "  share of edits above that",
    "sharpness": "sharpness over that before", "dimension_error": "error of asked valence and arousal"}
"""Figures of `catgan benchmark edit` and their titles, in the order of the table."""

EXPLAIN_FIGURES = {
    "n": "questions", "validity": "validity, of all questions", "oracle_validity": "  an independent model agrees",
    "explained_change": "explained change, true labels",
    "explained_change_nearest": "  or one that is as good, the nearest",
    "au_jaccard": "  Jaccard of Action Units",
    "au_jaccard_chance": "  by chance", "au_precision": "  precision", "au_recall": "  recall",
    "au_error": "  error of intensities, levels",
    "sparsity_truth": "  Action Units that change in truth",
    "model_explained_change": "explained change, model on true pictures",
    "model_explained_change_nearest": "  or one that is as good, the nearest",
    "model_au_jaccard": "  Jaccard of Action Units", "model_au_jaccard_chance": "  by chance",
    "model_au_error": "  error of intensities, levels",
    "model_sparsity_truth": "  Action Units that change in truth",
    "sparsity": "Action Units changed", "off_target": "change of other Action Units",
    "lvs": "LVS of other Action Units, bits", "diversity": "between answers of one face, levels",
    "identity": "similarity to the person before", "identity_truth": "  of the true answers", "l1": "pixels, L1",
    "l2": "  L2", "ssim": "  SSIM", "cout": "COUT", "im1": "IM1, linear autoencoders", "im2": "IM2",
    "fd": "FD to real faces", "composition": "lost by no change, L1", "reversibility": "lost there and back, L1",
    "seconds_per_face": "seconds a face, batches of 32", "seconds_alone": "seconds, one face alone"}
"""Figures of `catgan benchmark explain` and their titles, in the order of the table."""

PLANTED_CAUSES = {"one": "AU12", "and": "AU1 and AU4", "or": "AU15 or AU26", "light": "the light: none explains it"}
"""Rules of planted models and the causes that explanations should name."""


def format_figure(result: Figures, name: str) -> str:
    """Formats the figure `name` of a result, and its interval where it has one."""
    low_high, value = result.get(f"{name}_interval"), result.get(name)
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    digits = 3 if value == 0.0 or abs(value) >= 0.01 else 5
    return f"{value:.{digits}f}" + (" ({:.{d}f} .. {:.{d}f})".format(*low_high, d=digits) if low_high else "")


def explain_lines(result: Figures) -> list[str]:
    """Formats the result of `catgan benchmark explain` as a table, with one column a method."""
    methods = result["methods"]
    lines = [f"{result['dataset']}, {result['split']} split; in brackets 95 %",
             " " * 44 + "".join(f"{name:29}" for name in methods)]
    for name, title in EXPLAIN_FIGURES.items():
        if any(figures.get(name) is not None for figures in methods.values()):
            cells = (f"{format_figure(figures, name):29}" for figures in methods.values())
            lines.append(f"{title:44}" + "".join(cells))
    for kind in next(iter(methods.values()))["kinds"]:
        kinds = [figures["kinds"][kind] for figures in methods.values()]
        cells = (f"{format_figure(each, 'validity')}, {format_figure(each, 'au_jaccard')}".ljust(29) for each in kinds)
        lines.append(f"{kind + ': validity, Jaccard':44}" + "".join(cells))
    for name, figures in result["planted"].items():
        title = f"planted cause named: {PLANTED_CAUSES[name]}"
        lines.append(f"{title:52}{format_figure(figures, 'named')} of {figures['n']}")
    lines.append(f"at most {result['peak_memory_mb']:,.0f} MB")
    return [line.rstrip() for line in lines]


def edit_lines(result: Figures) -> list[str]:
    """Formats the result of `catgan benchmark edit` as a table."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} faces per Action Unit; in brackets 95 %"]
    lines += [f"{title:44} {format_figure(result, name)}" for name, title in EDIT_FIGURES.items() if name in result]
    units = result["action_units"]
    key = "explained_change" if "explained_change" in result else "pcc"
    lines += ["  ".join(f"{name} {figures[key]:.2f}" for name, figures in units.items() if figures[key] is not None),
              f"judged by {result['judge']}"]
    if "seconds_per_face" in result:
        lines += [f"{1000 * result['seconds_per_face']:.2f} ms a face in a batch of 32"]
    return lines


def train_lines(result: Figures) -> list[str]:
    """Formats the result of `catgan benchmark train` in three lines."""
    return [f"training {result['preset']}, {result['engine']}, {result['precision']}, batch {result['batch_size']}: "
            f"{result['images_per_second']:,.1f} faces a second ({result['lowest']:,.1f} .. {result['highest']:,.1f} "
            f"in {ROUNDS} rounds)",
            f"{result['gmac_per_image']:.3f} x 10^9 multiply-adds a face, at "
            f"{result['share_of_convolution_rate']:.2f} of the rate that its layers reach alone; "
            f"{100 * result['loader_share']:.1f} % of a step loads faces",
            f"first step after {result['first_step_seconds']:.1f} s, at most {result['peak_memory_mb']:,.0f} MB"]
