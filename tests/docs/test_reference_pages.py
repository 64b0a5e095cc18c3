"""Every verb, key, public name, file, layout and metric stands in the reference."""

import dataclasses
import json
import re
import runpy
import typing

import jsonschema
import pytest

import catgan
import reference_pages
from catgan.cli.main import VERBS, parser
from catgan.data import sources
from catgan.data.people import sources as people_sources
from catgan.training.tasks import TASKS, get_task
from reference_pages import api, command_line, keys, markdown, schemas, source
from tests.harness.paths import REPOSITORY


@pytest.fixture(scope="module")
def pages():
    return reference_pages.pages()


def test_every_verb_has_a_page_and_a_task(pages):
    names = [verb.NAME for verb in VERBS]
    assert set(names) == set(command_line.verbs()) and {f"cli/{name}.md" for name in names} <= set(pages)
    groups = command_line.by_task(names)
    assert sorted(verb for group in groups.values() for verb in group) == sorted(names)
    assert all(f"[`catgan {name}`]({name}.md)" in pages["cli/index.md"] for name in names)


def options(of):
    """Every option of a parser and of its parts."""
    for action in of._actions:
        yield from action.option_strings[-1:]
        for child in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            yield from options(child)


def test_every_option_stands_on_the_page_of_its_verb(pages):
    for name, (_, of) in command_line.verbs().items():
        missing = {option for option in options(of) if f"`{option}" not in pages[f"cli/{name}.md"]} - {"--help"}
        assert not missing, f"{name}: {missing}"


def test_examples_and_remarks_of_help_texts_are_told_apart():
    text = "examples:\n  catgan a\n  catgan b\n\nA remark of --b,\nmore:\n  catgan c\nThe end, see 'catgan d'."
    assert command_line.split_epilog(text) == ("catgan a\ncatgan b", [
        "A remark of `--b`,\nmore:", "```sh\ncatgan c\n```", "The end, see `catgan d`."])


def test_help_of_the_program_names_the_same_verbs():
    assert all(name in parser().format_help() for name in command_line.verbs())


def test_every_key_stands_on_its_page(pages):
    for name, kind in keys.kinds().items():
        for path, cls in keys._parts(kind.parts):
            for field in dataclasses.fields(cls):
                assert f"`{keys._joined(path, field.name)}`\n: " in pages[f"keys/{name}.md"], (name, path, field.name)
    assert {f"keys/task-{name}.md" for name in TASKS} <= set(pages)


def test_every_key_has_a_meaning():
    """`Args` of the docstring of a dataclass names its fields."""
    silent = {f"{cls.__name__}.{field.name}" for kind in keys.kinds().values() for _, cls in keys._parts(kind.parts)
              for field in dataclasses.fields(cls) if not keys._meanings(cls).get(field.name)}
    assert not silent


@dataclasses.dataclass(frozen=True)
class Inner:
    """Inside.

    Args:
        share: of something.
    """

    share: float = 0.5


@dataclasses.dataclass(frozen=True)
class Outer:
    """Outside.

    Args:
        name: what it is called.
        parts: those inside,
            in order.
        mode: a word.
    """

    name: str
    parts: tuple[Inner, ...] = ()
    mode: str | None = None


def test_keys_of_nested_dataclasses():
    assert [path for path, _ in keys._parts({"": Outer})] == ["", "parts[]"]
    assert keys.keys_of(Outer) == ("`name`\n: text; required. What it is called.\n\n"
                                   "`parts`\n: list of mappings (see below); default: `[]`. Those inside, in order.\n\n"
                                   "`mode`\n: text or null; default: `null`. A word.")


def test_ranges_are_those_that_are_checked():
    training = typing.get_type_hints(keys.kinds()["experiment"].parts[""])["training"]
    found = keys._ranges(training)
    assert found["images"] == ["greater than 0"] and found["augment"] == ["in 0..1"]
    assert found["precision"] == ["one of `auto`, `float32`, `mixed_bfloat16`"]
    critic = typing.get_type_hints(get_task("adversarial").config)["critic"]
    assert keys._ranges(critic)["gamma"] == ["0 or more"]


@pytest.mark.parametrize("module", ["catgan", "catgan.explain", "catgan.explain.attribution", "catgan.explain.drawers",
                                    "catgan.training.tasks", "catgan.modalities.registry"])
def test_every_public_name_has_an_entry(pages, module):
    names = [name for name in source.public_names(module)
             if name != "__version__" and not source.is_module(f"{module}.{name}")]
    places = api.addresses()
    for name in names:
        definition = source.find(module, name)
        page = pages[f"api/{places[definition.module, definition.name]}.md"]
        assert f"\n## {definition.name}\n" in page, name


