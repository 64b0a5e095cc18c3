"""Reference of files, from the JSON Schemas in catgan/schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from reference_pages import markdown

FOLDER = Path(__file__).resolve().parents[2] / "catgan" / "schemas"
LIMITS = {"minimum": "from {}", "maximum": "to {}", "exclusiveMinimum": "above {}", "exclusiveMaximum": "below {}",
          "pattern": "pattern `{}`"}
PLURALS = {name: f"{name}s" for name in ("number", "integer", "string", "object", "boolean")}
Schema = Mapping[str, object]


def schemas() -> dict[str, dict]:
    """Returns all schemas by name: `dataset`, `counterfactual` ..."""
    return {path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(FOLDER.glob("*.schema.json"))}


def pages() -> dict[str, str]:
    """Returns the index and one page for each file."""
    found = schemas()
    how = markdown.code(
        "import importlib.resources, json, pathlib\n\nimport jsonschema\n\n"
        'schema = importlib.resources.files("catgan") / "schemas" / "dataset.schema.json"\n'
        'content = pathlib.Path("OUT/dual/dataset.json").read_text(encoding="utf-8")\n'
        "jsonschema.validate(json.loads(content), json.loads(schema.read_text(encoding='utf-8')))", "python")
    index = markdown.page(
        "Files", "Every file that other programs may read has a JSON Schema (draft 2020-12). The schemas are part of "
        "the package, and the tests hold really written files against them. Tables (Parquet) have a schema of one row.",
        how, markdown.terms((f"[`{schema['title']}`]({name}.md)", markdown.one_line(schema["description"]))
                            for name, schema in found.items()), markdown.toctree(found, hidden=True))
    return {"index": index, **{name: _page(name, schema) for name, schema in found.items()}}


def _page(name: str, schema: dict) -> str:
    blocks = [markdown.one_line(schema["description"]),
              f"Schema: `catgan/schemas/{name}.schema.json`. Keys in *italics* may be missing.",
              markdown.terms(_lines(schema, ""))]
    for title, part in schema.get("$defs", {}).items():
        blocks += [f"## {title}", markdown.one_line(part.get("description", "")), markdown.terms(_lines(part, ""))]
    return markdown.page(schema["title"], *blocks)


def _lines(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Lists the keys of an object and, with dotted names, of those inside it."""
    required = schema.get("required", ())
    properties: Mapping[str, Schema] = schema.get("properties", {})  # type: ignore[assignment]
    patterns: Mapping[str, Schema] = schema.get("patternProperties", {})  # type: ignore[assignment]
    children = [(name, child, name in required) for name, child in properties.items()]  # type: ignore[operator]
    children += [(_words(pattern), child, True) for pattern, child in patterns.items()]
    if isinstance(schema.get("additionalProperties"), dict):
        children.append(("NAME", schema["additionalProperties"], True))  # type: ignore[arg-type]
    for name, child, always in children:
        term = f"`{path}{name}`"
        yield term if always else f"*{term}*", meaning(child)
        yield from _lines(child, f"{path}{name}.")
        items = child.get("items")
        if isinstance(items, dict):
            yield from _lines(items, f"{path}{name}[].")


def _words(pattern: str) -> str:
    """Shows a pattern as people write it: `^AU[0-9]{2}$` is AU12."""
    return pattern.strip("^$").replace("[0-9]{2}", "12").replace(".+", "NAME").replace(".*", "NAME")


def meaning(schema: Schema) -> str:
    """Returns type, limits and description."""
    facts = [_type(schema)]
    if "minItems" in schema and schema["minItems"] == schema.get("maxItems"):
        facts.append(f"{schema['minItems']} of them")
    facts += [text.format(schema[key]) for key, text in LIMITS.items() if key in schema]
    if "enum" in schema:
        facts.append("one of " + ", ".join(f"`{value}`" for value in schema["enum"]))  # type: ignore[attr-defined]
    if "const" in schema:
        facts.append(f"always `{schema['const']}`")
    text = str(schema.get("description", ""))
    return "; ".join(fact for fact in facts if fact) + ". " + markdown.one_line(text)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        title = str(schema["$ref"]).rpartition("/")[2]
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])  # type: ignore[attr-defined]
    kind = schema.get("type", "")
    names = [kind] if isinstance(kind, str) else list(kind)  # type: ignore[call-overload]
    text = " or ".join(names)
    if "array" in names and isinstance(schema.get("items"), dict):
        inner = _type(schema["items"])  # type: ignore[arg-type]
        text = text.replace("array", f"array of {PLURALS.get(inner, inner)}" if inner else "array")
    return text
