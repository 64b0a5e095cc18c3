"""Ranks the landmarks of each expression of a network."""

from __future__ import annotations

import numpy as np

from catgan import random_streams
from catgan.data.clips.landmarks import LandmarkClips
from catgan.errors import DataError, unknown_name
from catgan.explain.attribution.sequence_baselines import Background
from catgan.explain.attribution.sequence_family import NODES, SequenceAttributions, attribute_sequences
from catgan.explain.landmarks.outputs import LandmarkOutput, landmark_output
from catgan.explain.landmarks.relevance import LandmarkRanking, point_attributions, rank
from catgan.models.landmarks.model import LandmarkRecogniser
from catgan.system import logger

N_CLIPS = 50
"""Clips of each expression that a ranking explains."""
BACKGROUND = 64
"""Clips of the other expressions that are its background."""


def attribute_landmarks(output: LandmarkOutput, shapes: np.ndarray, seen: np.ndarray,
                        method: str = "integrated_gradients", baseline: str | np.ndarray = "zeros", seed: int = 0,
                        nodes: int = NODES, background: Background | None = None
                        ) -> tuple[np.ndarray, SequenceAttributions]:
    """Attributes the logit of an expression to landmarks.

    Args:
        output: the logit, see `catgan.explain.landmarks.outputs.landmark_output`.
        shapes: input of the network, all landmarks of the set, `(n, t, p, c)`.
        seen: bool `(n, t)`.
        method, baseline, seed, nodes: see `catgan.explain.attribution.sequence_family.attribute_sequences`; an array as
            baseline has the shape of `shapes` or of one of them.
        background: shapes of other clips, all landmarks of the set.

    Returns:
        Signed attributions of all landmarks `(n, t, p)`, 0 for those that are not read; and the attributions of the
        coordinates of the landmarks that are read, with outputs and gaps.
    """
    start = baseline if isinstance(baseline, str) else output.take(np.broadcast_to(baseline, shapes.shape))
    other = None if background is None else Background(output.take(background.sequences), background.seen)
    found = attribute_sequences(output.function, output.take(shapes), seen, method, start, seed, nodes,
                                background=other)
    return output.place(point_attributions(found.values)), found


def rank_landmarks(model: LandmarkRecogniser, clips: LandmarkClips, method: str = "integrated_gradients",
                   n_clips: int = N_CLIPS, seed: int = 0, baseline: str = "zeros",
                   nodes: int = NODES) -> dict[str, LandmarkRanking]:
    """Ranks the landmarks of each expression by clips that the model reads rightly.

    Args:
        model: the recogniser. Each of its binaries is explained on the landmarks that it reads.
        clips: to explain, such as the training clips of a fold. Those of other expressions are the background.
        method, baseline, nodes: see `catgan.explain.attribution.sequence_family.attribute_sequences`.
        n_clips: clips of each expression, drawn from those that the model reads rightly.
        seed: of what is drawn.

    Returns:
        Rankings by expression, without the expressions of which no clip is read rightly.

    Raises:
        DataError: a class of the clips that the model lacks.
    """
    shapes = model.shapes(clips.points, clips.seen)
    truth = model_labels(model, clips)
    right = (model.probabilities(shapes, clips.seen).argmax(1) == truth) & clips.seen.any(1)
    rankings = {}
    for place, name in enumerate(model.classes):
        random = random_streams.generator("attributed_clips", seed, place)
        chosen = drawn(np.flatnonzero(right & (truth == place)), n_clips, random)
        against = drawn(np.flatnonzero((truth >= 0) & (truth != place) & clips.seen.any(1)), BACKGROUND, random)
        if not len(chosen):
            logger.warning("No clip of %s is read rightly: its landmarks are not ranked.", name)
            continue
        background = Background(shapes[against], clips.seen[against]) if len(against) else None
        output = landmark_output(model, name)
        values, found = attribute_landmarks(output, shapes[chosen], clips.seen[chosen], method, baseline, seed, nodes,
                                            background)
        gaps = found.gaps[np.isfinite(found.gaps)]
        rankings[name] = rank(values, name, model.landmark_set, output.points,
                              float(np.median(gaps)) if len(gaps) else None, method, baseline)
    return rankings


def model_labels(model: LandmarkRecogniser, clips: LandmarkClips) -> np.ndarray:
    """Returns the place of each clip's expression in the classes of the model, int64 `(n,)`, -1 = unknown.

    Raises:
        DataError: a class of the clips that the model lacks.
    """
    shown = [clips.classes[label] for label in np.unique(clips.labels[clips.labels >= 0])]
    for name in shown:
        if name not in model.classes:
            raise DataError(str(unknown_name("expression of this model", name, model.classes)))
    places = np.array([model.classes.index(name) if name in shown else -1 for name in clips.classes] + [-1], np.int64)
    return places[clips.labels]


def drawn(rows: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Draws at most `count` of some rows, ascending."""
    return np.sort(random.permutation(rows)[:count])
