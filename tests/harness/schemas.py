"""Checks files that were really written against the schemas of catgan/schemas."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq

from tests.harness.paths import REPOSITORY

FOLDER = REPOSITORY / "catgan" / "schemas"


def schema(name: str) -> dict:
    """Reads a schema by its name."""
    return json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


def check(name: str, content: object) -> None:
    """Checks that JSON content is as its schema says, and that the schema says something about every key.

    The schemas themselves allow further keys, so that they also hold for files of later versions.

    Raises:
        AssertionError: content that the schema refuses, or keys that it does not describe.
    """
    found = schema(name)
    problems = [f"{error.json_path}: {error.message[:200]}"
                for error in jsonschema.Draft202012Validator(found).iter_errors(content)]
    problems += [f"{path} is not in {name}.schema.json" for path in undescribed(content, found, found, "$")]
    assert not problems, "; ".join(problems)


def undescribed(content: object, part: dict, whole: dict, path: str) -> Iterator[str]:
    """Lists the keys of content that a schema has no words for. An object without `properties` is described as one."""
    parts = [_resolved(each, whole) for each in [part, *part.get("anyOf", ())]]
    if isinstance(content, dict):
        named = [each for each in parts if {"properties", "patternProperties"} & each.keys()
                 or isinstance(each.get("additionalProperties"), dict)]
        for key, value in content.items() if named else ():
            child = next(filter(lambda found: found is not None, (_child(each, key) for each in named)), None)
            if child is None:
                yield f"{path}.{key}"
            else:
                yield from undescribed(value, child, whole, f"{path}.{key}")
    if isinstance(content, list):
        items = next((each["items"] for each in parts if "items" in each), {})
        for place, value in enumerate(content):
            yield from undescribed(value, items, whole, f"{path}[{place}]")


def _resolved(part: dict, whole: dict) -> dict:
    return whole["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


def _child(part: dict, key: str) -> dict | None:
    """Returns what a schema says about a key, None if nothing."""
    if key in part.get("properties", {}):
        return part["properties"][key]
    for pattern, child in part.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return child
    further = part.get("additionalProperties")
    return further if isinstance(further, dict) else None


def check_dataset(folder: Path, rows: int = 3) -> None:
    """Checks `dataset.json` and some rows of the first shard of each split."""
    check("dataset", json.loads((folder / "dataset.json").read_text(encoding="utf-8")))
    for path in sorted((folder / "shards").glob("*-00000-*.parquet")):
        for row in pq.read_table(path).slice(0, rows).to_pylist():
            check("shard", _as_json(row))


def check_run(folder: Path) -> None:
    """Checks `stats.jsonl` and the figures of both presets of a run."""
    for line in (folder / "stats.jsonl").read_text(encoding="utf-8").splitlines():
        check("stats", json.loads(line))
    for preset in ("best", "last"):
        check("metrics", json.loads((folder / preset / "metrics.json").read_text(encoding="utf-8")))


def _as_json(value: object) -> object:
    """Turns a row of a table into JSON: bytes into base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list) else value
