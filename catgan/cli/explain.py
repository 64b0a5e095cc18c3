"""`catgan explain`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catgan.cli import another_network, explain_clips, explain_landmarks, explain_people

if TYPE_CHECKING:
    from catgan.explain.models import ExplainedModel
    from catgan.explain.search import SearchOptions
    from catgan.models.gan.faces import FaceGAN
    from catgan.pipelines.gallery import Explained

NAME = "explain"
HELP = "Explain a prediction by the smallest change of a face, in Action Units, that changes it."
EPILOG = """examples:
  catgan explain runs/00000-joint-64 photo.jpg --target 'AU12=0' --out OUT/why
  catgan explain runs/00001-editor-64 photo.jpg --target 'valence<=-0.2,keep:AU25' --method minimal --out OUT/why
  catgan explain runs/00001-editor-64 photos/ --target 'arousal=0.2..0.5' --oracle runs/00000-judge-64 --out OUT/all
  catgan explain rendered_64 photo.jpg --model emotions.onnx --pixels imagenet --outputs angry,calm,happy --classes \\
      --target 'class!=happy' --out OUT/why
  catgan explain rendered_64 a.jpg --model model.h5 --crop square --box-margin 10px --pixels -1..1 --resize linear \\
      --target 'output[3]<=0.2,keep:AU25' --out OUT/why
  catgan explain runs/00001-editor-64 interview.mp4 --target 'valence>=0.2' --out OUT/frames
  catgan explain rendered_64 OUT/dual --target 'valence<=-0.2' --n 200 --by expression --out OUT/survey

targets, joined by commas: AU12=0  AU04>=3  valence<=-0.2  arousal=0.2..0.5  expression=sadness  realness>=0.8
expression!=happiness (any other is likelier)  keep:AU25  and the outputs of a foreign model: output[3]>=0.5
happy<=0.2  class=angry  class!=happy. Beside a foreign model, catgan's own labels are called catgan:valence,
catgan:AU12 ..; keep:AU25 keeps catgan's where the foreign model has no label of that name.
A run trained on presence distinguishes only absent (AU12=0) and present (AU12>=1).

RUN draws the changes. RUN is also the explained model, unless --model names another network. Writes original.png,
reconstruction.png, counterfactual.png, difference.png, photograph.png, panel.png, animation.gif and
counterfactual.json; for several faces, a folder for each and index.html. For a data set, writes survey.png and
survey.json: which Action Units the answers change, and how the answer follows each of them.
The status is one of: ok, already met, not found, poor inversion. Not found: search and gradient found no change of up
to three Action Units; minimal proves that there is none on its grid. 'catgan edit' draws an answer again from the
'differences' in counterfactual.json: catgan edit RUN photo.jpg --au 25=-4.61

""" + "\n\n".join(
    [explain_clips.EPILOG, explain_landmarks.EPILOG, explain_people.EPILOG])

FRAMES = 8
"""Faces on the way to an answer, for its animation."""
READS = ("run_folder", "oracle", "model", "editor", "situation", "limits")
PICTURES, WRITES = ("images",), ("out",)
FILES = tuple(dict.fromkeys((
    "original.png", "reconstruction.png", "counterfactual.png", "difference.png", "photograph.png", "panel.png",
    "animation.gif", *explain_clips.FILES, *explain_landmarks.FILES, *explain_people.FILES)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="a run or a preset that draws the changes; one that reads "
                        "landmarks or people is itself what is explained")
    parser.add_argument("images", nargs="+", metavar="IMAGE",
                        help="photographs, folders of them, videos (12 frames of each are explained, of people "
                             "the first 20 seconds); or one data set that catgan built or rendered")
    parser.add_argument("--target", metavar="TARGET",
                        help="what the changed face must show, see below; networks on landmarks and on people need "
                             "none")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the pictures")
    parser.add_argument("--method", choices=("search", "gradient", "minimal"), default="search",
                        help="minimal: certified on a grid, and slow (default: search)")
    parser.add_argument("--face", default="0", metavar="I",
                        help="which face, the largest being 0, or 'all' (default: 0)")
    parser.add_argument("--without", default="", metavar="AUS", help="Action Units that must not be changed: 1,2,4")
    parser.add_argument("--margin", type=float, default=0.08, metavar="M",
                        help="share of a label's range to go beyond the edge of the target (default: 0.08)")
    parser.add_argument("--oracle", metavar="RUN", help="an independent run that is asked whether it agrees")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="default: 0")
    many = parser.add_argument_group("a data set")
    many.add_argument("--n", type=int, default=200, metavar="N", help="faces of its split (default: 200)")
    many.add_argument("--split", default="test", choices=("train", "validation", "test", "all"), help="default: test")
    many.add_argument("--by", metavar="COLUMN", help="subgroups: a column of the data set, such as expression or yaw")
    explain_clips.add_arguments(parser)
    explain_people.add_arguments(parser)
    another_network.add_arguments(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Explains photographs, videos, clips or a data set, and prints the answers."""
    import os

    from catgan.errors import CatganError, PartialError
    from catgan.explain.search import SearchOptions
    from catgan.faces.collection import collect, skipped_line
    from catgan.models.gan.preset_folders import CLIPS, LANDMARKS, PEOPLE
    from catgan.models.gan.runtime import has_editor, load_faces
    from catgan.models.loading import kind_of_preset
    from catgan.pipelines import gallery

    kind = kind_of_preset(arguments.run_folder)
    if kind == PEOPLE:
        return explain_people.run(arguments)
    explain_clips.check_options(arguments, explain_people.PEOPLE_ONLY, "no people")
    if kind == LANDMARKS:
        return explain_landmarks.run(arguments)
    if arguments.target is None:
        raise CatganError("Say with --target what the changed face must show, such as --target 'valence<=-0.2'.")
    if kind == CLIPS:
        return explain_clips.run(arguments)
    explain_clips.check_options(arguments, explain_clips.CLIPS_ONLY, "single faces")
    gradients = arguments.method == "gradient" or not has_editor(arguments.run_folder)
    gan = load_faces(arguments.run_folder, gradients=gradients)
    model = explained(arguments, gan)
    options, without = SearchOptions(margin=_margin(arguments.margin)), _units(arguments.without)
    if any(os.path.isfile(os.path.join(path, "dataset.json")) for path in arguments.images):
        return _survey(arguments, model, gan, options, without)
    if arguments.by:
        raise CatganError("--by takes subgroups of a data set: give the folder that 'catgan build' or 'catgan render' "
                          "wrote instead of photographs.")
    found = collect(arguments.images, without=arguments.out)
    oracle = load_faces(arguments.oracle, reader=True) if arguments.oracle else None
    box = another_network.face_box(arguments, len(found.paths))
    answers, failures = gallery.explain_photographs(model, gan, found.paths, arguments.target, _index(arguments.face),
                                                    box, method=arguments.method, options=options, without=without,
                                                    oracle=oracle, frames=FRAMES, seed=arguments.seed)
    failures = found.failures + failures
    gallery.save(answers, arguments.out, failures, f"{arguments.model or arguments.run_folder} explained, "
                                                   f"{arguments.run_folder} draws")
    _print(answers)
    if answers:
        print(f"{arguments.out}: {'index.html' if len(answers) > 1 else 'panel.png and counterfactual.json'}")
    if found.skipped:
        print(skipped_line(found.skipped))
    result = dict(gallery.as_json(answers, failures, found.skipped))
    if failures:
        raise PartialError(failures, result)
    return result


