"""Counterfactual explanations: the smallest change of Action Units after which a model reads a target off a face."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from catgan import facs
from catgan.errors import CatganError, TargetError, unknown_name
from catgan.explain.answers import IdentityFeatures, make_answers
from catgan.explain.drawers import DrawerFactory
from catgan.explain.loading import explained_model
from catgan.explain.models import with_au_reader
from catgan.explain.oracle import oracle_targets
from catgan.explain.preprocessing import PhotographedFace
from catgan.explain.problem import CounterfactualProblem, check_photographs
from catgan.explain.result import Counterfactual, CounterfactualList
from catgan.explain.search.beam import search
from catgan.explain.search.certified import Certificate, minimal
from catgan.explain.search.gradient import gradient_search
from catgan.explain.search.options import MAX_UNITS, SearchOptions
from catgan.explain.search.refinement import SearchResult
from catgan.explain.semifactual import Semifactual, find_semifactual
from catgan.models.gan.faces import FaceGAN
from catgan.random_streams import Seed, seed_of
from catgan.system import progress_bar

__all__ = ["Counterfactual", "CounterfactualList", "Counterfactuals", "Semifactual", "counterfactual",
           "counterfactuals", "diverse", "semifactual"]

METHODS = ("search", "gradient", "minimal")
BATCH_SIZE = 32
"""Default number of faces that are searched at once."""


class Counterfactuals:
    """Explains a model by counterfactuals: it is built once and asked often, so networks are loaded and compiled once.

    Args:
        model: what is explained, see `catgan.explain.explained_model`.
        drawer: makes what draws changed faces, see `catgan.explain.drawers.DrawerFactory`; that of `gan` when None.
        method: `"search"` (for any model), `"gradient"` (for models and drawers with gradients), or `"minimal"`
            (certified on `options.grid`, and slow).
        options: of the search.
        seed: of the drawer. The same seed gives the same answer.
        gan: draws the changes and reads Action Units; `model` itself when None.
        oracle: an independent model that is asked whether it agrees, as `model`.
        identity: features that tell people apart, to measure whether a drawn face is the same person.
        on_drawn: is called with the number of faces that a search has drawn, after every batch, to show progress. What
            it raises ends the search.

    Raises:
        CatganError: an unknown method, a model that cannot be explained, a foreign model without `gan`, or a `gan`
            without Action Units.

    Example:
        >>> explainer = Counterfactuals(gan, method="search")
        >>> answers = explainer.explain(faces, target="valence<=-0.2", keep=["AU25"])
    """

    def __init__(self, model: object, drawer: DrawerFactory | None = None, method: str = "search",
                 options: SearchOptions = SearchOptions(), seed: Seed = 0, *, gan: FaceGAN | None = None,
                 oracle: object = None, identity: IdentityFeatures | None = None,
                 on_drawn: Callable[[int], None] = lambda count: None):
        if method not in METHODS:
            raise unknown_name("method", method, METHODS)
        self.drawer, self.method, self.options, self.seed = drawer, method, options, seed_of(seed)
        self.model, self.gan = with_au_reader(explained_model(model), gan)
        self.oracle = None if oracle is None else explained_model(oracle)
        self.identity, self.on_drawn = identity, on_drawn

    def explain(self, images: np.ndarray, target: str | Sequence[str], *, keep: Sequence[str] = (),
                without: Sequence[int] = (), photographs: Sequence[PhotographedFace] | None = None, frames: int = 1,
                batch_size: int | None = BATCH_SIZE, verbose: bool = True) -> CounterfactualList:
        """Finds the smallest changes of Action Units after which the model reads a target off faces.

        Args:
            images: uint8 `(n, side, side, 3)`, aligned faces of the size that `gan` draws.
            target: see `catgan.explain.parse_target`; one for all faces, or one each.
            keep: names of labels to keep, such as `"AU25"` or `"arousal"`; short for `keep:` in the target.
            without: FACS numbers of Action Units that must not be changed.
            photographs: one for each face, for a model that reads crops of photographs.
            frames: faces to draw on the way to each answer, for an animation, 1 or more.
            batch_size: faces that are searched at once; None: all of them.
            verbose: whether to show a progress bar.

        Returns:
            One answer for each face.

        Raises:
            CatganError: a target that the model cannot tell, images of another shape, or method `"gradient"` where
                there are no gradients.
        """
        images, results = np.asarray(images), CounterfactualList()
        texts = _targets(target, keep, len(images))
        check_photographs(self.model, photographs, len(images))
        if self.oracle is not None:
            oracle_targets(self.oracle, texts)
        size = batch_size or max(len(images), 1)
        for first in progress_bar(range(0, len(images), size), "explain", verbose=verbose):
            part = slice(first, first + size)
            shots = None if photographs is None else photographs[part]
            started = time.perf_counter()
            problem = self._problem(images[part], texts[part], without, shots)
            results += self._solved(problem, frames, started)
        return results

    def diverse(self, image: np.ndarray, target: str, count: int = 3, *, keep: Sequence[str] = (),
                without: Sequence[int] = (), photograph: PhotographedFace | None = None,
                frames: int = 1) -> CounterfactualList:
        """Finds up to `count` answers of which no two change the same Action Unit, the smallest first.

        Args:
            image: uint8 `(side, side, 3)`, an aligned face.
            target, keep, without, frames: as `explain`.
            count: answers, 1 or more.
            photograph: of the face, for a model that reads crops of photographs.

        Returns:
            The answers that were found, or the nearest attempt where there is none.
        """
        if count < 1:
            raise CatganError(f"The number of answers must be 1 or more. Received: {count}.")
        found, excluded = CounterfactualList(), list(without)
        while len(found) < count:
            result, = self.explain(np.asarray(image)[None], target, keep=keep, without=excluded, frames=frames,
                                   photographs=None if photograph is None else [photograph], verbose=False)
            if result.status != "ok" and found:
                break
            found.append(result)
            if result.status != "ok":
                break
            excluded += [facs.parse_action_unit(name) for name in result.changes]
        return found

    def semifactual(self, image: np.ndarray, target: str, *, keep: Sequence[str] = (),
                    without: Sequence[int] = (), photograph: PhotographedFace | None = None) -> Semifactual:
        """Finds the largest change after which the target is still not met (Kenny & Keane 2021): "even if".

        Args:
            image: uint8 `(side, side, 3)`, an aligned face.
            target, keep, without: as `explain`.
            photograph: of the face, for a model that reads crops of photographs.

        Raises:
            CatganError: a target that holds for the unchanged face.
        """
        shots = None if photograph is None else [photograph]
        problem = self._problem(np.asarray(image)[None], _targets(target, keep, 1), without, shots, margin=0.0)
        return find_semifactual(problem, self.options)

    # === One batch ===

    def _problem(self, images: np.ndarray, texts: Sequence[str], without: Sequence[int],
                 photographs: Sequence[PhotographedFace] | None, margin: float | None = None) -> CounterfactualProblem:
        return CounterfactualProblem(self.model, self.gan, images, texts, make_drawer=self.drawer, seed=self.seed,
                                     margin=self.options.margin if margin is None else margin, without=without,
                                     photographs=photographs, on_drawn=self.on_drawn)

    def _solved(self, problem: CounterfactualProblem, frames: int, started: float) -> list[Counterfactual]:
        found, certificates = self._search(problem)
        answers = make_answers(problem, found, self.oracle, self.identity, frames)
        seconds = (time.perf_counter() - started) / len(answers)
        return [replace(answer, method=self.method, renders=int(count), certificate=certificate, seconds=seconds,
                        max_units=self.options.max_units)
                for answer, count, certificate in zip(answers, found.renders, certificates)]

    def _search(self, problem: CounterfactualProblem) -> tuple[SearchResult, Sequence[Certificate | None]]:
        """Searches by the chosen method; returns what was found, and a certificate of each face or None."""
        settings, slack = problem.drawer.settings, problem.drawer.intensity_slack
        if self.method == "minimal":
            return _certified(problem, self.options)
        if self.method == "gradient":
            found = gradient_search(problem.signed_distance, problem.gradient, settings, problem.allowed, self.options,
                                    problem.is_implausible, slack)
        else:
            found = search(problem.signed_distance, settings, problem.allowed, self.options, problem.is_implausible,
                           slack)
        return found, [None] * len(settings)


def _certified(problem: CounterfactualProblem,
               options: SearchOptions) -> tuple[SearchResult, Sequence[Certificate | None]]:
    """Searches every face by method `"minimal"`. A face whose target holds already gets no certificate."""
    drawer = problem.drawer
    answers = [minimal(problem.distance, drawer.settings[row], drawer.units, problem.allowed[row], options, row=row,
                       intensity_slack=drawer.intensity_slack) for row in range(len(drawer.settings))]
    proofs = [replace(proof, exclusive_pairs=problem.exclusive_pairs, margin=problem.margin) for *_, proof in answers]
    found = SearchResult(np.stack([levels for levels, *_ in answers]), np.array([met for _, met, _ in answers]),
                         np.array([proof.renders for proof in proofs]))
    return found, [None if met else proof for met, proof in zip(problem.met, proofs)]


def _targets(target: str | Sequence[str], keep: Sequence[str], count: int) -> list[str]:
    """Returns one target for each face, with the labels to keep."""
    texts = [target] * count if isinstance(target, str) else list(target)
    if len(texts) != count:
        raise TargetError(f"Give one target for all faces, or one for each. Received: {len(texts)} for {count} faces.")
    return [",".join([text, *(f"keep:{name}" for name in keep)]) for text in texts]


# === Shortcuts ===


def counterfactuals(model: object, images: np.ndarray, target: str | Sequence[str], *, method: str = "search",
                    gan: FaceGAN | None = None, drawer: DrawerFactory | None = None, keep: Sequence[str] = (),
                    without: Sequence[int] = (), margin: float | None = None, grid: Sequence[float] | None = None,
                    options: SearchOptions = SearchOptions(), photographs: Sequence[PhotographedFace] | None = None,
                    oracle: object = None, identity: IdentityFeatures | None = None, frames: int = 1,
                    seed: Seed = 0, batch_size: int | None = None, verbose: bool = True) -> CounterfactualList:
    """Explains faces once: the shortcut for `Counterfactuals(model, ...).explain(images, target, ...)`.

    Args:
        model, method, gan, drawer, options, oracle, identity, seed: as `Counterfactuals`.
        images, target, keep, without, photographs, frames, batch_size, verbose: as `Counterfactuals.explain`.
        margin, grid: instead of those of `options`, see `SearchOptions`.

    Raises:
        CatganError: as `Counterfactuals` and `Counterfactuals.explain`.
    """
    explainer = Counterfactuals(model, drawer, method, _with(options, margin, grid), seed, gan=gan, oracle=oracle,
                                identity=identity)
    return explainer.explain(images, target, keep=keep, without=without, photographs=photographs, frames=frames,
                             batch_size=batch_size, verbose=verbose)


def counterfactual(model: object, image: np.ndarray, target: str, *, method: str = "search",
                   gan: FaceGAN | None = None, drawer: DrawerFactory | None = None, keep: Sequence[str] = (),
                   without: Sequence[int] = (), margin: float | None = None, grid: Sequence[float] | None = None,
                   options: SearchOptions = SearchOptions(), photographs: Sequence[PhotographedFace] | None = None,
                   oracle: object = None, identity: IdentityFeatures | None = None, frames: int = 1,
                   seed: Seed = 0) -> Counterfactual:
    """Explains one face, uint8 `(side, side, 3)`, once; arguments as `counterfactuals`."""
    return counterfactuals(model, np.asarray(image)[None], target, method=method, gan=gan, drawer=drawer, keep=keep,
                           without=without, margin=margin, grid=grid, options=options, photographs=photographs,
                           oracle=oracle, identity=identity, frames=frames, seed=seed, verbose=False)[0]


def diverse(model: object, image: np.ndarray, target: str, count: int = 3, *, method: str = "search",
            gan: FaceGAN | None = None, drawer: DrawerFactory | None = None, keep: Sequence[str] = (),
            without: Sequence[int] = (), margin: float | None = None, options: SearchOptions = SearchOptions(),
            seed: Seed = 0) -> CounterfactualList:
    """Finds several answers about one face once, see `Counterfactuals.diverse`; arguments as `counterfactuals`."""
    explainer = Counterfactuals(model, drawer, method, _with(options, margin, None), seed, gan=gan)
    return explainer.diverse(image, target, count, keep=keep, without=without)


def semifactual(model: object, image: np.ndarray, target: str, max_units: int = MAX_UNITS, *,
                gan: FaceGAN | None = None, drawer: DrawerFactory | None = None, keep: Sequence[str] = (),
                without: Sequence[int] = (), options: SearchOptions = SearchOptions(), seed: Seed = 0,
                most: int | None = None) -> Semifactual:
    """Finds the largest change of up to `max_units` Action Units that does not reach the target, once.

    See `Counterfactuals.semifactual`; other arguments as `counterfactuals`. `most` is deprecated: `max_units`.
    """
    if most is not None:
        warnings.warn("semifactual(most=) is called max_units now", DeprecationWarning, stacklevel=2)
        max_units = most
    explainer = Counterfactuals(model, drawer, "search", replace(options, max_units=max_units), seed, gan=gan)
    return explainer.semifactual(image, target, keep=keep, without=without)


def _with(options: SearchOptions, margin: float | None, grid: Sequence[float] | None) -> SearchOptions:
    """Returns options with another margin or grid, where one is given."""
    return replace(options, margin=options.margin if margin is None else margin,
                   grid=options.grid if grid is None else tuple(grid))
