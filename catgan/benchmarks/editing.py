"""Quality of an editor on rendered scenes of people it was not trained on: against the true faces, and by judges."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from catgan import facs, random_streams
from catgan.conditions import Condition
from catgan.data.pairs import Pairs, RenderedPairs
from catgan.data.store import DualDataset
from catgan.errors import CatganError
from catgan.evaluation import editing as edit_quality
from catgan.evaluation.control import SPANS
from catgan.evaluation.evaluate import Features
from catgan.evaluation.figures import Curve, control_curves, cross_talk_map, heat_maps
from catgan.evaluation.judges import Judge
from catgan.faces.images import write_image
from catgan.metrics import bootstrap, control, editing, image
from catgan.metrics.figures import Figures
from catgan.models.gan.model import CatGAN

BATCH_SIZE = 32
"""Faces of a timed edit."""
TIMED_EDITS = 10
"""Edits whose median time counts."""
PEOPLE = 32
"""People of response curves and heat maps."""
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Intensities of response curves."""
NO_EDITOR = ("This needs a model with an editor that takes Action Units. Train one beside it: catgan train "
             "experiments/editor_64.yaml --set start=RUN.")


def benchmark_edit(gan: CatGAN, dataset: DualDataset, judge: Judge, identity: Features | None, n: int = 100,
                   seed: random_streams.Seed = 0, split: str = "test", figures: Path | None = None) -> Figures:
    """Measures the edits of rendered faces, whose true changed faces are known.

    Args:
        gan: with an editor that takes Action Units.
        dataset: rendered.
        judge: reads the faces, see `catgan.evaluation.judges`.
        identity: features that tell people apart; None: identity is not measured.
        n: faces per Action Unit; four times as many with three at once.
        seed: of the changes.
        split: whose people are changed.
        figures: folder for response curves, cross-talk, heat maps and a sheet of edits; none are drawn without.

    Returns:
        `explained_change`, its mean over the Action Units moved alone, and per unit in `action_units`;
        `explained_change_worst`, `explained_change_3` (three at once), `explained_change_exchanged` (one replaces
        others that exclude it), `explained_change_va`; `slope`, the mean over the units of measured on asked
        change, relative to that of the true faces; `cross_talk`, what else moves beyond what moves in truth;
        `identity`, mean cosine similarity to the face before, `identity_truth` that of the true changed faces;
        `ssim_no_change`, `ssim_back`; `seconds_per_face` in a batch of 32. With 95 % intervals.

    Raises:
        CatganError: no editor, no Action Units, or a data set that was not rendered.
    """
    if gan.editor is None or not gan.spec.action_units:
        raise CatganError(NO_EDITOR)
    seed = random_streams.seed_of(seed)
    pairs = RenderedPairs(dataset, gan.spec, split, gan.network.channels)
    people = np.array(dataset.subjects(split))
    names = [facs.au_name(number) for number in gan.spec.action_units]
    singles = {name: edit_quality.single_changes(pairs, number, n, seed)
               for name, number in zip(names, gan.spec.action_units)}
    drawn = {name: gan.apply_change(made.before, made.change).images for name, made in singles.items()}
    result: Figures = {"n": n, "split": split, "dataset": dataset.info["name"], "judge": judge.name,
                       **_against_truth(gan, pairs, people, singles, drawn, n, seed),
                       **measured_change(judge, gan, singles, drawn)}
    if identity is not None:
        result |= _identity(identity, people, singles, drawn)
    result["seconds_per_face"] = seconds_per_face(gan, singles[names[0]])
    if figures is not None:
        _draw(figures, gan, pairs, judge, singles, result["cross_talk_matrix"])
    return result


