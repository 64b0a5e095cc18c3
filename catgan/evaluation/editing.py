"""Quality of an editor on rendered scenes whose true changed faces are known, and sheets of its edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from catgan import facs, random_streams
from catgan.conditions import DIMENSIONS, Condition
from catgan.data.pairs import Pairs, RenderedPairs
from catgan.faces.images import column_titles, grid
from catgan.metrics import editing, image
from catgan.models.gan.model import CatGAN
from catgan.synthesis.moves import exchange_units, excluded_by, move_units, move_valence_arousal
from catgan.synthesis.scene import EXCLUSIVE, Scene


def single_changes(pairs: RenderedPairs, number: int, n: int, seed: int) -> Pairs:
    """Samples `n` scenes in which AU `number` alone goes to another intensity, at least one level away."""
    def sample_change(random: np.random.Generator, scene: Scene) -> dict[int, float] | None:
        now, level = scene.action_units.get(number, 0.0), 5.0 * random.random()
        level = 0.0 if now > 1.0 and random.random() < 0.3 else level
        forbidden = level > now and any(scene.action_units.get(other, 0.0) > 0.0 for other in excluded_by(number))
        return None if abs(level - now) < 1.0 or forbidden else {number: level}

    return _changed(pairs, n, random_streams.generator("single_changes", seed, number), sample_change)


def triple_changes(pairs: RenderedPairs, n: int, seed: int) -> Pairs:
    """Samples `n` scenes in which three AUs of the model change at once."""
    random = random_streams.generator("several_changes", seed)
    return _changed(pairs, n, random, lambda random, scene: move_units(random, scene, 3, pairs.spec.action_units))


def exchanges(pairs: RenderedPairs, n: int, seed: int) -> Pairs:
    """Samples up to `n` scenes in which an AU replaces others that exclude it, as when wide eyes close."""
    random = random_streams.generator("exchanges", seed)
    return _changed(pairs, n, random, lambda random, scene: exchange_units(random, scene, pairs.spec.action_units))


def exchangeable(gan: CatGAN) -> bool:
    """Tells whether a model has two Action Units that exclude each other."""
    return any(set(pair) <= set(gan.spec.action_units) for pair in EXCLUSIVE)


def dimension_changes(pairs: RenderedPairs, n: int, seed: int) -> Pairs:
    """Samples `n` scenes in which valence and arousal change by up to 0.6, and Action Units follow."""
    def sample_change(random: np.random.Generator, scene: Scene) -> dict[int, float] | None:
        return move_valence_arousal(scene, dict(zip(DIMENSIONS, random.uniform(-0.6, 0.6, 2).tolist()))) or None

    return _changed(pairs, n, random_streams.generator("plane_changes", seed), sample_change, dimensions=True)


def _changed(pairs: RenderedPairs, n: int, random: np.random.Generator,
             sample_change: Callable[[np.random.Generator, Scene], dict[int, float] | None],
             dimensions: bool = False) -> Pairs:
    """Samples `n` pairs from scenes in random order; `sample_change` returns None where a scene is not suitable. The
    editor's condition holds all Action Units, or the two `dimensions` alone."""
    rows, scenes, changed = [], [], []
    for row in random.permutation(len(pairs)):
        scene = pairs.scene(int(row))
        change = sample_change(random, scene)
        if change is not None:
            rows.append(int(row))
            scenes.append(scene)
            changed.append(scene.with_action_units(change))
        if len(rows) == n:
            break
    units = len(pairs.spec.action_units)
    mask = np.zeros(pairs.spec.width, np.float32)
    mask[units:units + 2] = dimensions
    mask[:units] = not dimensions
    return pairs.pairs(np.array(rows, np.int64), scenes, changed, mask)


class EditErrors(NamedTuple):
    """Squared errors against the true changed faces.

    Args:
        errors: of the drawn faces, `(n,)`.
        changes: of the unchanged faces, `(n,)`.
    """

    errors: np.ndarray
    changes: np.ndarray

    @property
    def explained_change(self) -> float | None:
        """See `metrics.editing.explained_change`."""
        return editing.share(self.errors, self.changes)


def edit_errors(gan: CatGAN, pairs: Pairs) -> EditErrors:
    """Edits the faces of pairs and compares them with the true changed faces."""
    drawn = gan.apply_change(pairs.before, pairs.change).images
    return EditErrors(editing.squared_errors(drawn, pairs.after), editing.squared_errors(pairs.before, pairs.after))


def validate(gan: CatGAN, pairs: RenderedPairs, n: int = 40, seed: int = 0) -> dict[str, float]:
    """Computes the figures of a snapshot.

    Args:
        gan: with an editor.
        pairs: scenes of people it was not trained on.
        n: faces per Action Unit.

    Returns:
        `explained_change`, the mean over the AUs moved alone, `explained_change_worst` of them, `explained_change_3` of
        three at once, `explained_change_exchanged` of one that comes for others, and `back_ssim`, the similarity after
        there and back; `explained_change_va` of valence and arousal. What the model does not have is left out.
    """
    figures: dict[str, float] = {}
    if gan.spec.valence_arousal:
        figures["explained_change_va"] = _share(gan, dimension_changes(pairs, 4 * n, seed))
    if gan.spec.action_units:
        each = [_share(gan, single_changes(pairs, number, n, seed)) for number in gan.spec.action_units]
        figures |= {"explained_change": float(np.mean(each)), "explained_change_worst": min(each)}
        three = triple_changes(pairs, 4 * n, seed)
        figures["explained_change_3"] = _share(gan, three)
        if exchangeable(gan):
            figures["explained_change_exchanged"] = _share(gan, exchanges(pairs, 4 * n, seed))
        returned = there_and_back(gan, three.before, three.change)
        figures["back_ssim"] = float(np.mean([image.ssim(*pair) for pair in zip(returned, three.before)]))
    return figures


def _share(gan: CatGAN, pairs: Pairs) -> float:
    return edit_errors(gan, pairs).explained_change or 0.0


def there_and_back(gan: CatGAN, faces: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Applies a change and its opposite to faces."""
    opposite = Condition.decode(change).opposite().encode()
    return gan.apply_change(gan.apply_change(faces, change).images, opposite).images


def edit_sheet(gan: CatGAN, faces: np.ndarray, amount: float = 3.0) -> tuple[np.ndarray, list[str]]:
    """Draws a sheet with one row a person and one column an edit: unchanged, every AU up by `amount` (down, where it
    reads more than 2.5), valence and arousal down and up by 0.5.

    Args:
        gan: with an editor.
        faces: aligned, uint8 `(n, side, side, 3)`.

    Returns:
        The sheet, and the titles of its columns.
    """
    read, spec = gan.read(faces), gan.spec
    columns, titles = [faces], [""]
    for name, column in zip(map(facs.au_name, spec.action_units), spec.action_unit_columns):
        change = Condition.change(spec, {name: np.where(read[column] > 0.5 * spec.maximum, -amount, amount)})
        columns.append(gan.apply_change(faces, change.encode()).images)
        titles.append(name)
    for name in DIMENSIONS if spec.valence_arousal else ():
        for amount in (-0.5, 0.5):
            change = Condition.change(spec, {name: amount}, len(faces))
            columns.append(gan.apply_change(faces, change.encode()).images)
            titles.append(f"{name[0].upper()} {amount:+}")
    rows = np.stack(columns, 1).reshape(-1, *faces.shape[1:])
    return np.concatenate([column_titles(titles, faces.shape[2] + 1), grid(rows, columns=len(columns))]), titles
