"""`catgan benchmark`."""

from __future__ import annotations

import argparse
from typing import Any

from catgan.errors import CatganError

NAME = "benchmark"
HELP = "Measure how fast, or how well, a part of the work is done."
EPILOG = """examples:
  catgan benchmark data --render
  catgan benchmark data --render --size 64 128 --channels 3 --json -
  catgan benchmark data --data OUT/dual --recipe datasets/photos.yaml
  catgan benchmark train --preset xs_64 --json -
  catgan benchmark edit runs/00001-editor-64 --data OUT/r64 --judge mediapipe --out OUT/edits
  catgan benchmark explain runs/00001-editor-64 --data OUT/r64 --judge runs/00000-judge-64
  catgan benchmark explain rendered_64 --data OUT/r64 --method search pixels neighbour inversion --out OUT/explained

data: --render times drawing faces on one core, --data the batches that training reads of a data set, --recipe a whole
build. train: steps of a training on faces that it draws itself, beside the same convolutions and dense layers alone.
edit: how near edited faces come to the true ones, on rendered people of the test split; figures go to --out.
explain: how near counterfactuals come to the true minimal ones, on such people, failures counted. Close other programs
first; a figure is worth as much as the quiet it was taken in."""

READS, WRITES = ("run_folder", "data", "recipe", "judge", "identity"), ("out",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", choices=("data", "train", "edit", "explain"), help="what is measured")
    parser.add_argument("run_folder", metavar="RUN", nargs="?", help="edit, explain: a run or a preset with an editor")
    parser.add_argument("--n", type=int, metavar="N",
                        help="faces a round (default: 1000); edit: faces per Action Unit (default: 100 rendered ones, "
                             "500 photographs); explain: questions (default: 500)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    data = parser.add_argument_group("data")
    data.add_argument("--render", action="store_true", help="faces drawn a second on one core")
    data.add_argument("--data", metavar="DIR", help="data set whose batches are read; edit: rendered, or photographs; "
                      "explain: rendered")
    data.add_argument("--recipe", metavar="RECIPE.yaml", help="recipe to build into a folder that is then removed")
    data.add_argument("--size", type=int, nargs="+", default=[64, 128], metavar="S",
                      help="sides of the faces that --render draws (default: 64 128)")
    data.add_argument("--channels", type=int, default=3, choices=(1, 3), help="1 grey, 3 colour (default: 3)")
    train = parser.add_argument_group("train")
    train.add_argument("--preset", default="xs_64", metavar="NAME", help="sizes of the networks (default: xs_64)")
    train.add_argument("--batch", type=int, default=64, metavar="B", help="faces a step (default: 64)")
    train.add_argument("--precision", default="auto", choices=("auto", "float32", "mixed_bfloat16"),
                       help="default: auto, the faster of the two on this machine")
    edit = parser.add_argument_group("edit, explain")
    edit.add_argument("--judge", metavar="mediapipe|RUN", help="who measures what edited faces show (default: RUN)")
    edit.add_argument("--identity", metavar="RUN|FILE.onnx",
                      help="who says whether it is the same person (default: Fisherfaces of the training faces)")
    edit.add_argument("--out", metavar="DIR", help="edit: folder for response curves, cross-talk, heat maps, a sheet; "
                      "explain: for a sheet of answers")
    edit.add_argument("--method", nargs="+", metavar="METHOD", default=["search"],
                      choices=("search", "gradient", "minimal", "inversion", "untrained", "pixels", "neighbour"),
                      help="explain: what is measured, side by side on the same questions: search, gradient, minimal "
                           "(the first 50 questions), inversion (the search through latent inversion, 30 questions), "
                           "untrained (the search, asked about a network that learned nothing), pixels (gradient "
                           "search over pixels), neighbour (the nearest unlike face of the training split); default: "
                           "search")


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.n is not None and arguments.n < 1:
        raise CatganError(f"--n must be 1 or more. Received: {arguments.n}.")
    judged = arguments.part in ("edit", "explain")
    if not judged and (arguments.run_folder or arguments.judge or arguments.identity or arguments.out):
        raise CatganError("RUN, --judge, --identity and --out belong to 'benchmark edit' and 'benchmark explain'.")
    if not judged:
        arguments.n = arguments.n or 1000
    return {"data": _data, "train": _train, "edit": _edit, "explain": _explain}[arguments.part](arguments)


def _explain(arguments: argparse.Namespace) -> dict[str, Any]:
    from pathlib import Path

    from catgan.benchmarks.explanations.scores import benchmark_explain
    from catgan.benchmarks.explanations.sheet import write_sheet
    from catgan.data.store import load_dataset
    from catgan.evaluation.evaluate import fisherfaces
    from catgan.evaluation.judges import MEDIAPIPE, open_identity, open_judge
    from catgan.explain.models import CatGANModel
    from catgan.models.gan.model import CatGAN

    if not arguments.run_folder or not arguments.data or arguments.render or arguments.recipe:
        raise CatganError("'benchmark explain' takes RUN and --data DIR: rendered faces, whose true counterfactuals "
                          "are known.")
    if arguments.judge == MEDIAPIPE:
        raise CatganError("Explanations are judged by an independent run, which reads what targets ask. Give --judge "
                          f"RUN. Received: {arguments.judge}.")
    folder, dataset = Path(arguments.run_folder), load_dataset(arguments.data)
    gan = CatGAN.from_preset(folder)
    judge = open_judge(arguments.judge, dataset, folder) if arguments.judge else None
    identity = (open_identity(arguments.identity, dataset, folder).features if arguments.identity
                else fisherfaces(dataset))
    result, queries, answers = benchmark_explain(gan, dataset, judge and CatGANModel(judge.gan), identity,
                                                 arguments.n or 500, arguments.seed, methods=arguments.method)
    if arguments.out:
        write_sheet(Path(arguments.out) / "answers.png", queries, answers)
    print("\n".join(explain_lines(result)))
    return result


def _edit(arguments: argparse.Namespace) -> dict[str, Any]:
    from pathlib import Path

    from catgan.benchmarks.editing import benchmark_edit
    from catgan.benchmarks.photographs import benchmark_photographs
    from catgan.data.store import load_dataset
    from catgan.evaluation.evaluate import fisherfaces
    from catgan.evaluation.judges import RunJudge, open_identity, open_judge
    from catgan.models.gan.model import CatGAN

    if not arguments.run_folder or not arguments.data or arguments.render or arguments.recipe:
        raise CatganError("'benchmark edit' takes RUN and --data DIR: rendered faces, whose changed faces are known, "
                          "or photographs, which judges measure.")
    folder, dataset = Path(arguments.run_folder), load_dataset(arguments.data)
    gan = CatGAN.from_preset(folder)
    judge = open_judge(arguments.judge, dataset, folder) if arguments.judge else RunJudge(folder)
    identity = (open_identity(arguments.identity, dataset, folder).features if arguments.identity
                else fisherfaces(dataset))
    if "render" in dataset.info.get("plan", {}):
        result = benchmark_edit(gan, dataset, judge, identity, arguments.n or 100, arguments.seed,
                                figures=Path(arguments.out) if arguments.out else None)
    else:
        result = benchmark_photographs(gan, dataset, judge, identity, arguments.n or 500, arguments.seed)
    print("\n".join(edit_lines(result)))
    return result


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

PLANTED = {"one": "AU12", "and": "AU1 and AU4", "or": "AU15 or AU26", "light": "the light: none explains it"}


def said(result: dict[str, Any], name: str) -> str:
    """A figure and its interval."""
    low_high, value = result.get(f"{name}_interval"), result.get(name)
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    digits = 3 if value == 0.0 or abs(value) >= 0.01 else 5
    return f"{value:.{digits}f}" + (" ({:.{d}f} .. {:.{d}f})".format(*low_high, d=digits) if low_high else "")


def explain_lines(result: dict[str, Any]) -> list[str]:
    """What `benchmark explain` found, for people: a column for every method."""
    methods = result["methods"]
    lines = [f"{result['dataset']}, {result['split']} split; in brackets 95 %",
             " " * 44 + "".join(f"{name:29}" for name in methods)]
    for name, title in EXPLAIN_FIGURES.items():
        if any(figures.get(name) is not None for figures in methods.values()):
            lines.append(f"{title:44}" + "".join(f"{said(figures, name):29}" for figures in methods.values()))
    for kind in next(iter(methods.values()))["kinds"]:
        lines.append(f"{kind + ': validity, Jaccard':44}" + "".join(
            f"{said(figures['kinds'][kind], 'validity')}, {said(figures['kinds'][kind], 'au_jaccard')}".ljust(29)
            for figures in methods.values()))
    for name, figures in result["planted"].items():
        lines.append(f"{'planted cause named: ' + PLANTED[name]:52}{said(figures, 'named')} of {figures['n']}")
    lines.append(f"at most {result['peak_memory_mb']:,.0f} MB")
    return [line.rstrip() for line in lines]


def edit_lines(result: dict[str, Any]) -> list[str]:
    """What `benchmark edit` found, for people."""
    lines = [f"{result['dataset']}, {result['split']} split, {result['n']} faces per Action Unit; in brackets 95 %"]
    lines += [f"{title:44} {said(result, name)}" for name, title in EDIT_FIGURES.items() if name in result]
    units = result["action_units"]
    key = "explained_change" if "explained_change" in result else "pcc"
    lines += ["  ".join(f"{name} {figures[key]:.2f}" for name, figures in units.items() if figures[key] is not None),
              f"judged by {result['judge']}"]
    if "seconds_per_face" in result:
        lines += [f"{1000 * result['seconds_per_face']:.2f} ms a face in a batch of 32"]
    return lines


def _data(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.benchmarks import data as benchmark

    if not (arguments.render or arguments.data or arguments.recipe):
        raise CatganError("Nothing to measure. Give --render, --data DIR or --recipe RECIPE.yaml.")
    result: dict[str, Any] = {"faces_per_second": None, "batches_faces_per_second": None,
                              "render_faces_per_second": None, "render": None}
    if arguments.render:
        speeds = benchmark.benchmark_render(arguments.n, arguments.size, arguments.channels, arguments.seed)
        result["render_faces_per_second"] = speeds[arguments.size[0]]["faces_per_second"]
        result["render"] = {str(size): speed for size, speed in speeds.items()}
        for size, speed in speeds.items():
            print(f"rendering {size} px on one core: {speed['faces_per_second']:,.0f} faces a second "
                  f"({speed['lowest']:,.0f} .. {speed['highest']:,.0f} in {benchmark.ROUNDS} rounds of {arguments.n}); "
                  f"{speed['with_sampling']:,.0f} with the drawing of lots")
    if arguments.data:
        read = benchmark.benchmark_batches(arguments.data, arguments.n, arguments.seed, arguments.channels)
        result["batches_faces_per_second"] = read
        print(f"batches of {arguments.data}: {read:,.0f} faces a second")
    if arguments.recipe:
        result["faces_per_second"] = benchmark.benchmark_build(arguments.recipe)
        print(f"building {arguments.recipe}: {result['faces_per_second']:,.0f} faces a second")
    return result


def _train(arguments: argparse.Namespace) -> dict[str, Any]:
    from catgan.benchmarks.training import ROUNDS, benchmark_train

    if arguments.render or arguments.data or arguments.recipe:
        raise CatganError("'benchmark train' draws its own faces: --render, --data and --recipe belong to "
                          "'benchmark data'.")
    result = benchmark_train(arguments.preset, arguments.batch, arguments.n, arguments.seed, arguments.precision)
    print(f"training {result['preset']}, {result['engine']}, {result['precision']}, batch {result['batch_size']}: "
          f"{result['images_per_second']:,.1f} faces a second ({result['lowest']:,.1f} .. {result['highest']:,.1f} in "
          f"{ROUNDS} rounds)\n"
          f"{result['gmac_per_image']:.3f} x 10^9 multiply-adds a face, at {result['share_of_convolution_rate']:.2f} "
          f"of the rate that its layers reach alone; {100 * result['loader_share']:.1f} % of a step loads faces\n"
          f"first step after {result['first_step_seconds']:.1f} s, at most {result['peak_memory_mb']:,.0f} MB")
    return result