def _against_truth(gan: CatGAN, pairs: RenderedPairs, people: np.ndarray, singles: Mapping[str, Pairs],
                   drawn: Mapping[str, np.ndarray], n: int, seed: int) -> Figures:
    errors = np.concatenate([editing.squared_errors(drawn[name], made.after) for name, made in singles.items()])
    changes = np.concatenate([editing.squared_errors(made.before, made.after) for made in singles.values()])
    unit = np.repeat(np.arange(len(singles)), [len(made.rows) for made in singles.values()])
    groups = np.concatenate([people[made.rows] for made in singles.values()])

    def each(rows: np.ndarray | slice) -> list[float]:
        done, left = (np.bincount(unit[rows], part[rows], len(singles)) for part in (changes, errors))
        return (1.0 - left[done > 0] / done[done > 0]).tolist()

    shares = each(slice(None))
    result: Figures = {
        "explained_change": float(np.mean(shares)), "explained_change_worst": min(shares),
        "explained_change_interval": bootstrap.interval(lambda rows: float(np.mean(each(rows))), groups.tolist()),
        "action_units": {name: {"explained_change": share} for name, share in zip(singles, shares)}}
    others = {"explained_change_3": edit_quality.triple_changes(pairs, 4 * n, seed)}
    if edit_quality.exchangeable(gan):
        others["explained_change_exchanged"] = edit_quality.exchanges(pairs, 4 * n, seed)
    if gan.spec.valence_arousal:
        others["explained_change_va"] = edit_quality.dimension_changes(pairs, 4 * n, seed)
    for name, made in others.items():
        found = edit_quality.edit_errors(gan, made)
        result[name] = found.explained_change
        result[f"{name}_interval"] = editing.share_interval(found.errors, found.changes, people[made.rows].tolist())
    three = others["explained_change_3"]
    asked = Condition.decode(three.change)
    still = Condition(0 * asked.values, asked.mask).encode()
    for name, faces in (("ssim_no_change", gan.apply_change(three.before, still).images),
                        ("ssim_back", edit_quality.there_and_back(gan, three.before, three.change))):
        each_face = np.array([image.ssim(*pair) for pair in zip(faces, three.before)])
        result |= _mean(name, each_face, people[three.rows])
    return result


def measured_change(judge: Judge, gan: CatGAN, singles: Mapping[str, Pairs],
                    drawn: Mapping[str, np.ndarray]) -> Figures:
    """Computes slopes of measured on asked change, relative to those of the true faces, and cross-talk."""
    count = min(len(made.rows) for made in singles.values())
    before, true, after = (np.stack([faces[:count] for faces in part]) for part in (
        [made.before for made in singles.values()], [made.after for made in singles.values()], drawn.values()))
    columns = judge.read(np.concatenate([part.reshape(-1, *part.shape[2:]) for part in (before, true, after)]))
    shape = (3, len(singles), count, -1)
    base, truth, changed = np.stack([columns[name] for name in judge.columns], -1).reshape(shape)
    asked = 5.0 * np.stack([made.change[:count, place] for place, made in enumerate(singles.values())])
    known = np.isfinite(base).all(-1) & np.isfinite(truth).all(-1) & np.isfinite(changed).all(-1)
    base, truth, changed = (np.nan_to_num(part) for part in (base, truth, changed))

    # === Size: what is asked for, and how far the judge sees it move ===
    units: dict[str, Figures] = {}
    seen = {name.removesuffix("_present"): place for place, name in enumerate(judge.columns)}
    for place, name in enumerate(singles):
        if name in seen:
            own = seen[name]
            units[name], real = (control.response(asked[place], part[place, :, own] - base[place, :, own],
                                                  mask=known[place]) for part in (changed, truth))
            units[name]["ceiling"] = real
    ratio = control.ratio_to_ceiling(units, {name: figures["ceiling"] for name, figures in units.items()})

    # === Selectivity: what else moves, beyond what moves in truth ===
    moved = {name: 5.0 for name in singles}
    spans = {name.removesuffix("_present"): SPANS.get(name, 1.0 if name.endswith("_present") else 5.0)
             for name in judge.columns}
    expected = control.cross_talk(base, truth, asked, moved, spans, known)["matrix"]
    crossed = control.cross_talk(base, changed, asked, moved, spans, known,
                                 np.nan_to_num(np.array(expected, np.float64)), [str(face) for face in range(count)])
    return {"slope": ratio["slope"], "responses": units, "cross_talk": crossed["mean_absolute"],
            "cross_talk_interval": crossed["mean_absolute_interval"], "cross_talk_worst": crossed["worst"],
            "cross_talk_matrix": {name: crossed[name] for name in ("matrix", "moved", "measured")}}