def test_public_names_are_read_from_the_source_as_python_has_them():
    assert source.public_names("catgan") == catgan.__all__
    assert source.find("catgan", "CatGAN").module == "catgan.models.gan.model"  # not what stands for it
    for name in set(catgan.__all__) - {"__version__", "explain", "CatGAN"}:
        assert source.find("catgan", name).module == getattr(catgan, name).__module__


def test_signature_has_defaults_and_values_of_constants():
    find = source.find("catgan", "render")
    assert api._signature(find.node, find.module, "render").splitlines()[1:-1] == [
        "render(", "    config: RenderConfig,", "    out: str | os.PathLike,", "    workers: int | None = None,",
        "    verbose: bool = True,", ") -> Info"]
    method = source.find("catgan.metrics.counterfactual_space", "cout")
    assert "steps: int = 50" in api._signature(method.node, method.module, "cout")


def test_every_metric_has_its_formula_or_words():
    text = (REPOSITORY / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    for module in api.METRICS:
        for name in source.public_names(f"catgan.metrics.{module}"):
            assert re.search(rf"\b{module}\.{name}\b", text), f"{module}.{name}"
    modules = {path.stem for path in (REPOSITORY / "catgan" / "metrics").glob("*.py")} - {"__init__", "figures"}
    assert modules == set(api.METRICS)
    for module, name in re.findall(r"^### (\w+)\.(\w+)$", text, re.MULTILINE):
        assert name in source.public_names(f"catgan.metrics.{module}")


@pytest.mark.parametrize("name", schemas.schemas())
def test_schemas_are_valid_and_have_a_page(pages, name):
    content = schemas.schemas()[name]
    jsonschema.Draft202012Validator.check_schema(content)
    assert content["$schema"].endswith("2020-12/schema") and content["title"] and content["description"]
    assert all(f"`{key}`" in pages[f"files/{name}.md"] for key in content["properties"])
    assert set(content.get("required", ())) <= set(content["properties"])


def test_schemas_are_part_of_the_package():
    path = REPOSITORY / "catgan" / "schemas" / "dataset.schema.json"
    assert json.loads(path.read_text())["title"] == "dataset.json"
    assert "schemas/*.json" in (REPOSITORY / "setup.cfg").read_text()


def test_every_layout_has_a_page(pages):
    assert {f"layouts/{name}.md" for name in sources.NAMES} <= set(pages)
    assert {f"layouts/people-{name}.md" for name in people_sources.NAMES} <= set(pages)


def test_docstring_becomes_markdown():
    text = '''Does a thing, 0 < x < 1, for $5.

    Args:
        one, two: of `a * b`,
            going on.

    Returns:
        A number.
    '''
    assert markdown.described(text) == ("Does a thing, 0 \\< x \\< 1, for \\$5.\n\n**Arguments**\n\n"
                                        "- `one`, `two`: of `a * b`, going on.\n\n**Returns**\n\nA number.")


def test_pages_are_written_once_and_old_ones_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(reference_pages, "pages", lambda: {"cli/build.md": "# build\n"})
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "gone.md").write_text("old")
    reference_pages.write(tmp_path)
    first = (tmp_path / "cli" / "build.md").stat().st_mtime_ns
    reference_pages.write(tmp_path)
    assert [path.name for path in (tmp_path / "cli").iterdir()] == ["build.md"]
    assert (tmp_path / "cli" / "build.md").stat().st_mtime_ns == first


def test_glossary_is_in_order_and_has_two_sentences_each():
    text = (REPOSITORY / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^(\w[^\n]*)\n: ([^\n]+)$", text, re.MULTILINE)
    terms = [term.casefold() for term, _ in entries]
    assert terms == sorted(terms) and len(terms) > 60
    for term, meaning in entries:
        sentences = re.findall(r"[.:;]?[^.]*?\.(?=\s|$)", re.sub(r"\([^()]*\)|`[^`]*`|\d\.\d", "", meaning))
        assert len(sentences) == 2, (term, sentences)


def test_code_on_the_page_of_files_validates_a_data_set(pages, tmp_path, monkeypatch):
    folder = tmp_path / "OUT" / "dual"
    folder.mkdir(parents=True)
    needed = schemas.schemas()["dataset"]["required"]
    (folder / "dataset.json").write_text(json.dumps({name: None for name in needed}))
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", pages["files/index.md"], re.DOTALL)[1]
    script = tmp_path / "validate.py"
    script.write_text(code)
    with pytest.raises(jsonschema.ValidationError, match="is not of type"):
        runpy.run_path(str(script))
