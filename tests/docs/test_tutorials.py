"""Every tutorial runs in a small form; its notebook has the cells of its text."""

from __future__ import annotations

import base64
import runpy

import matplotlib.pyplot
import nbformat
import numpy as np
import pytest

import tutorials
from catgan.faces.images import decode, encode_png
from tests.harness.paths import REPOSITORY

TEXTS = tutorials.texts()
MODELS = {"face_landmarker": "landmarker_bundle", "pose_landmarker": "pose_bundle",
          "selfie_segmenter": "segmenter_file"}
"""Fixtures of the files that a tutorial names under `models` in its header."""
EACH = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)


def shown(value: object) -> None:
    """Makes what a notebook would show."""
    for method in ("_repr_html_", "_repr_png_", "__repr__"):
        if hasattr(value, method):
            getattr(value, method)()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(matplotlib.pyplot, "show", lambda: None)
    yield tmp_path
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("path", [pytest.param(
    path, id=path.stem, marks=[pytest.mark.slow] if tutorials.settings(path).get("slow") else []) for path in TEXTS])
def test_small_form_runs(path, folder, request, monkeypatch):
    for model in tutorials.settings(path).get("models", ()):
        monkeypatch.setenv("CATGAN_MODELS", str(request.getfixturevalue(MODELS[model]).parent))
    (folder / "tutorial.py").write_text(tutorials.script(tutorials.read(path), tutorials.settings(path)["small"]))
    runpy.run_path(str(folder / "tutorial.py"), {"display": shown})


def essence(notebook):
    return [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]


@EACH
def test_notebook_has_the_cells_of_its_text(path):
    notebook = nbformat.read(path.with_suffix(".ipynb"), 4)
    assert essence(notebook) == essence(tutorials.read(path)), f"run: python tools/tutorials.py {path.stem}"
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@EACH
def test_notebook_can_be_passed_on(path):
    content = path.with_suffix(".ipynb").read_bytes()
    assert len(content) <= tutorials.LARGEST
    private = ["/home/", "/root/", "/tmp/", str(REPOSITORY)]
    assert not list(tutorials.flaws(nbformat.reads(content.decode(), 4), private))


# === The tool ===

TEXT = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
catgan: {small: {N: 2}, slow: true}
---

# Title

```{code-cell} ipython3
:tags: [parameters]

N = 4  # many
UNIT = 12
```

Words.

```{code-cell} ipython3
squares = [
    index * index for index in range(N)]
(squares,
 UNIT)
```
"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "name.md"
    path.write_text(TEXT)
    return path


def test_header_is_read(text):
    assert tutorials.settings(text) == {"small": {"N": 2}, "slow": True}


def test_script_of_the_small_form(text):
    source, found = tutorials.script(tutorials.read(text), {"N": 2}), []
    (text.parent / "script.py").write_text(source)
    runpy.run_path(str(text.parent / "script.py"), {"display": found.append})
    assert found == [([0, 1], 12)]


@pytest.mark.parametrize("source, expected", [("f(1)", "display(f(1)\n)"), ("f(1);", "f(1);"), ("x = 1", "x = 1")])
def test_expression_at_the_end_is_displayed(source, expected):
    assert tutorials._displayed(source) == expected


def test_small_form_replaces_parameters_alone(text):
    with pytest.raises(ValueError, match=r"assign \['M'\]. It assigns \['N', 'UNIT'\]"):
        tutorials.script(tutorials.read(text), {"M": 1})


@pytest.mark.slow
def test_full_form_has_outputs_and_is_the_same_each_time(text):
    first, again = (tutorials.execute(tutorials.read(text)) for _ in range(2))
    assert first == again and first.cells[-1].outputs[0].data["text/plain"] == "([0, 1, 4, 9], 12)"
    path = text.with_suffix(".ipynb")
    tutorials.write(path, first)
    text.write_text(TEXT.replace("Words.", "Other words."))
    renewed = tutorials.with_text(tutorials.read(text), nbformat.read(path, 4))
    assert renewed.cells[2].source == "Other words." and renewed.cells[3].outputs == first.cells[3].outputs
    text.write_text(TEXT.replace("N = 4", "N = 5"))
    with pytest.raises(ValueError, match="code has changed"):
        tutorials.with_text(tutorials.read(text), first)


