"""Writes the answers about one face: the files of `catgan explain`, "even if", and the heat map."""

from __future__ import annotations

from pathlib import Path

import catgan
from catgan import files, plots
from catgan.explain import report
from catgan.explain.attribution import Attributions
from catgan.explain.attribution.figure import heat_map
from catgan.explain.semifactual import Semifactual
from catgan.faces.images import Photograph, write_image
from catgan.pipelines import gallery
from catgan.pipelines.attribution_files import write_table
from catgan.pipelines.gallery import Explained, FoundFace
from catgan.pipelines.why import Why


def save(why: Why, found: FoundFace, photograph: Photograph, folder: Path, model: str = "") -> None:
    """Writes all answers.

    One answer lies in `folder` itself, with the names and content that `catgan explain` gives its files; several lie in
    `answer-1`, `answer-2` .., with `index.html`. Beside them lie `even_if.png` and `even_if.json`, `heat_map.png`,
    `heat_map_panel.png` and `regions.csv`, where they exist.

    Args:
        why: the answers.
        found: the face; its `path` names the photograph.
        photograph: in which it lies.
        folder: made if needed.
        model: names of the explained model and of the model that draws, for the provenance.
    """
    several = len(why.answers) > 1
    rows = []
    for number, result in enumerate(why.answers, start=1):
        name = f"answer-{number}"
        report.save(result, folder / name if several else folder, photograph, found.face, found.places, model)
        answer = Explained(found.path, found.index, found.face, found.places, found.frame, found.picture, result)
        rows.append({**gallery.row(name, answer), "title": f"Answer {number}"})
    if several:
        files.write_text(folder / "index.html", gallery.page(rows, list(why.answers), model, counted="answers"))
    if why.even_if is not None:
        _save_even_if(why.even_if, folder, model)
    if why.heat is not None:
        _save_heat(why.heat, folder, model)


def _save_even_if(result: Semifactual, folder: Path, model: str) -> None:
    mark = {"catgan": f"synthetic face, catgan {catgan.__version__}", "model": model, "target": result.target}
    write_image(folder / "even_if.png", result.image, mark)
    files.write_json(folder / "even_if.json", {**result.to_dict(), "provenance": mark})


def _save_heat(result: Attributions, folder: Path, model: str) -> None:
    mark = {"catgan": f"attribution, catgan {catgan.__version__}", "model": model, "target": result.target,
            "method": result.method}
    write_image(folder / "heat_map.png", heat_map(result.images[0], result.pixels[0]), mark)
    plots.save(result.plot(), folder / "heat_map_panel.png", mark)
    write_table(folder / "regions.csv", ("region", "attribution"),
                [(name, values[0]) for name, values in result.by_region().items()])
