import pytest

from catgan.data.builder.recipe import fingerprint, read_recipe
from catgan.data.people.recipe import is_of_people
from catgan.data.people.recipe import read_recipe as read_people_recipe
from catgan.data.people.sources import table_options
from catgan.errors import CatganError
from tests.harness.paths import REPOSITORY

GOOD = """name: two
sources:
  - {name: a, format: emotionet, root: ../photos, kind: tool}
  - {name: b, format: affectnet, root: /data/b, kind: human}
"""


def written(folder, text):
    path = folder / "recipes" / "recipe.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_roots_are_relative_to_the_recipe(tmp_path):
    recipe = read_recipe(written(tmp_path, GOOD))
    assert [source.root for source in recipe.sources] == [str(tmp_path / "photos"), "/data/b"]
    assert recipe.split.train == 0.8 and recipe.image_size == 64


def test_fingerprint_sees_decisions_not_places(tmp_path):
    first = fingerprint(read_recipe(written(tmp_path, GOOD)))
    assert fingerprint(read_recipe(written(tmp_path, GOOD.replace("../photos", "../elsewhere")))) == first
    assert fingerprint(read_recipe(written(tmp_path, GOOD + "image_size: 32\n"))) != first


def test_families_only_where_two_sources_share_people(tmp_path):
    text = """name: three
sources:
  - {name: a, format: disfa, root: a, kind: human}
  - {name: b, format: disfa_plus, root: b, kind: human}
  - {name: c, format: affwild2, root: c, kind: human}
  - {name: d, format: bp4d, root: d, kind: human, family: mine}
"""
    assert read_recipe(written(tmp_path, text)).families == {"a": "disfa", "b": "disfa"}
    text = text.replace("format: affwild2,", "format: bp4d, family: mine,")
    assert read_recipe(written(tmp_path, text)).families == {"a": "disfa", "b": "disfa", "c": "mine", "d": "mine"}


@pytest.mark.parametrize("change, message", [
    (("format: emotionet", "format: emotionnet"), "Did you mean 'emotionet'"),
    (("format: emotionet", "formt: emotionet"), "Did you mean 'format'"),
    (("kind: tool", "kind: robot"), "Unknown kind of labels"),
    (("name: b", "name: a"), "a name of its own"),
    (("name: two", "name: two\nimage_size: 8"), "16..1024"),
    (("name: two", "name: two\nsplit: {train: 0.5, validation: 0.1, test: 0.1}"), "add up to 1"),
    (("sources:", "source:"), "Did you mean 'sources'")])
def test_mistakes(tmp_path, change, message):
    with pytest.raises(CatganError, match=message):
        read_recipe(written(tmp_path, GOOD.replace(*change, 1)))


def test_the_recipes_of_the_project_parse():
    paths = sorted((REPOSITORY / "datasets").glob("*.yaml"))
    people = [path for path in paths if is_of_people(path)]
    assert people and len(people) < len(paths)
    for path in paths:
        found = (read_people_recipe if path in people else read_recipe)(path)
        assert found.sources and all(f"{name}:" in path.read_text() for name in ("# Source", "# Time", "# Command"))
        for source in found.sources if path in people else ():
            assert source.format != "table" or table_options.understood(source.name, source.options)


def test_assignments_change_a_recipe(tmp_path):
    path = written(tmp_path, GOOD)
    assert read_recipe(path, ["image_size=32", "split.seed=7"]).image_size == 32
    assert read_recipe(path, ["split.seed=7"]).split.seed == 7
    with pytest.raises(CatganError, match="image_sise"):
        read_recipe(path, ["image_sise=32"])