def _identity(features: Features, people: np.ndarray, singles: Mapping[str, Pairs],
              drawn: Mapping[str, np.ndarray]) -> Figures:
    who = np.concatenate([people[made.rows] for made in singles.values()])
    before = features(np.concatenate([made.before for made in singles.values()]))
    result: Figures = {}
    true = [made.after for made in singles.values()]
    for name, faces in (("identity", list(drawn.values())), ("identity_truth", true)):
        after = features(np.concatenate(faces))
        norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        result |= _mean(name, (before * after).sum(1) / np.maximum(norms, 1e-12), who)
    return result


def _mean(name: str, values: np.ndarray, people: Sequence[str] | np.ndarray) -> Figures:
    return {name: float(values.mean()),
            f"{name}_interval": bootstrap.interval(lambda rows: float(values[rows].mean()), list(people))}


def seconds_per_face(gan: CatGAN, made: Pairs) -> float:
    """Times the editor alone in a batch of 32; returns the median of ten."""
    rows = np.arange(BATCH_SIZE) % len(made.before)
    faces, change, times = made.before[rows], made.change[rows], []
    gan.apply_change(faces, change)  # compiled
    for _ in range(TIMED_EDITS):
        started = time.perf_counter()
        gan.apply_change(faces, change)
        times.append((time.perf_counter() - started) / BATCH_SIZE)
    return statistics.median(times)


# === Figures ===


def _draw(folder: Path, gan: CatGAN, pairs: RenderedPairs, judge: Judge, singles: Mapping[str, Pairs],
          crossed: Figures) -> None:
    sheet, _ = edit_quality.edit_sheet(gan, next(iter(singles.values())).before[:8])
    write_image(folder / "edits.png", sheet)
    cross_talk_map(folder / "edit_cross_talk.png", crossed["matrix"], crossed["moved"], crossed["measured"])
    heat_maps(folder / "edit_masks.png", *attained_change(gan, next(iter(singles.values())).before[:PEOPLE]))
    swept = responses(gan, pairs, judge)
    if swept:
        control_curves(folder / "edit_responses.png", swept)


def responses(gan: CatGAN, pairs: RenderedPairs, judge: Judge) -> dict[str, Curve]:
    """Reads every Action Unit that the judge knows, brought from 0 to each level in the same scenes."""
    scenes = [pairs.scene(row) for row in range(min(PEOPLE, len(pairs)))]
    rows, result = np.arange(len(scenes)), dict[str, Curve]()
    mask = (np.arange(gan.spec.width) < len(gan.spec.action_units)).astype(np.float32)
    columns = {name.removesuffix("_present"): name for name in judge.columns}
    for number in gan.spec.action_units:
        name = facs.au_name(number)
        if name not in columns:
            continue
        start = [scene.with_action_units({number: 0.0}) for scene in scenes]
        before = pairs.renderer.render(start, gan.network.channels)[0]
        drawn, true = [], []
        for level in LEVELS:
            made = pairs.pairs(rows, start, [scene.with_action_units({number: level}) for scene in scenes], mask)
            drawn.append(gan.apply_change(before, made.change).images)
            true.append(made.after)
        read = judge.read(np.concatenate(drawn + true))[columns[name]].reshape(2, len(LEVELS), -1)
        result[name] = Curve(np.array(LEVELS), read[0].T, read[1].T)
    return result


def attained_change(gan: CatGAN, faces: np.ndarray, amount: float = 3.0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Averages faces, and per Action Unit the grey levels by which its change by `amount` changes each pixel, `(side,
    side)`."""
    maps = {}
    for name in map(facs.au_name, gan.spec.action_units):
        drawn = gan.apply_change(faces, Condition.change(gan.spec, {name: amount}, len(faces)).encode()).images
        maps[name] = np.abs(drawn.astype(np.float32) - faces).mean(axis=(0, 3))
    return faces.mean(0), maps
