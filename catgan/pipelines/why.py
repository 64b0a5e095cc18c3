"""Explains one face in full: several answers, what changes nothing ("even if"), and which regions the output needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from catgan.errors import CatganError
from catgan.explain.attribution import EXPLAINERS, Attributions
from catgan.explain.attribution.outputs import scalar_output
from catgan.explain.counterfactual import CounterfactualList, Counterfactuals
from catgan.explain.goals import Target
from catgan.explain.models import CombinedModel, ExplainedModel, with_au_reader
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import PhotographedFace
from catgan.explain.search import SearchOptions
from catgan.explain.search.options import MARGIN
from catgan.explain.semifactual import Semifactual
from catgan.explain.targets import parse_target
from catgan.faces.alignment import aligned_by
from catgan.faces.blending import paste
from catgan.models.gan.model import CatGAN
from catgan.pipelines.attribute import face_side

Progress = Callable[[str, int], None]
"""Is called with the step, one of `STEPS`, and the number of faces that it has drawn. What it raises ends the work."""
ANSWERS, EVEN_IF, HEAT = STEPS = ("answers", "even if", "heat map")
MAX_ANSWERS = 5
HEATS: Mapping[str, str] = {
    "occlusion": "Blurs one region of the face after the other, and measures what the output loses. For any network.",
    "integrated_gradients": "Adds up gradients from a blurred face to this one. Shows pixels; needs a network with "
                            "gradients (catgan's own, or a Keras file).",
    "counterfactual_ig": "Adds up gradients from the changed face to this one: which changed pixels made the "
                         "difference. Needs gradients and an answer."}
"""Attributions that are made of a face beside its answers, each with a line of help."""


@dataclass(frozen=True)
class Question:
    """What is asked about a face.

    Args:
        target: see `catgan.explain.parse_target`.
        method: `"search"`, `"gradient"` or `"minimal"`.
        without: FACS numbers of Action Units that must not be changed.
        margin: share of a label's range to go beyond the edge of the target.
        count: number of answers of which no two change the same Action Unit, 1..`MAX_ANSWERS`.
        even_if: whether to ask for the largest change that does not reach the target, too.
        heat: a name in `HEATS`; None asks for no heat map.
        seed: of the drawer.
    """

    target: str
    method: str = "search"
    without: tuple[int, ...] = ()
    margin: float = MARGIN
    count: int = 1
    even_if: bool = False
    heat: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Why:
    """The answers to a question.

    Args:
        question: as it was asked.
        answers: one or more, the smallest first; a single one that is not `"ok"` where there is none.
        even_if: the largest change that does not reach the target; None where it was not asked for or does not exist.
        heat: attribution of the first goal's output; None likewise.
        missing: what was asked for and does not exist, by the name of the step, with the reason in one line.
    """

    question: Question
    answers: CounterfactualList
    even_if: Semifactual | None
    heat: Attributions | None
    missing: Mapping[str, str]


def explain_face(model: ExplainedModel, gan: CatGAN, shot: PhotographedFace, places: np.ndarray, question: Question, *,
                 oracle: object = None, frames: int = 1,
                 progress: Progress = lambda step, count: None) -> Why:
    """Explains what a model reads off one face of a photograph.

    Args:
        model: the explained model.
        gan: draws the changes.
        shot: the aligned face with its photograph.
        places: its anchors in the photograph, see `catgan.faces.alignment.anchors`.
        question: what is asked.
        oracle: an independent model that is asked whether it agrees; None: none is.
        frames: faces to draw on the way to each answer, for an animation, 1 or more.
        progress: is told how far the work is.

    Raises:
        CatganError: a question that the model cannot answer, or more than `MAX_ANSWERS`.
    """
    if not 1 <= question.count <= MAX_ANSWERS:
        raise CatganError(f"The number of answers must lie in 1..{MAX_ANSWERS}. Received: {question.count}.")
    step, drawn = ANSWERS, 0

    def note(count: int) -> None:
        nonlocal drawn
        drawn += count
        progress(step, drawn)

    explainer = Counterfactuals(model, method=question.method, options=SearchOptions(margin=question.margin),
                                seed=question.seed, gan=gan, oracle=oracle, on_drawn=note)
    image, missing = shot.face.image, dict[str, str]()
    progress(step, 0)
    answers = explainer.diverse(image, question.target, question.count, without=question.without, photograph=shot,
                                frames=frames)
    even_if = heat = None
    if question.even_if:
        step, drawn = EVEN_IF, 0
        progress(step, 0)
        try:
            even_if = explainer.semifactual(image, question.target, without=question.without, photograph=shot)
        except CatganError as error:  # it holds for the unchanged face
            missing[EVEN_IF] = str(error)
    if question.heat is not None:
        progress(HEAT, 0)
        try:
            heat = _heat(model, gan, shot, places, question, answers)
        except CatganError as error:
            missing[HEAT] = str(error)
    return Why(question, answers, even_if, heat, missing)


def target_of(model: ExplainedModel, gan: CatGAN, text: str) -> Target:
    """Parses a target with all labels that may be named: the model's, and catgan's beside a foreign one's."""
    return parse_target(text, with_au_reader(model, gan)[0].labels)


def heat_output(target: Target) -> str:
    """Returns the name of the output that the first goal of a target is about."""
    goal = target.goals[0]
    return goal.label.columns[0 if goal.name is None else goal.label.classes.index(goal.name)]


def _heat(model: ExplainedModel, gan: CatGAN, shot: PhotographedFace, places: np.ndarray, question: Question,
          answers: CounterfactualList) -> Attributions:
    """Attributes the output of the first goal to the pixels of the face."""
    combined, _ = with_au_reader(model, gan)
    column = heat_output(parse_target(question.target, combined.labels))
    if isinstance(combined, CombinedModel) and column.startswith(OWN):
        model, column = combined.own, column.removeprefix(OWN)
    preprocessing = getattr(model, "preprocessing", None)
    if preprocessing is not None and preprocessing.crop != "aligned":
        raise CatganError(f"A heat map is made of an aligned face, and this network reads the crop "
                          f"'{preprocessing.crop}' of a photograph.")
    assert question.heat is not None
    scalar_output(model, column)
    side, answer, given = face_side(model, gan), answers[0], {}
    face = aligned_by(shot.photo, places, side).image
    if question.heat == "counterfactual_ig":
        if answer.status != "ok":
            raise CatganError("Which changed pixels made the difference can be said of an answer alone, and there is "
                              "none.")
        pasted = paste(shot.photo, shot.face, answer.path[-1], answer.moves[-1])
        given["counterfactuals"] = aligned_by(pasted, places, side).image[None]
    return EXPLAINERS[question.heat](model).attribute(face[None], column, verbose=False, **given)
