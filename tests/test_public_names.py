"""What `import catgan` offers, and what it does not load."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import catgan

NAMES = sorted(set(catgan.__all__) - {"__version__", "explain"})


def test_dir_lists_every_exported_name():
    assert set(catgan.__all__) <= set(dir(catgan)) and dir(catgan) == sorted(dir(catgan))


@pytest.mark.parametrize("name", NAMES)
def test_exported_name_is_the_object_of_its_module(name):
    value = getattr(catgan, name)
    assert value.__name__ == name and getattr(sys.modules[value.__module__], name) is value


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'catgan' has no attribute 'GAN'"):
        catgan.GAN


def test_type_checkers_see_the_names_that_are_imported_lazily():
    tree = ast.parse(Path(catgan.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.name: node.module for node in block.body for alias in node.names}
    homes = {name: "catgan" if home == f"catgan.{name}" else home for name, home in catgan._HOMES.items()}
    assert imported == homes and {*homes, "__version__"} == set(catgan.__all__)


def test_import_loads_no_large_package():
    code = ("import sys, catgan; dir(catgan); catgan.Labels; catgan.CatganError\n"
            "large = ('tensorflow', 'keras', 'mediapipe', 'matplotlib', 'jax', 'torch', 'sklearn', 'pandas', 'cv2')\n"
            "print([name for name in large if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(catgan.__file__).parents[1])
    assert done.stdout.strip() == "[]"


def functions(name):
    """A public function, or the public methods of a public class."""
    value = getattr(catgan, name)
    if inspect.isfunction(value):
        return [value]
    members = {key: getattr(member, "__func__", member) for part in value.__mro__
               if part.__module__.startswith("catgan.") for key, member in vars(part).items()}
    return [member for key, member in members.items()
            if (key == "__init__" or not key.startswith("_")) and inspect.isfunction(member)]


@pytest.mark.parametrize("name", NAMES)
def test_signature_names_and_types_every_argument(name):
    """`**options` only where a TypedDict names them (`Unpack[StreamOptions]`), or where a method of Keras has them."""
    for function in functions(name):
        for argument in inspect.signature(function).parameters.values():
            kind = f"{function.__qualname__}: {argument}"
            assert argument.name in ("self", "cls") or argument.annotation is not inspect.Parameter.empty, kind
            named = argument.kind != inspect.Parameter.VAR_KEYWORD or argument.annotation.startswith("Unpack[")
            assert named or hasattr(keras.Model, function.__name__), kind
