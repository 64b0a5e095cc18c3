from dataclasses import dataclass, field

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catgan import config
from catgan.errors import CatganError


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    size: int
    inner: Inner = Inner()
    label: str | None = None
    on: bool = False
    extra: dict[str, int] = field(default_factory=dict)


def test_reads_nested_values_and_numbers_yaml_calls_text():
    outer = config.from_mapping(Outer, {"size": 3, "inner": {"rate": "1e-4", "names": ["a"]}, "extra": {"x": 1}})
    assert outer == Outer(3, Inner(1e-4, ("a",)), extra={"x": 1})


@pytest.mark.parametrize("content, problem", [
    ({"sise": 3}, "Did you mean 'size'"), ({"size": 3, "inner": {"rat": 1}}, "key in inner 'rat'"),
    ({}, "Missing key 'size'"), ({"size": 1.5}, "whole number"), ({"size": True}, "whole number"),
    ({"size": 1, "on": 1}, "true or false"), ({"size": 1, "inner": 4}, "mapping"),
    ({"size": 1, "inner": {"rate": "fast"}}, "'inner.rate' must be a number"),
    ({"size": 1, "inner": {"names": "a"}}, "a list")])
def test_refuses(content, problem):
    with pytest.raises(CatganError, match=problem):
        config.from_mapping(Outer, content)


@given(st.builds(Outer, st.integers(), st.builds(Inner, st.floats(allow_nan=False), st.lists(st.text()).map(tuple)),
                 st.none() | st.text(), st.booleans(), st.dictionaries(st.text(), st.integers())))
def test_round_trip_through_yaml(outer):
    assert config.from_mapping(Outer, yaml.safe_load(config.to_yaml(outer))) == outer


def test_override_makes_and_changes():
    changed = config.override({"a": {"b": 1}}, ["a.b=2", "a.c=1e-3", "d.e=[1, 2]", "f=true"])
    assert changed == {"a": {"b": 2, "c": "1e-3"}, "d": {"e": [1, 2]}, "f": True}
    with pytest.raises(CatganError, match="KEY.KEY=VALUE"):
        config.override({}, ["a.b"])


@pytest.mark.parametrize("text, problem", [("a: [1", r"f.yaml:\d+: not valid YAML"), ("- 1", "mapping"),
                                           ("!!python/object/apply:os.system ['true']", "not valid YAML")])
def test_bad_files(tmp_path, text, problem):
    path = tmp_path / "f.yaml"
    path.write_text(text)
    with pytest.raises(CatganError, match=problem):
        config.read_yaml(path)


def test_missing_file(tmp_path):
    with pytest.raises(CatganError, match="No such file"):
        config.read_yaml(tmp_path / "none.yaml")