def _print(answers: Sequence[Explained]) -> None:
    """Prints each answer, and which regions of the face may be covered."""
    from catgan.faces import coverage

    for answer in answers:
        before = f"{answer.path}: " if len(answers) > 1 else ""
        if answer.result.says:
            print(f"{before}the model says {answer.result.says} of this photograph")
        print(f"{before}{answer.result.status}: {answer.result.sentence()}")
        if regions := coverage.covered(answer.face.image):
            print(f"{before}uncertain here: the {' and the '.join(regions)} of this face may be covered")


def _survey(arguments: argparse.Namespace, model: ExplainedModel, gan: FaceGAN, options: SearchOptions,
            without: Sequence[int]) -> Mapping[str, Any]:
    """Explains faces of a data set, and prints which Action Units the answers change."""
    from catgan.data.store import load_dataset
    from catgan.errors import CatganError
    from catgan.explain import survey
    from catgan.explain.models import CropModel

    if len(arguments.images) > 1 or arguments.face != "0" or arguments.oracle or arguments.n < 1:
        raise CatganError("A data set is explained alone, without --face and --oracle, with --n of 1 or more.")
    if isinstance(model, CropModel) and model.preprocessing.crop != "aligned":
        raise CatganError("A data set holds aligned faces without their photographs, which --crop "
                          f"{model.preprocessing.crop} needs. Give photographs, or --crop aligned.")
    content = survey.survey(model, gan, load_dataset(arguments.images[0]), arguments.target, arguments.n,
                            arguments.split, arguments.by, arguments.seed, method=arguments.method, options=options,
                            without=without)
    survey.save(content, arguments.out)
    used = content["usage"]
    print(f"{content['target']}: {used['n']} of {content['n']} faces asked, "
          + ("the others meet it already" if used["found"] is None else f"answers for {100 * used['found']:.0f} %"))
    for name, figures in sorted(used["action_units"].items(), key=lambda item: -item[1]["share"]):
        print(f"  {name}  in {100 * figures['share']:3.0f} % of the answers, by {figures['mean_change']:+.1f} on "
              "average")
    print(f"{arguments.out}: survey.png and survey.json")
    return content


def explained(arguments: argparse.Namespace, gan: FaceGAN) -> ExplainedModel:
    """Opens the explained model, and checks the target before any photograph is opened."""
    from catgan.explain.models import CatGANModel, CombinedModel
    from catgan.explain.targets import parse_target

    own = CatGANModel(gan)
    model = another_network.foreign_model(arguments)
    if model is None:
        parse_target(arguments.target, own.labels)
        return own
    parse_target(arguments.target, CombinedModel(model, own).labels)
    for line in model.skipped:
        print(f"{arguments.model}: {line}")
    return model


def _index(text: str) -> int | None:
    from catgan.errors import CatganError

    if text == "all":
        return None
    if not text.isdecimal():
        raise CatganError(f"--face takes a number from 0, or 'all'. Received: '{text}'.")
    return int(text)


def _units(text: str) -> list[int]:
    from catgan import facs

    return [facs.parse_action_unit(part.strip()) for part in text.split(",") if part.strip()]


def _margin(value: float) -> float:
    from catgan.errors import CatganError

    if not 0.0 <= value <= 0.4:
        raise CatganError(f"--margin must lie in 0..0.4. Received: {value:g}.")
    return value
