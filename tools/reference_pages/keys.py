"""Reference of the keys of YAML files, from the dataclasses that read them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

from reference_pages import markdown

RANGES = {"above_zero": "greater than 0", "from_zero": "0 or more", "shares": "in 0..1",
          "below_one": "in 0..1, without 1"}
"""Arguments of `catgan.config.check` in words."""
PLURALS = {"whole number": "whole numbers", "number": "numbers", "path": "paths",
           "mapping (see below)": "mappings (see below)"}
NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false", Path: "path", object: "any value"}


class Kind(typing.NamedTuple):
    """A kind of file: its title, what the page says first, and its parts (dotted path in the file -> dataclass)."""

    title: str
    text: str
    parts: dict[str, type]


def kinds() -> dict[str, Kind]:
    """Returns the kinds of files by name of their page, those of each kind of training among them."""
    from catgan.data.builder.recipe import Recipe
    from catgan.data.people.recipe import PeopleRecipe
    from catgan.models.gan.architectures import NetworkConfig
    from catgan.studies.elimination.options import Elimination
    from catgan.studies.sweep.plan import SweepConfig
    from catgan.training.experiment import AuxiliaryConfig, Experiment
    from catgan.training.tasks import TASKS, get_task

    found = {
        "recipe": Kind("Recipes of faces", "A recipe is read by [`catgan build`](../cli/build.md). It lists the "
                       "annotated photographs and videos of a data set.", {"": Recipe}),
        "people-recipe": Kind("Recipes of people", "A recipe with `people: true` is read by "
                              "[`catgan build`](../cli/build.md). It lists collections of whole people.",
                              {"": PeopleRecipe}),
        "experiment": Kind("Experiments", "An experiment is read by [`catgan train`](../cli/train.md); "
                           "`--set training.seed=3` puts a value over a key. Keys of `options` depend on `task`: each "
                           "kind of training has a page of its own below.",
                           {"": Experiment, "network": NetworkConfig, "auxiliary_data": AuxiliaryConfig}),
    }
    for name in TASKS:
        task = get_task(name)
        first = markdown.sections(type(task).__doc__)[""]
        found[f"task-{name}"] = Kind(f"Options of `task: {name}`", markdown.paragraphs(first) + "\n\nThese keys stand "
                                     "under `options` of an [experiment](experiment.md).", {"options": task.config})
    found["sweep"] = Kind("Sweeps", "A sweep is read by [`catgan sweep`](../cli/sweep.md).", {"": SweepConfig})
    found["elimination"] = Kind("Eliminations", "An elimination is read by [`catgan eliminate`](../cli/eliminate.md).",
                                {"": Elimination})
    return found


def pages() -> dict[str, str]:
    """Returns the index and one page for each kind of file."""
    found = kinds()
    index = markdown.page(
        "Keys of files", "YAML files are read into frozen dataclasses: an unknown key, or a value of the wrong type, "
        "is an error that names the nearest key. Keys without a default are required.",
        markdown.toctree(found))
    return {"index": index, **{name: _page(kind) for name, kind in found.items()}}


def _page(kind: Kind) -> str:
    blocks = [kind.text]
    parts = list(_parts(kind.parts))
    places = {cls.__name__: f"#{re.sub(r'[^a-z_-]', '', path.lower())}" for path, cls in reversed(parts) if path}
    for path, cls in parts:
        if path:
            blocks.append(f"## {path}")
        text = "\n\n".join([markdown.paragraphs(markdown.sections(cls.__doc__)[""]), keys_of(cls, path)])
        blocks.append(markdown.linked(text, places))
    return markdown.page(kind.title, *blocks)


def _parts(parts: Mapping[str, type]) -> Iterator[tuple[str, type]]:
    """Lists dataclasses and those inside them, each path once."""
    seen: set[str] = set()
    waiting = list(parts.items())
    while waiting:
        path, cls = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        yield path, cls
        hints = typing.get_type_hints(cls)
        waiting[:0] = [(_joined(path, f"{field.name}{_brackets(hints[field.name])}"), inner)
                       for field in dataclasses.fields(cls) for inner in _inner(hints[field.name])]


def keys_of(cls: type, path: str = "") -> str:
    """Returns type, default, range and meaning of each key."""
    hints, meanings, ranges = typing.get_type_hints(cls), _meanings(cls), {**_ranges(cls), **_registered(cls)}
    items = []
    for field in dataclasses.fields(cls):
        facts = [_type(hints[field.name]), _default(field), *ranges.get(field.name, ())]
        items.append((f"`{_joined(path, field.name)}`",
                      "; ".join(fact for fact in facts if fact) + ". " + sentence(meanings.get(field.name, ""))))
    return markdown.terms(items) if items else "There are no keys."


def sentence(text: str) -> str:
    """Returns the meaning of a key as a sentence in Markdown."""
    return markdown.one_line(text[:1].upper() + text[1:]) if text else ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _meanings(cls: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in reversed(cls.__mro__):
        own = markdown.sections(part.__dict__.get("__doc__"))
        found |= {**markdown.entries(own.get("Args", "")), **markdown.entries(own.get("Attributes", ""))}
    return found


def _default(field: dataclasses.Field) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "required"
    if dataclasses.is_dataclass(value):
        return ""
    if isinstance(value, Mapping) and any(map(dataclasses.is_dataclass, value.values())):
        return f"default: `{', '.join(value)}`"
    return f"default: `{json.dumps(value, default=str)}`"


def _type(hint: object) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join("null" if item is type(None) else _type(item) for item in arguments)
    if origin is tuple:
        inner = _type(arguments[0])
        return f"list of {PLURALS.get(inner, inner)}"
    if origin in (dict, Mapping):
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if dataclasses.is_dataclass(hint):
        return "mapping (see below)"
    return NAMES.get(hint, "any value")  # type: ignore[call-overload]


def _inner(hint: object) -> list[type]:
    """Returns the dataclasses that a type holds."""
    if dataclasses.is_dataclass(hint):
        return [typing.cast(type, hint)]
    return [cls for item in typing.get_args(hint) if item is not Ellipsis for cls in _inner(item)]


def _brackets(hint: object) -> str:
    origin = typing.get_origin(hint)
    return "[]" if origin is tuple else ".NAME" if origin in (dict, Mapping) else ""


def _ranges(cls: type) -> dict[str, list[str]]:
    """Reads from the source of `__post_init__` which values of a field are allowed."""
    found: dict[str, list[str]] = {}
    method = cls.__dict__.get("__post_init__")
    if method is None:
        return found
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    loops = {node.target.id: node.iter for node in ast.walk(tree)
             if isinstance(node, ast.For) and isinstance(node.target, ast.Name)}
    names = vars(sys.modules[cls.__module__])
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg in RANGES:
                for field in _value(keyword.value, names) or ():
                    found.setdefault(field, []).append(RANGES[keyword.arg])
        if getattr(call.func, "id", "") == "unknown_name" and len(call.args) == 3:
            field = _field(call.args[1], loops)
            allowed = _value(call.args[2], names)
            if field and allowed:
                found.setdefault(field, []).append("one of " + ", ".join(f"`{value}`" for value in allowed))
        if getattr(call.func, "id", "") == "CatganError" and call.args:
            _add_stated(call.args[0], found)
    return found


def _registered(cls: type) -> dict[str, list[str]]:
    """Returns the names that registries know, for keys that are checked against one elsewhere."""
    from catgan.data import people, sources
    from catgan.models.gan.architectures import ARCHITECTURES
    from catgan.training.tasks import TASKS

    known: dict[str, dict[str, typing.Iterable[str]]] = {
        "Experiment": {"task": TASKS, "architecture": ARCHITECTURES}, "SourceConfig": {"format": sources.NAMES},
        "PeopleSource": {"format": people.sources.NAMES}}
    return {field: ["one of " + ", ".join(f"`{name}`" for name in names)]
            for field, names in known.get(cls.__name__, {}).items()}


def _add_stated(message: ast.expr, found: dict[str, list[str]]) -> None:
    """Adds the range that an error message states: `'folds' must be 2 or more. Received: ...`."""
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    first = parts[0]
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    quoted, _, stated = text.partition(" must ")
    name, _, rest = quoted.strip("'").rpartition(".")[2], "", stated.partition(". Received")[0]
    if quoted.startswith("'") and quoted.endswith("'") and ". Received" in stated:
        found.setdefault(name, []).append("must " + markdown.escape(rest))


def _field(node: ast.expr, loops: Mapping[str, ast.expr]) -> str | None:
    if isinstance(node, ast.Name) and node.id in loops:
        node = loops[node.id]
    return node.attr if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self" else None


def _value(node: ast.expr, names: Mapping[str, object]) -> typing.Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
