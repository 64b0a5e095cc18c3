"""Reads recipes with `people: true`, which list the annotated people of a data set."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from catgan import config
from catgan.data.builder.recipe import SourceConfig, SplitConfig
from catgan.data.people import sources
from catgan.errors import CatganError


@dataclass(frozen=True)
class PeopleSource(SourceConfig):
    """Configures one collection of annotated people; the fields are those of `SourceConfig`.

    `format` is a name in `catgan.data.people.sources.READERS`.
    """

    layouts: ClassVar[ModuleType] = sources


@dataclass(frozen=True)
class PeopleRecipe:
    """Holds the content of a recipe file.

    Args:
        name: name of the data set.
        sources: the annotated collections, in the order in which they are read.
        people: True, which tells these recipes from those of faces.
        image_size: side of the stored faces in pixels.
        split: see `SplitConfig`; there are no folds.
    """

    name: str
    sources: tuple[PeopleSource, ...]
    people: bool = True
    image_size: int = 64
    split: SplitConfig = SplitConfig()

    def __post_init__(self) -> None:
        names = [source.name for source in self.sources]
        if not names or len(set(names)) != len(names):
            raise CatganError(f"'sources' needs at least one source, each with a name of its own. Received: {names}.")
        if not self.people:
            raise CatganError("A recipe of people says 'people: true'. Received: false; leave 'people' out of recipes "
                              "of faces.")
        if not 16 <= self.image_size <= 1024:
            raise CatganError(f"'image_size' must lie in 16..1024. Received: {self.image_size}.")
        if self.split.folds:
            raise CatganError(f"Recipes of people have no 'split.folds'. Received: {self.split.folds}.")


def is_of_people(path: str | os.PathLike) -> bool:
    """Tells whether a recipe file says `people`. Raises `CatganError` if it cannot be read."""
    return "people" in config.read_yaml(Path(path))


def read_recipe(path: str | os.PathLike, assignments: Sequence[str] = ()) -> PeopleRecipe:
    """Reads a recipe, with `a.b=c` assignments put over it, and makes its roots absolute.

    Raises:
        CatganError: the file is not a valid recipe, see `catgan.config`.
    """
    path = Path(path)
    recipe = config.from_mapping(PeopleRecipe, config.override(config.read_yaml(path), assignments))
    rooted = tuple(replace(source, root=str((path.parent / source.root).resolve())) for source in recipe.sources)
    return replace(recipe, sources=rooted)


def fingerprint(recipe: PeopleRecipe) -> str:
    """Returns a hash of the recipe, 16 hexadecimal digits; the folders of its sources are left out."""
    content = config.to_mapping(replace(recipe, sources=tuple(replace(source, root="") for source in recipe.sources)))
    for source in content["sources"]:
        del source["follow_links"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
