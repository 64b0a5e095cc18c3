"""A question about faces: what is to be read off them, by whom, and who draws the changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.drawers.common import drawer_of
from catgan.explain.loading import explained_model
from catgan.explain.models import Beside, CatGANModel
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import Crops, PhotographedFace
from catgan.explain.targets import Target, parse_target
from catgan.models.gan.density import violates_exclusion
from catgan.models.gan.model import CatGAN

MARGIN = 0.08
"""By how much of a label's range an answer is to be on the safe side: on the very edge, the next observer disagrees."""
NEVER = 0.01
"""How much farther than its margin from the target a face counts at the least that shows what no face shows: whatever
is read off it, it comes after all that reach the target without anything to spare. But others may grow from it."""
STILL = 1e-4
"""A foreign model whose numbers move by no more than this does not see what is drawn; of numbers that are all smaller
than 1, the share of the largest."""


class Question:
    """What the searches ask: draw these faces, how far is each from its target?

    Args:
        model, images, target, gan, drawer, seed, margin, without, photographs: as `catgan.explain.counterfactuals`.

    Attributes:
        model: what reads; pen: what draws, see `catgan.explain.drawers.common`.
        original: what is read off each face alone, as it is, by column.
        goals: the targets; met: which of them hold already, `(n,)`.
        free: which Action Units may be changed, `(n, k)`.
        joint: which combinations of them the training faces of the model that draws showed; None if unknown.

    Raises:
        CatganError: as `catgan.explain.counterfactuals`.
    """

    def __init__(self, model: Any, images: np.ndarray, target: str | Sequence[str], gan: CatGAN | None = None,
                 drawer: Callable[..., Any] | None = None, seed: int = 0, margin: float = MARGIN,
                 without: Sequence[int] = (), photographs: Sequence[PhotographedFace] | None = None):
        self.model, gan = beside(explained_model(model), gan)
        self.crops = _crops(self.model, photographs, len(images))
        texts = [target] * len(images) if isinstance(target, str) else list(target)
        parsed = {text: parse_target(text, self.model.labels) for text in dict.fromkeys(texts)}
        images = np.asarray(images)
        alone = [self.model.read(images[row:row + 1]) if self.crops is None else
                 self.model.read(images[row:row + 1], [self.crops[row].original()]) for row in range(len(images))]
        self.original = {name: np.concatenate([reading[name] for reading in alone]) for name in alone[0]}
        self.goals = [parsed[text].with_original(self.original, row) for row, text in enumerate(texts)]
        self._ours = any(goal.label.name.startswith(OWN) for target in self.goals for goal in target.goals)
        self._least, self._largest = (self._numbers(self.original) for _ in range(2))
        self.met = np.array([goal.shortfall(reading)[0] <= 0.0
                             for goal, reading in zip(self.goals, rows_of(self.original))], bool)
        self._tightened = [goal.tightened(margin) for goal in self.goals]
        self._ahead = [goal.towards(self.original, row) for row, goal in enumerate(self._tightened)]
        self.pen = (drawer or drawer_of(gan))(gan, images, None, seed)
        self.free = np.array([[number not in (*goal.held_units, *without) for number in self.pen.units]
                              for goal in self.goals])
        self.free[self.met] = False
        self.joint, self._never = gan.density, margin + NEVER
        self.margin, self.seed = margin, seed

    def read(self, rows: np.ndarray, faces: np.ndarray, moves: np.ndarray,
             needed: bool = False) -> dict[str, np.ndarray]:
        """Reads drawn faces; a model that sees crops of photographs, off the photographs with these faces in them.

        Args:
            rows: whose faces they are, `(m,)`.
            faces, moves: as a drawer's `drawn` gives them.
            needed: leave out what catgan reads beside a foreign model where no target speaks of it.
        """
        if not isinstance(self.model, Beside):
            return self.model.read(faces)
        crops = None if self.crops is None else [self.crops[row].edited(face, move)
                                                 for row, face, move in zip(rows.tolist(), faces, moves)]
        return self.model.read(faces, crops, ours=self._ours or not needed)

    def declared(self, row: int) -> dict[str, Any] | None:
        """How a foreign model's picture of face `row` is made, as JSON holds it."""
        preprocessing = getattr(self.model, "preprocessing", None)
        if preprocessing is None:
            return None
        return preprocessing.to_dict() | ({} if self.crops is None else {"box": list(self.crops[row].shot.box)})

    def unmoved(self, row: int) -> bool:
        """Whether all that a foreign model said of face `row`, however it was drawn, is the same."""
        if not self._least.shape[1]:
            return False
        least, largest = self._least[row], self._largest[row]
        return float((largest - least).max()) <= STILL * min(float(np.maximum(-least, largest).max()), 1.0)

    def _numbers(self, reading: Mapping[str, np.ndarray]) -> np.ndarray:
        """What a foreign model says, `(n, k)`; of our own, nothing."""
        names = [name for name in reading if not name.startswith(OWN)] if isinstance(self.model, Beside) else []
        count = len(next(iter(reading.values())))
        return np.stack([reading[name] for name in names], axis=1) if names else np.zeros((count, 0))

    def distance(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """How far faces `rows` `(m,)` with Action Units at `levels` `(m, k)` are from their targets, `(m,)`; 0 or less:
        reached."""
        return self._far(rows, levels, self._tightened)

    def ahead(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """`distance` to the near ends of the targets' intervals alone: 0 or less where they lie behind."""
        return self._far(rows, levels, self._ahead)

    def joins(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Whether levels `(m, k)` of faces `rows` bring together units that no face that the pen learned from shows
        together, such as wide and closed eyes."""
        return (np.zeros(len(levels), bool) if self.joint is None else
                self.joint.violates_exclusion(levels, self.pen.settings[rows]))

    @property
    def apart(self) -> tuple[tuple[int, int], ...]:
        """FACS numbers of the units that no face that the pen learned from shows together."""
        pairs = () if self.joint is None else self.joint.exclusive_pairs
        return tuple((self.pen.units[one], self.pen.units[other]) for one, other in pairs)

    def plausibility(self, row: int, levels: np.ndarray) -> dict[str, Any] | None:
        """Says how plausible face `row` is with Action Units drawn at `levels` `(k,)`. Levels below 0 count as 0: the
        face lacks the unit. As `catgan.explain.counterfactual.Counterfactual`."""
        if self.joint is None:
            return None
        levels = np.clip(levels, 0.0, 5.0)
        places = [pair for pair in self.joint.exclusive_pairs
                  if violates_exclusion([pair], levels[None], self.pen.settings[row])[0]]
        return {"distance": round(float(self.joint.distance(levels[None])[0]), 3), "bound": round(self.joint.bound, 3),
                "together": ["+".join(facs.au_name(self.pen.units[place]) for place in pair) for pair in places]}

    def odd(self, levels: np.ndarray) -> np.ndarray:
        """Whether combinations `(m, k)` lie outside of what those faces showed."""
        return np.zeros(len(levels), bool) if self.joint is None else ~self.joint.inside(np.clip(levels, 0.0, 5.0))

    def _far(self, rows: np.ndarray, levels: np.ndarray, targets: Sequence[Target]) -> np.ndarray:
        faces, moves = self.pen.drawn(rows, levels)
        reading, result = self.read(rows, faces, moves, needed=True), np.zeros(len(rows))
        numbers = self._numbers(reading)
        np.minimum.at(self._least, rows, numbers)
        np.maximum.at(self._largest, rows, numbers)
        for row in np.unique(rows):
            mine = rows == row
            result[mine] = targets[row].distance({name: values[mine] for name, values in reading.items()})
        return np.where(self.joins(rows, levels), np.maximum(result, self._never), result)

    def gradient(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far from the targets, 0 = reached, and its gradient by the levels, `(m, k)`.

        Raises:
            CatganError: a model or a drawer without gradients.
        """
        from keras import ops

        from catgan.backend import get_engine

        if self.crops is not None:
            raise CatganError("The gradient search reads aligned faces only, and this model reads crops of "
                              "photographs. Use method 'search', or declare crop 'aligned'.")
        if not (self.model.differentiable and self.pen.differentiable):
            raise CatganError("The gradient search needs a model and a drawer with gradients. Use method 'search'.")

        def distance(changes):
            reading = self.model.told(self.pen.told(rows, changes))
            far = ops.concatenate([self._tightened[row].shortfall(
                {name: values[place:place + 1] for name, values in reading.items()}, ops.maximum)
                for place, row in enumerate(rows)])
            return far, far

        start = ((levels - self.pen.settings[rows]) / 5.0).astype(np.float32)
        distances, slopes = get_engine().input_gradient(distance, ops.convert_to_tensor(start))
        return np.asarray(distances, np.float64), np.asarray(slopes, np.float64) / 5.0


def beside(model: Any, gan: CatGAN | None) -> tuple[Any, CatGAN]:
    """The explained model, with our own beside it where it is a foreign one, and what draws."""
    gan = gan or getattr(model, "gan", None)
    if gan is None:
        raise CatganError("A foreign model needs a catgan model that draws the changes: give gan=, for example "
                          "CatGAN.from_preset('rendered_64').")
    if not gan.spec.action_units:
        raise CatganError("Explanations are said in Action Units, and this model was trained without them. "
                          "Train with labels.mode au or joint.")
    return (model if getattr(model, "gan", None) is gan else Beside(model, CatGANModel(gan))), gan


def _crops(model: Any, photographs: Sequence[PhotographedFace] | None, count: int) -> list[Crops] | None:
    """What cuts a model's crops from photographs; None for a model that reads aligned faces."""
    if getattr(model, "crop", "aligned") == "aligned":
        return None
    if photographs is None or len(photographs) != count:
        raise CatganError(f"The explained model reads the crop '{model.crop}' of photographs: give one "
                          "PhotographedFace for each face as photographs=. Received "
                          f"{len(photographs or ())} for {count} faces.")
    return [Crops(photograph, model.preprocessing) for photograph in photographs]


def rows_of(columns: Mapping[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Columns `(n,)` as n readings of one face each."""
    count = len(next(iter(columns.values())))
    return [{name: values[row:row + 1] for name, values in columns.items()} for row in range(count)]


def plain(reading: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The reading of one face as numbers and names that JSON can hold."""
    return {name: values[0] if isinstance(values[0], str) else round(float(values[0]), 4)
            for name, values in reading.items()}


def shift(label: Any, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> str:
    """What became of a label between two readings of one face, in words."""
    spoken = label.spoken or label.name
    if label.kind == "class":
        first, last = (label.classes[int(np.argmax([part[column][0] for column in label.columns]))]
                       for part in (before, after))
        return f"{spoken} stays {first}" if first == last else f"{spoken} turns from {first} to {last}"
    name = f"the probability of {spoken}" if label.kind == "presence" else spoken
    present = f" (present from {label.threshold:.2f})" if label.kind == "presence" else ""
    start, end = (round(float(part[label.columns[0]][0]), 2) + 0.0 for part in (before, after))  # no "-0.00"
    if start == end:
        return f"{name} stays at {start:.2f}{present}"
    return f"{name} {'falls' if end < start else 'rises'} from {start:.2f} to {end:.2f}{present}"


def said_first(model: Any, reading: Mapping[str, np.ndarray], named: Sequence[Any], most: int = 4) -> str:
    """What a foreign model says of one face, in words: of classes the likeliest, of numbers those that the target
    names, and others while there are few; empty for our own models."""
    if not isinstance(model, Beside):
        return ""
    labels = model.model.labels
    classes = [label.columns for label in labels.values() if label.kind == "class"]
    likely = sorted(classes[0], key=lambda column: -reading[column][0])[:most - 1] if classes else []
    asked = [column for label in named if label.kind != "class" and not label.name.startswith(OWN)
             for column in label.columns]
    others = [label.columns[0] for label in labels.values() if label.kind != "class"
              and label.columns[0] not in (classes[0] if classes else ())]
    names = dict.fromkeys([*likely, *asked, *others[:most]])
    return ", ".join(f"{name} {float(reading[name][0]):.2f}" for name in names)
