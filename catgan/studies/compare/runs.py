"""Finds the models to compare: runs, presets and sweeps; runs that differ in their seed alone are one model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from catgan import config
from catgan.errors import ModelError
from catgan.labels import LabelSpec
from catgan.models.gan.preset_folders import damage_reported, find_preset, read_description
from catgan.models.loading import FACES, kind_of_preset

SEED = "training.seed"
UNLIKE = ("name", SEED, "data", "auxiliary_data.data")
"""Keys of a configuration in which runs of one model may differ: names, the seed and paths. The content of data counts
by its hash."""


@dataclass(frozen=True)
class ComparedRun:
    """A run or preset.

    Args:
        name: of its folder.
        folder: as it was given, or in its sweep.
        preset: holds its `config.json`.
        settings: its configuration with dotted keys, values as text; None of a preset without one.
        spec: its labels.
        image_size: in pixels.
        trained_on: content hash of its data set and the split, where the preset says so.
        seed: of the training, None if unknown.
    """

    name: str
    folder: Path
    preset: Path
    settings: Mapping[str, str] | None
    spec: LabelSpec
    image_size: int
    trained_on: tuple[str | None, str] | None
    seed: int | None


@dataclass(frozen=True)
class ComparedModel:
    """One model: runs that differ in their seed alone.

    Args:
        name: what reports call it.
        runs: in the order of their seeds.
        levels: per axis of its sweep the name of its level; empty outside sweeps.
    """

    name: str
    runs: tuple[ComparedRun, ...]
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """Seeds of the trainings, None where one is unknown."""
        return tuple(run.seed for run in self.runs)

    @property
    def spec(self) -> LabelSpec:
        """Labels of all its runs."""
        return self.runs[0].spec

    def level(self, key: str) -> str | None:
        """Returns the level of an axis of its sweep, else the value of a dotted key of its configuration, None without
        either."""
        return self.levels[key] if key in self.levels else (self.runs[0].settings or {}).get(key)

    def others(self, key: str) -> tuple[tuple[str, str], ...]:
        """Returns the levels of all other axes; outside sweeps, and for a key that is no axis, all other keys of the
        configuration in which runs of one model agree."""
        if key in self.levels:
            return tuple((axis, level) for axis, level in self.levels.items() if axis != key)
        settings = self.runs[0].settings or {}
        return tuple(sorted((name, value) for name, value in settings.items() if name not in (*UNLIKE, key)))


@dataclass(frozen=True)
class LeftOut:
    """A run that takes no part, and why."""

    run: str
    reason: str


def open_run(folder: str | Path) -> ComparedRun:
    """Describes a run or preset, without loading its networks.

    Raises:
        ModelError: there is none, it is damaged, or it does not read single faces.
    """
    kind, preset = kind_of_preset(folder), find_preset(folder)
    if kind != FACES:
        raise ModelError(f"'compare' compares models of single faces. Received: {folder}, a model of {kind}.")
    run = preset.parent if preset.name in ("best", "last") else preset
    with damage_reported(preset):
        content = read_description(preset)
        spec, size = LabelSpec.from_dict(content["labels"]), int(content["network"]["image_size"])
        stated = content.get("trained_on")
        trained_on = None if stated is None else (stated["data"], str(stated["split"]))
    settings = read_settings(run)
    seed = None if settings is None or SEED not in settings else int(settings[SEED])
    return ComparedRun(run.name, Path(folder), preset, settings, spec, size, trained_on, seed)


def read_settings(run: Path) -> dict[str, str] | None:
    """Reads the resolved configuration of a run with dotted keys and values as text; None where there is none."""
    path = run / "config.yaml"
    return dict(_flat(config.read_yaml(path))) if path.is_file() else None


def _flat(content: Mapping[str, object], above: str = "") -> Iterable[tuple[str, str]]:
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)


def models_of_runs(runs: Sequence[ComparedRun]) -> tuple[list[ComparedModel], list[LeftOut]]:
    """Groups runs that were given one by one into models, in the order in which each first came.

    Raises:
        ModelError: a run is given twice.
    """
    twice = [str(preset) for preset, count in Counter(run.preset.resolve() for run in runs).items() if count > 1]
    if twice:
        raise ModelError(f"Each run may be given once. Received twice: {', '.join(twice)}.")
    groups: dict[object, list[ComparedRun]] = {}
    for run in runs:
        groups.setdefault(_identity(run), []).append(run)
    models, left_out = [], []
    for group in groups.values():
        kept, repeated = one_per_seed(group)
        models.append(ComparedModel(_name(kept), tuple(kept)))
        left_out += repeated
    return models, left_out


def _identity(run: ComparedRun) -> object:
    """Returns what runs of one model have in common; a preset without a configuration is a model of its own."""
    if run.settings is None:
        return run.preset.resolve()
    return tuple(sorted((name, value) for name, value in run.settings.items() if name not in UNLIKE))


def one_per_seed(runs: Sequence[ComparedRun]) -> tuple[list[ComparedRun], list[LeftOut]]:
    """Sorts the runs of one model by seed, and leaves out those that repeat a seed, which tell nothing new."""
    kept: dict[int | None, ComparedRun] = {}
    left_out = []
    for run in runs:
        if run.seed in kept:
            left_out.append(LeftOut(run.name, f"the same configuration and seed as {kept[run.seed].name}"))
        else:
            kept[run.seed] = run
    return sorted(kept.values(), key=lambda run: run.seed or 0), left_out


def _name(runs: Sequence[ComparedRun]) -> str:
    """Names a model by its run, or by the name in the configuration of several."""
    settings = runs[0].settings or {}
    return settings.get("name", runs[0].name) if len(runs) > 1 else runs[0].name


def with_unique_names(models: Sequence[ComparedModel]) -> list[ComparedModel]:
    """Tells models of one name apart: by their first run, else by its folder, else by a number."""
    def renamed(models: Sequence[ComparedModel], name_of: Mapping[int, str]) -> list[ComparedModel]:
        counts = Counter(model.name for model in models)
        return [replace(model, name=name_of[place]) if counts[model.name] > 1 else model
                for place, model in enumerate(models)]

    named = renamed(models, {place: f"{model.name} ({model.runs[0].name})" if model.name != model.runs[0].name
                             else str(model.runs[0].folder) for place, model in enumerate(models)})
    return renamed(named, {place: f"{model.name} [{place + 1}]" for place, model in enumerate(named)})