def test_pictures_have_fewer_colours():
    shades = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    large, black = (base64.b64encode(encode_png(picture)).decode() for picture in (shades, np.zeros_like(shades)))
    small = tutorials.smaller(large)
    picture = decode(base64.b64decode(small), "picture")
    assert len(small) < 0.6 * len(large) and len(np.unique(picture.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(picture.astype(float) - shades).mean() < 32
    assert tutorials.smaller(black) == black


def test_small_patch_keeps_its_colour():
    picture = np.random.default_rng(0).normal(230, 8, (200, 200, 3)).clip(0, 255).astype(np.uint8)
    picture[:4, :4], picture[:4, 8:12] = (213, 94, 0), (230, 159, 0)
    reduced = decode(base64.b64decode(tutorials.smaller(base64.b64encode(encode_png(picture)).decode())), "picture")
    assert np.abs(reduced[2, 2] - np.array([213, 94, 0])).max() < 16
    assert np.abs(reduced[2, 10] - np.array([230, 159, 0])).max() < 16


def test_picture_is_kept_once():
    tiny = base64.b64encode(encode_png(np.zeros((2, 2, 3), np.uint8))).decode()
    outputs = [nbformat.v4.new_output("display_data", {"image/png": tiny, "image/jpeg": content, "text/plain": "x"})
               for content in ("short", tiny * 9)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs, id="cell-01")])
    tutorials.tidy(notebook)
    assert [sorted(output.data) for output in notebook.cells[0].outputs] == [["image/jpeg", "text/plain"],
                                                                             ["image/png", "text/plain"]]


def test_warning_of_compiled_sizes_is_removed():
    warning = "WARNING:tensorflow:5 out of the last 14 calls to <f> triggered tf.function retracing. Tracing is ...\n"
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in (f"1\n{warning}2\n", warning)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs, id="cell-01")])
    assert len(list(tutorials.flaws(notebook, []))) == 2
    tutorials.tidy(notebook)
    assert [output.text for output in notebook.cells[0].outputs] == ["1\n2\n"]
    assert not list(tutorials.flaws(notebook, []))


def test_start_of_tensorflow_is_taken_out_and_printed_lines_are_joined():
    def stream(name, text):
        return nbformat.v4.new_output("stream", name=name, text=text)

    outputs = [stream("stderr", "WARNING: All log messages before absl::InitializeLog() ...\nI0000 00:00: on\n"),
               stream("stdout", "a\n"), stream("stdout", "b\n"), stream("stderr", "I0000 on\nUserWarning: late\n"),
               *(nbformat.v4.new_output("display_data", {"text/plain": text}) for text in "cd")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs, id="cell-01")])
    tutorials.tidy(notebook)
    assert [output.get("text") or output.data["text/plain"] for output in notebook.cells[0].outputs] == [
        "a\nb\n", "UserWarning: late\n", "c", "d"]


def test_warnings_errors_and_paths_are_flaws():
    output = nbformat.v4.new_output("stream", name="stderr", text="Warning: /home/me")
    cell = nbformat.v4.new_code_cell("1", outputs=[output], id="cell-01")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert [flaw[:8] for flaw in tutorials.flaws(notebook, ["/home/me"])] == ["cell-01:"] * 2


def test_large_notebooks_are_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tutorials, "LARGEST", 10)
    with pytest.raises(ValueError, match="at most 10"):
        tutorials.write(tmp_path / "a.ipynb", nbformat.v4.new_notebook())
    assert not list(tmp_path.iterdir())
