"""Explains answers of networks on landmarks about one clip, as files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import catgan
from catgan import files, plots
from catgan.explain.attribution.sequence_family import attribute_sequences
from catgan.explain.landmarks.answer import LandmarkAnswer
from catgan.explain.landmarks.clip import LandmarkClip
from catgan.explain.landmarks.clip_figure import answer_figure, counterfactual_figure
from catgan.explain.landmarks.counterfactual import LandmarkSearch, changed_movement
from catgan.explain.landmarks.counterfactual_result import LandmarkCounterfactual
from catgan.explain.landmarks.movement import EXAGGERATION, RATE, changed_pictures, movement_pictures
from catgan.explain.landmarks.outputs import landmark_output
from catgan.explain.landmarks.questions import default_target, parse_landmark_target
from catgan.explain.landmarks.relevance import point_attributions
from catgan.explain.landmarks.strip import relevance_strip
from catgan.faces.picture_sequences import write_pictures
from catgan.metrics.figures import Figures
from catgan.models.landmarks.model import LandmarkRecogniser

METHOD, BASELINE = "integrated_gradients", "zeros"
BASELINE_NAMES = {"first": "the own first frames held still", "median": "the own median face held still",
                  "none": "all points in the middle of the eyes"}
"""What the baseline of zeros means for each reference of the shapes."""


@dataclass(frozen=True)
class LandmarkExplanation:
    """Holds the answer about a clip.

    Args:
        answer: what the network says, and which landmarks carry it.
        counterfactual: the smallest change of the movement after which the answer changes.
    """

    answer: LandmarkAnswer
    counterfactual: LandmarkCounterfactual

    def to_dict(self) -> Figures:
        """Returns the content of `landmarks.json`."""
        return {**self.answer.to_dict(), "counterfactual": self.counterfactual.to_dict()}


def explain_landmarks(model: LandmarkRecogniser, clip: LandmarkClip, target: str | None = None,
                      search: LandmarkSearch = LandmarkSearch()) -> LandmarkExplanation:
    """Attributes the answer about a clip to landmarks, and finds the smallest movement that changes the answer.

    Args:
        model: the explained model.
        clip: of as many frames as the model reads, see `catgan.pipelines.landmark_windows`.
        target: what the answer must become, such as `"expression=surprise"` or `"expression!=happiness"`; None: the
            next most probable expression.
        search: of the change.

    Raises:
        TargetError: a target that is none, or an expression that the model does not know.
        CatganError: as `catgan.explain.attribution.sequence_family.attribute_sequences`.
    """
    probabilities = model.predict(clip.points[None], clip.seen[None])[0]
    wanted = default_target(probabilities, model.classes) if target is None else \
        parse_landmark_target(target, model.classes)
    counterfactual = changed_movement(model.predict, clip, wanted, model.classes, search)
    return LandmarkExplanation(landmark_answer(model, clip, probabilities), counterfactual)


def landmark_answer(model: LandmarkRecogniser, clip: LandmarkClip, probabilities: np.ndarray) -> LandmarkAnswer:
    """Attributes the logit of the most probable expression to the landmarks of a clip.

    Args:
        model: the explained model.
        clip: of as many frames as the model reads.
        probabilities: what the model reads, `(classes,)`.
    """
    place = int(probabilities.argmax())
    output = landmark_output(model, model.classes[place])
    given = output.take(model.shapes(clip.points[None], clip.seen[None]))
    found = attribute_sequences(output.function, given, clip.seen[None], METHOD, BASELINE)
    return LandmarkAnswer(clip, dict(zip(model.classes, probabilities.tolist())), model.classes[place],
                          output.place(point_attributions(found.values))[0], METHOD,
                          BASELINE_NAMES[model.shape.reference],
                          float(found.outputs[0]), float(found.baseline_outputs[0]),
                          np.isin(np.arange(clip.landmark_set.count), output.points))


def save(explanation: LandmarkExplanation, folder: str | os.PathLike, model: str = "") -> None:
    """Writes the pictures of an answer, and last `landmarks.json`.

    Args:
        explanation: the answer.
        folder: is made if needed.
        model: name of the explained model, for the provenance.
    """
    folder, answer, found = Path(folder), explanation.answer, explanation.counterfactual
    mark = {"model": model, "version": catgan.__version__}
    plots.save(answer_figure(answer), folder / "mesh.png", mark)
    plots.save(relevance_strip(answer.clip, answer.relevance, answer.target, answer.moment, answer.sentence()),
               folder / "strip.png", mark)
    write_pictures(folder / "movement.mp4", movement_pictures(answer.clip, answer.relevance, answer.sentence(),
                                                              chosen=answer.points), RATE)
    plots.save(counterfactual_figure(found), folder / "counterfactual.png", mark)
    write_pictures(folder / "counterfactual.mp4", changed_pictures(found.clip, found.changed_front, found.sentence(),
                                                                   EXAGGERATION), RATE)
    files.write_json(folder / "landmarks.json", {**explanation.to_dict(), "exaggeration": EXAGGERATION,
                                                 "provenance": mark})
