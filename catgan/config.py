"""Converts YAML to frozen dataclasses and back. An unknown key is an error that suggests the nearest field."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from catgan.errors import CatganError, unknown_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Reads a YAML mapping with the safe loader.

    Raises:
        CatganError: the file is missing, is not YAML, or is not a mapping.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatganError(f"No such file: {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatganError(f"Cannot read {path}: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CatganError(f"{where}: not valid YAML: {getattr(error, 'problem', None) or error}.") from None
    if not isinstance(content, dict):
        raise CatganError(f"{path} must hold a YAML mapping (key: value). Received: {type(content).__name__}.")
    return content


def override(content: Mapping[str, object], assignments: Sequence[str]) -> dict[str, object]:
    """Returns `content` with assignments `a.b=c` applied. Values are parsed as YAML (`1e-4`, `true`, `[1, 2]`).

    Raises:
        CatganError: an assignment without `=` or without a key.
    """
    values = {}
    for assignment in assignments:
        path, separator, text = assignment.partition("=")
        if not separator or not path.strip():
            raise CatganError(f"--set takes KEY.KEY=VALUE. Received: '{assignment}'.")
        values[path.strip()] = yaml.safe_load(text)
    return assigned(content, values)


def assigned(content: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """Returns `content` with values put at dotted keys such as `training.seed`, in order; `content` stays as it is."""
    result = dict(content)
    for path, value in values.items():
        result = _with_value(result, path.split("."), value)
    return result


def _with_value(content: Mapping[str, object], keys: Sequence[str], value: object) -> dict[str, object]:
    first, *rest = keys
    child = content.get(first)
    inner = child if isinstance(child, Mapping) else {}
    return {**content, first: _with_value(inner, rest, value) if rest else value}


def from_mapping(cls: type[T], content: object, where: str = "") -> T:
    """Builds the dataclass `cls` from a mapping and checks names and types at every level.

    Args:
        cls: a dataclass; its field annotations define the allowed types.
        content: mapping of field names to values.
        where: dotted path of `content` in its file, for error messages.

    Raises:
        CatganError: an unknown key, a missing key, a value of the wrong type, or a value that the class itself refuses.
    """
    if not isinstance(content, Mapping):
        raise CatganError(f"{where or cls.__name__} must be a mapping. Received: {content!r}.")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in content:
        if key not in fields:
            raise unknown_name(f"key in {where}" if where else "key", key, fields)
    values = {
        name: _convert(hints[name], content[name], f"{where}.{name}" if where else name)
        for name in fields if name in content
    }
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise CatganError(f"Missing key '{name}'{f' in {where}' if where else ''}.")
    return cls(**values)


def check(config: object, where: str, *, above_zero: Sequence[str] = (), from_zero: Sequence[str] = (),
          shares: Sequence[str] = (), below_one: Sequence[str] = ()) -> None:
    """Checks the ranges of numbers in a dataclass.

    Args:
        config: the dataclass.
        where: its dotted path in the file, for error messages.
        above_zero, from_zero, shares, below_one: names of fields that must be greater than 0; 0 or more; in 0..1; in
            0..1 without 1.

    Raises:
        CatganError: a number out of its range.
    """
    for names, fulfilled, text in (
            (above_zero, lambda value: value > 0, "be greater than 0"),
            (from_zero, lambda value: value >= 0, "be 0 or more"),
            (shares, lambda value: 0 <= value <= 1, "lie in 0..1"),
            (below_one, lambda value: 0 <= value < 1, "lie in 0..1 (exclusive)")):
        for name in names:
            if not fulfilled(getattr(config, name)):
                raise CatganError(f"'{where}.{name}' must {text}. Received: {getattr(config, name)}.")


def to_mapping(config: DataclassInstance) -> dict[str, Any]:
    """Converts a dataclass to dictionaries, lists and scalars that YAML and JSON can hold; the inverse of
    `from_mapping`."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def to_yaml(config: DataclassInstance) -> str:
    """Returns a dataclass as YAML text, keys in the order of its fields."""
    return yaml.safe_dump(to_mapping(config), sort_keys=False)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_mapping(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _convert(hint: Any, value: object, where: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _convert(next(item for item in arguments if item is not type(None)), value, where)
    if dataclasses.is_dataclass(hint):
        return from_mapping(typing.cast(type, hint), value, where)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise _wrong_type(where, "a list", value)
        return tuple(_convert(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise _wrong_type(where, "a mapping", value)
        return {_convert(arguments[0], key, where): _convert(arguments[1], item, f"{where}.{key}")
                for key, item in value.items()}
    return _scalar(hint, value, where)


def _scalar(hint: type, value: object, where: str) -> object:
    if hint is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)  # YAML 1.1 reads 1e-4 as a string
        except ValueError:
            raise _wrong_type(where, "a number", value) from None
    if hint is Path and isinstance(value, str):
        return Path(value)
    if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", Path: "a path"}
    raise _wrong_type(where, names.get(hint, hint.__name__), value)


def _wrong_type(where: str, expected: str, value: object) -> CatganError:
    return CatganError(f"'{where}' must be {expected}. Received: {value!r}.")
