"""Reads recipes, which list the annotated photographs of a data set and configure merging and splitting."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from catgan import config
from catgan.data import sources
from catgan.errors import CatganError, unknown_name
from catgan.files import LinkedRoot


@dataclass(frozen=True)
class SourceConfig:
    """Configures one annotated collection.

    Args:
        name: name of the source, stored with its labels.
        format: name of a reader in `catgan.data.sources.READERS`.
        root: folder of the collection, relative to the recipe.
        kind: `"human"` or `"tool"`, the maker of the labels. Human labels win over a tool's.
        terms: licence terms in a few words, for the card; default: the terms known for the layout.
        family: sources of one family use the same names for the same people. Known for DISFA and DISFA+, for the two
            layouts of Aff-Wild2, and for tables of one root.
        options: options of the layout, see `catgan sources FORMAT`.
        follow_links: True if symbolic links below `root` may lead out of it, as in the caches of download tools.
    """

    name: str
    format: str
    root: str
    kind: str
    terms: str = ""
    family: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    follow_links: bool = False

    layouts: ClassVar[ModuleType] = sources
    """The registry that knows the format."""

    @property
    def folder(self) -> Path:
        """Returns `root` as a path; a `LinkedRoot` if links may lead out of it."""
        return LinkedRoot(self.root) if self.follow_links else Path(self.root)

    def __post_init__(self):
        layout = self.layouts.layout(self.format)
        object.__setattr__(self, "options", text_keys(self.options))
        for option in self.options:
            if option not in layout.all_options and self.format != "table":
                raise unknown_name(f"option of format {self.format} in source '{self.name}'", option,
                                   layout.all_options or ("none",))
        if not self.terms:
            object.__setattr__(self, "terms", layout.terms)
        if self.kind not in ("human", "tool"):
            raise unknown_name("kind of labels", self.kind, ("human", "tool"))


@dataclass(frozen=True)
class SplitConfig:
    """Configures the assignment of faces to splits.

    Args:
        train, validation, test: shares of the faces; their sum is 1.
        seed: seed of the random order of groups.
        official: True if faces stay in the official split of their source.
        folds: number of data sets for cross-validation, each with another fold as the test split; 0 makes one data
            set. The official folds of DISFA and BP4D are used if their number equals `folds`.
    """

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    official: bool = True
    folds: int = 0

    def __post_init__(self):
        shares = (self.train, self.validation, self.test)
        if min(shares) < 0 or abs(sum(shares) - 1.0) > 1e-6 or self.train == 0:
            raise CatganError(f"'split' needs shares of train, validation and test that add up to 1. "
                              f"Received: {', '.join(f'{share:g}' for share in shares)}.")
        if self.folds and not 2 <= self.folds <= 20:
            raise CatganError(f"'split.folds' must be 0, or lie in 2..20. Received: {self.folds}.")


@dataclass(frozen=True)
class MergeConfig:
    """Configures the merging of photographs, and of labels that differ.

    Args:
        hash_distance: largest number of bits in which the perceptual hashes (8 x 8 pHash) of merged faces may differ.
        correlation: smallest normalised correlation of merged faces, see `catgan.data.builder.merge`.
        kin: smallest correlation of near-duplicates, which stay in one split but are not merged.
        prefer: rules of precedence, in their order: `human` over a tool's, `intensity` over presence alone.
        otherwise: rule for labels that still differ: `mean` of near numbers, or `unknown`.
        tolerance: largest difference of valence or arousal that is averaged; values farther apart are unknown.
    """

    hash_distance: int = 10
    correlation: float = 0.97
    kin: float = 0.9
    prefer: tuple[str, ...] = ("human", "intensity")
    otherwise: str = "mean"
    tolerance: float = 0.2

    def __post_init__(self):
        if not 0 <= self.hash_distance <= 16:
            raise CatganError(f"'merge.hash_distance' must lie in 0..16. Received: {self.hash_distance}.")
        if not 0.0 < self.kin <= self.correlation <= 1.0:
            raise CatganError(f"'merge' needs 0 < kin <= correlation <= 1. Received: kin {self.kin:g}, correlation "
                              f"{self.correlation:g}.")
        for rule in self.prefer:
            if rule not in ("human", "intensity"):
                raise unknown_name("preference in merge.prefer", rule, ("human", "intensity"))
        if self.otherwise not in ("mean", "unknown"):
            raise unknown_name("merge.otherwise", self.otherwise, ("mean", "unknown"))


@dataclass(frozen=True)
class Recipe:
    """Holds the content of a recipe file.

    Args:
        name: name of the data set.
        sources: the annotated collections, in the order in which they are read.
        image_size: side of the stored faces in pixels.
        presence_from: the intensity from which an AU counts as present (FACS A = 1).
        split, merge: see `SplitConfig` and `MergeConfig`.
    """

    name: str
    sources: tuple[SourceConfig, ...]
    image_size: int = 64
    presence_from: float = 1.0
    split: SplitConfig = SplitConfig()
    merge: MergeConfig = MergeConfig()

    def __post_init__(self):
        names = [source.name for source in self.sources]
        if not names or len(set(names)) != len(names):
            raise CatganError(f"'sources' needs at least one source, each with a name of its own. Received: {names}.")
        if not 16 <= self.image_size <= 1024:
            raise CatganError(f"'image_size' must lie in 16..1024. Received: {self.image_size}.")

    @property
    def families(self) -> dict[str, str]:
        """Returns source -> family, for families of two or more sources."""
        tables: dict[str, str] = {}
        known: dict[str, str | None] = {}
        for source in self.sources:
            known[source.name] = source.family or sources.FAMILIES.get(source.format)
            if source.format == "table" and not source.family:  # tables of one folder use the same names
                known[source.name] = tables.setdefault(os.path.normpath(source.root), source.name)
        counts = Counter(known.values())
        return {name: family for name, family in known.items() if family is not None and counts[family] > 1}


def namers(recipe: Recipe) -> list[int]:
    """Returns the number of each source's naming scheme.

    Within one scheme, different names for the face in one picture mean different people. A source or a family is one
    scheme. All tables without a family are one scheme, too: tables of the same pictures are assumed to use the same
    names.
    """
    families = recipe.families
    found = ["table/" if source.format == "table" and not source.family else families.get(source.name, source.name)
             for source in recipe.sources]
    return [found.index(name) for name in found]


def read_recipe(path: str | os.PathLike, assignments: Sequence[str] = ()) -> Recipe:
    """Reads a recipe, with `a.b=c` assignments put over it, and makes its roots absolute.

    Raises:
        CatganError: the file is not a valid recipe, see `catgan.config`.
    """
    path = Path(path)
    recipe = config.from_mapping(Recipe, config.override(config.read_yaml(path), assignments))
    rooted = tuple(replace(source, root=str((path.parent / source.root).resolve())) for source in recipe.sources)
    return replace(recipe, sources=rooted)


def fingerprint(recipe: Recipe) -> str:
    """Returns a hash of the recipe, 16 hexadecimal digits; the folders of its sources are left out."""
    content = config.to_mapping(replace(recipe, sources=tuple(replace(source, root="") for source in recipe.sources)))
    for source in content["sources"]:
        del source["follow_links"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def text_keys(value: Any) -> Any:
    """Converts the keys of options to text at every level; YAML allows other types: `{0: neutral, yes: 1}`."""
    if isinstance(value, Mapping):
        texts = {key: str(key).lower() if isinstance(key, bool) else str(key) for key in value}
        return {texts[key]: text_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [text_keys(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)  # YAML also has dates
