"""Runs the tutorials (`make tutorials`).

A tutorial is `docs/tutorials/NAME.md`, a notebook as text (MyST Markdown, read by jupytext). It is executed in full in
an empty folder and written to `NAME.ipynb` beside it, with outputs. The pages of the site show the latter.

The test suite runs a small form: the first code cell, tagged `parameters`, is followed by the values that the header
of the text gives under `catgan: small:`.

    python tools/tutorials.py [NAME...]            runs all tutorials, or those named
    python tools/tutorials.py --text [NAME...]     takes over changed text, where no code has changed
"""

from __future__ import annotations

import argparse
import ast
import base64
import io
import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from catgan import files

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "tutorials"
LARGEST = 400_000
"""Largest size of a notebook in bytes."""
COLOURS = 256
"""Of a picture in a notebook, which makes it a third as large. They cover all that it has, so that a thin line or the
small patch of a legend keeps its own."""
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"}}
NOISE = re.compile(r"^(WARNING:tensorflow:.* triggered tf\.function retracing\.|I0000 |"
                   r"WARNING: All log messages before absl::InitializeLog).*\n", re.MULTILINE)
"""What TensorFlow writes in notebooks: a warning of networks compiled for several sizes, and that it starts."""
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
"""Of the kernel: TensorFlow is quiet, and figures are shown in the notebook."""


def texts(folder: Path = FOLDER) -> list[Path]:
    """Returns the tutorials as text, in the order of their names."""
    return [path for path in sorted(folder.glob("*.md")) if path.stem != "index"]


def settings(path: Path) -> Mapping[str, object]:
    """Returns what the header of a text says under `catgan`: `small` (values of parameters), `slow` (a bool), and
    `models` (files of MediaPipe that it needs)."""
    header = re.match(r"---\n(.*?\n)---\n", path.read_text(encoding="utf-8"), re.DOTALL)
    return yaml.safe_load(header[1]).get("catgan", {}) if header else {}


def read(path: Path) -> NotebookNode:
    """Reads a text as a notebook without outputs. Its cells are numbered, so that the same text gives the same file."""
    import jupytext

    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    notebook.metadata = dict(METADATA)
    return notebook


# === The small form ===


def script(notebook: NotebookNode, values: Mapping[str, object]) -> str:
    """Returns the cells as one Python script that calls `display` with what a notebook would show.

    Args:
        notebook: of `read`.
        values: replace those of the parameters.

    Raises:
        ValueError: the first code cell does not assign one of `values`.
    """
    first, *others = [cell for cell in notebook.cells if cell.cell_type == "code"]
    known = {target.id for line in ast.parse(first.source).body if isinstance(line, ast.Assign)
             for target in line.targets if isinstance(target, ast.Name)}
    if "parameters" not in first.metadata.get("tags", ()) or set(values) - known:
        raise ValueError(f"The first code cell must be tagged 'parameters' and assign {sorted(values)}. It assigns "
                         f"{sorted(known)}.")
    replaced = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return "\n\n".join([f"{first.source}\n{replaced}", *(_displayed(cell.source) for cell in others)]) + "\n"


def _displayed(source: str) -> str:
    """Passes the expression at the end of a cell to `display`, unless a semicolon follows it."""
    body = ast.parse(source).body
    if not body or not isinstance(body[-1], ast.Expr) or source.rstrip().endswith(";"):
        return source
    lines = source.splitlines()
    last = body[-1].lineno - 1
    return "\n".join([*lines[:last], f"display({lines[last]}", *lines[last + 1:], ")"])


# === The full form ===


def execute(notebook: NotebookNode) -> NotebookNode:
    """Runs all cells in a new kernel, in an empty folder; returns the notebook with their outputs."""
    from nbclient import NotebookClient

    os.environ.update(ENVIRONMENT)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=None, kernel_name="python3",
                       resources={"metadata": {"path": folder}}).execute()
        tidy(notebook)
        problems = list(flaws(notebook, [folder, str(ROOT), str(Path.home())]))
    if problems:
        raise ValueError("\n".join(problems))
    return notebook


def tidy(notebook: NotebookNode) -> None:
    """Takes out of an executed notebook `NOISE` and what differs from run to run, and makes its pictures smaller."""
    notebook.metadata = dict(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell["outputs"] = list(_printed_once(cell.outputs))
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
            pictures = {kind: len(content) for kind, content in output.get("data", {}).items()
                        if kind in ("image/png", "image/jpeg")}
            if len(pictures) == 2:  # the same one twice; JPEG is small for faces, PNG for plots
                del output.data[max(pictures, key=pictures.__getitem__)]


def _printed_once(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Yields outputs without `NOISE`. Printed text that arrived in parts is one of them."""
    for name, part in itertools.groupby(outputs, lambda output: output.get("name")):
        first, *others = part
        if name is None:
            yield from (first, *others)
            continue
        first["text"] = NOISE.sub("", "".join(output.text for output in (first, *others)))
        if first["text"].strip():
            yield first


def smaller(picture: str) -> str:
    """Reduces the colours of a PNG; returns it as it is where that does not make it smaller. Both are in base64."""
    from PIL import Image

    reduced = io.BytesIO()
    opened = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    white = Image.new("RGBA", opened.size, "white")
    Image.alpha_composite(white, opened).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
        reduced, "PNG", optimize=True)
    return min(picture, base64.b64encode(reduced.getvalue()).decode(), key=len)


def flaws(notebook: NotebookNode, private: list[str]) -> Iterator[str]:
    """Yields what a notebook that is passed on must not hold: warnings, errors, addresses in memory, and the strings
    `private`."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            text = str(output)
            if output.output_type == "error" or output.get("name") == "stderr" or "WARNING:" in text:
                yield f"{cell.id}: {text}"
            yield from (f"{cell.id}: names {name}" for name in private if name in text)
            yield from (f"{cell.id}: {address}" for address in re.findall(r"at 0x[0-9a-f]{6,}", text))


def write(path: Path, notebook: NotebookNode) -> None:
    """Writes a notebook. Raises `ValueError` if it is larger than `LARGEST`."""
    import nbformat

    content = nbformat.writes(notebook, version=4) + "\n"
    if len(content) > LARGEST:
        raise ValueError(f"{path.name} has {len(content)} bytes; at most {LARGEST} are passed on.")
    files.write_text(path, content)


def with_text(notebook: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Returns `notebook` with the outputs of `executed`. Raises `ValueError` if their code differs."""
    cells = [[cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, executed)]
    if [cell.source for cell in cells[0]] != [cell.source for cell in cells[1]]:
        raise ValueError("The code has changed: run the tutorial.")
    for new, old in zip(*cells):
        new["outputs"], new["execution_count"] = old["outputs"], old["execution_count"]
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Runs tutorials, and says how long each took."""
    import nbformat

    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="tutorials; all by default")
    parser.add_argument("--text", action="store_true", help="take over changed text alone")
    chosen = parser.parse_args(arguments)
    for path in [FOLDER / f"{name}.md" for name in chosen.names] or texts():
        started, written = time.perf_counter(), path.with_suffix(".ipynb")
        notebook = read(path)
        write(written, with_text(notebook, nbformat.read(written, 4)) if chosen.text else execute(notebook))
        print(f"{written.name}: {time.perf_counter() - started:.0f} s, {written.stat().st_size // 1000} kB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
