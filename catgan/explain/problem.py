"""Counterfactual problem: faces, their targets, the model that reads them and the drawer that changes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np

from catgan import facs
from catgan.errors import CatganError
from catgan.explain.drawers import DifferentiableDrawer, Drawer, DrawerFactory, drawer_of
from catgan.explain.models import CombinedModel, DifferentiableModel, ExplainedModel, Readings
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import Crops, PhotographedFace, Preprocessing
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import Target, parse_target
from catgan.explain.tensors import Tensor
from catgan.models.gan.density import violates_exclusion
from catgan.models.gan.faces import FaceGAN

EXCLUSION_DISTANCE = 0.01
"""Distance beyond the margin that counts at least for a face with mutually exclusive Action Units. Such a face comes
after all that reach the target without any margin, but other candidates may grow from it."""
MIN_RESPONSE = 1e-4
"""Largest change of a foreign model's numbers that counts as no response to the drawn faces. Where all numbers are
smaller than 1, it is a share of the largest."""


class Plausibility(TypedDict):
    """How plausible the Action Units of an answer are, see `catgan.explain.Counterfactual`."""

    distance: float
    bound: float
    together: list[str]


class CounterfactualProblem:
    """Asks what the searches ask: draws faces with changed Action Units and measures their distance from the target.

    Args:
        model: reads the faces, see `catgan.explain.models.with_au_reader`.
        gan: draws the changes.
        images: uint8 `(n, side, side, 3)`, aligned faces.
        target: see `catgan.explain.targets`; one for all faces, or one each.
        make_drawer: see `catgan.explain.drawers.DrawerFactory`; that of `gan` when None.
        seed: of the drawer.
        margin: share of a label's range by which a target is to be met with something to spare, where it can be.
        without: FACS numbers that must not be changed.
        photographs: one for each face, for a model that reads crops of photographs.
        on_drawn: is called with the number of faces that were drawn and read, after every batch. What it raises ends
            the search.

    Attributes:
        drawer: draws the faces, see `catgan.explain.drawers.Drawer`.
        original: readings of each face alone, as it is, columns `(n,)`.
        goals: the targets.
        met: which of them hold already, bool `(n,)`.
        allowed: which Action Units may be changed, bool `(n, k)`.
        density: density of Action Unit combinations in the training faces of `gan`; None if unknown.

    Raises:
        CatganError: as `catgan.explain.counterfactuals`.
    """

    def __init__(self, model: ExplainedModel, gan: FaceGAN, images: np.ndarray, target: str | Sequence[str], *,
                 make_drawer: DrawerFactory | None = None, seed: int = 0, margin: float = MARGIN,
                 without: Sequence[int] = (), photographs: Sequence[PhotographedFace] | None = None,
                 on_drawn: Callable[[int], None] = lambda count: None):
        self.model, self._on_drawn = model, on_drawn
        self.crops = _crops(model, photographs, len(images))
        texts = [target] * len(images) if isinstance(target, str) else list(target)
        parsed = {text: parse_target(text, model.labels) for text in dict.fromkeys(texts)}
        images = np.asarray(images)
        self.original = self._read_originals(images)
        self.goals = [parsed[text].with_original(self.original, row) for row, text in enumerate(texts)]
        self._own_needed = any(goal.label.name.startswith(OWN) for target in self.goals for goal in target.goals)
        self._lowest, self._highest = (self._foreign_numbers(self.original) for _ in range(2))
        self.met = np.array([goal.shortfall(reading)[0] <= 0.0
                             for goal, reading in zip(self.goals, rows_of(self.original))], bool)
        self._tightened = [goal.tightened(margin) for goal in self.goals]
        self._near_ends = [goal.towards(self.original, row) for row, goal in enumerate(self._tightened)]
        self.drawer: Drawer = (make_drawer or drawer_of(gan))(gan, images, None, seed)
        self.allowed = np.array([[number not in (*goal.held_units, *without) for number in self.drawer.units]
                                 for goal in self.goals])
        self.allowed[self.met] = False
        self.density, self._exclusion_distance = gan.density, margin + EXCLUSION_DISTANCE
        self.margin, self.seed, self._has_gradients = margin, seed, gan.differentiable

    # === Reading ===

    def _read_originals(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Reads each face alone: then its numbers do not depend on the other faces of a batch."""
        alone = []
        for row in range(len(images)):
            face = images[row:row + 1]
            if self.crops is not None and isinstance(self.model, CombinedModel):
                alone.append(self.model.read(face, [self.crops[row].original()]))
            else:
                alone.append(dict(self.model.read(face)))
        return {name: np.concatenate([reading[name] for reading in alone]) for name in alone[0]}

    def read(self, rows: np.ndarray, faces: np.ndarray, moves: np.ndarray, needed: bool = False) -> Readings:
        """Reads drawn faces. A model that reads crops sees the photographs with these faces in them.

        Args:
            rows: places of the faces, `(m,)`.
            faces, moves: as `Drawer.drawn` returns them.
            needed: whether to leave out catgan's own columns where no target names them.
        """
        if not isinstance(self.model, CombinedModel):
            return self.model.read(faces)
        crops = None if self.crops is None else [self.crops[row].edited(face, move)
                                                 for row, face, move in zip(rows.tolist(), faces, moves)]
        return self.model.read(faces, crops, ours=self._own_needed or not needed)

    def _foreign_numbers(self, reading: Readings) -> np.ndarray:
        """Returns a foreign model's numbers, `(n, k)`; none for catgan's own model."""
        names = [name for name in reading if not name.startswith(OWN)] if isinstance(self.model, CombinedModel) else []
        count = len(next(iter(reading.values())))
        return np.stack([reading[name] for name in names], axis=1) if names else np.zeros((count, 0))

    def unmoved(self, row: int) -> bool:
        """Returns whether a foreign model gave the same numbers for face `row`, however it was drawn."""
        if not self._lowest.shape[1]:
            return False
        lowest, highest = self._lowest[row], self._highest[row]
        return (float((highest - lowest).max())
                <= MIN_RESPONSE * min(float(np.maximum(-lowest, highest).max()), 1.0))

    def preprocessing_of(self, row: int) -> dict[str, object] | None:
        """Returns how a foreign model's picture of face `row` is made, as JSON holds it."""
        preprocessing: Preprocessing | None = getattr(self.model, "preprocessing", None)
        if preprocessing is None:
            return None
        return preprocessing.to_dict() | ({} if self.crops is None else {"box": list(self.crops[row].shot.box)})

    # === Distances ===

    def distance(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Returns the distance of drawn faces from their targets, `(m,)`; negative values are the margin.

        Args:
            rows: places of the faces, `(m,)`.
            levels: their Action Units, `(m, k)`.
        """
        return self._distances(rows, levels, self._tightened)

    def signed_distance(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Returns the one-sided distance, `(m,)`: to the near ends of the targets' intervals alone."""
        return self._distances(rows, levels, self._near_ends)

    def _distances(self, rows: np.ndarray, levels: np.ndarray, targets: Sequence[Target]) -> np.ndarray:
        faces, moves = self.drawer.drawn(rows, levels)
        reading, result = self.read(rows, faces, moves, needed=True), np.zeros(len(rows))
        numbers = self._foreign_numbers(reading)
        np.minimum.at(self._lowest, rows, numbers)
        np.maximum.at(self._highest, rows, numbers)
        self._on_drawn(len(rows))
        for row in np.unique(rows):
            mine = rows == row
            result[mine] = targets[row].distance({name: values[mine] for name, values in reading.items()})
        return np.where(self.violates_exclusion(rows, levels), np.maximum(result, self._exclusion_distance), result)

    def gradient(self, rows: np.ndarray, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the distance from the targets, 0 = reached, `(m,)`, and its gradient by the levels, `(m, k)`.

        Raises:
            CatganError: a model or a drawer without gradients.
        """
        from keras import ops

        from catgan.backend import get_engine

        model, drawer = self.model, self.drawer
        if self.crops is not None:
            raise CatganError("The gradient search reads aligned faces only, and this model reads crops of "
                              "photographs. Use method 'search', or declare crop 'aligned'.")
        if not self._has_gradients:
            raise CatganError("The gradient search needs gradients, which do not pass through ONNX files. Use method "
                              "'search' or 'minimal', or load the model with runtime='keras'.")
        if not (model.differentiable and isinstance(model, DifferentiableModel)
                and isinstance(drawer, DifferentiableDrawer)):
            raise CatganError("The gradient search needs a model and a drawer with gradients. Use method 'search'.")

        def distance(changes: Tensor) -> tuple[Tensor, Tensor]:
            reading = model.predict_tensors(drawer.render_tensors(rows, changes))
            far = ops.concatenate([self._tightened[row].shortfall(
                {name: values[place:place + 1] for name, values in reading.items()}, ops.maximum)
                for place, row in enumerate(rows)])
            return far, far

        start = ((levels - drawer.settings[rows]) / 5.0).astype(np.float32)
        distances, slopes = get_engine().input_gradient(distance, ops.convert_to_tensor(start))
        self._on_drawn(len(rows))
        return np.asarray(distances, np.float64), np.asarray(slopes, np.float64) / 5.0

    # === Plausibility ===

    def violates_exclusion(self, rows: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Returns whether levels `(m, k)` of faces `rows` show mutually exclusive units that the faces do not, `(m,)`.

        No training face of the model that draws shows such units together, for example wide and closed eyes.
        """
        if self.density is None:
            return np.zeros(len(levels), bool)
        return self.density.violates_exclusion(levels, self.drawer.settings[rows])

    @property
    def exclusive_pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of FACS numbers that no training face of the model that draws shows together."""
        pairs = () if self.density is None else self.density.exclusive_pairs
        return tuple((self.drawer.units[one], self.drawer.units[other]) for one, other in pairs)

    def is_implausible(self, levels: np.ndarray) -> np.ndarray:
        """Returns whether combinations `(m, k)` lie outside the training distribution, `(m,)`."""
        if self.density is None:
            return np.zeros(len(levels), bool)
        return ~self.density.inside(np.clip(levels, 0.0, 5.0))

    def plausibility(self, row: int, levels: np.ndarray) -> Plausibility | None:
        """Returns how plausible face `row` is with Action Units at `levels` `(k,)`; levels below 0 count as 0."""
        if self.density is None:
            return None
        levels = np.clip(levels, 0.0, 5.0)
        places = [pair for pair in self.density.exclusive_pairs
                  if violates_exclusion([pair], levels[None], self.drawer.settings[row])[0]]
        return {"distance": round(float(self.density.distance(levels[None])[0]), 3),
                "bound": round(self.density.bound, 3),
                "together": ["+".join(facs.au_name(self.drawer.units[place]) for place in pair) for pair in places]}


def check_photographs(model: ExplainedModel, photographs: Sequence[PhotographedFace] | None, count: int) -> None:
    """Checks that a model which reads crops of photographs gets one for each of `count` faces.

    Raises:
        CatganError: it does not.
    """
    if isinstance(model, CombinedModel) and model.crop != "aligned" and len(photographs or ()) != count:
        raise CatganError(f"The explained model reads the crop '{model.crop}' of photographs: give one "
                          "PhotographedFace for each face as photographs=. Received "
                          f"{len(photographs or ())} for {count} faces.")


def _crops(model: ExplainedModel, photographs: Sequence[PhotographedFace] | None, count: int) -> list[Crops] | None:
    """Returns what cuts a model's crops from photographs; None for a model that reads aligned faces."""
    check_photographs(model, photographs, count)
    if not isinstance(model, CombinedModel) or model.preprocessing is None or model.crop == "aligned":
        return None
    return [Crops(photograph, model.preprocessing) for photograph in photographs or ()]


def rows_of(columns: Readings) -> list[dict[str, np.ndarray]]:
    """Splits columns `(n,)` into n readings of one face each."""
    count = len(next(iter(columns.values())))
    return [{name: values[row:row + 1] for name, values in columns.items()} for row in range(count)]
