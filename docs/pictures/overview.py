"""Draws docs/pictures/overview.png: a drawn face is read, edited and explained by a preset that comes with catgan.

    python docs/pictures/overview.py [--work OUT/overview]
"""

import argparse
import json
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from catgan import facs, plots
from catgan.cli.main import main as catgan
from catgan.faces.images import read_image, write_image
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

PRESET, SIDE, PERSON, SMILE = "rendered_64", 256, 21, {6: 2.5, 12: 3.6, 25: 2.0}
TARGET = "valence<=-0.2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("OUT/overview"))
    work = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    photo, edited, why = work / "face.png", work / "edited.png", work / "why"
    scene = Sampler(seed=0).person(PERSON).with_action_units(SMILE)
    write_image(photo, Renderer(SIDE).render([scene], 3)[0][0])
    run("predict", PRESET, photo, "--json", work / "predicted.json")
    run("edit", PRESET, photo, "--au", "4=+3", "--out", edited)
    run("explain", PRESET, photo, "--target", TARGET, "--out", why)
    predicted = json.loads((work / "predicted.json").read_text())
    draw(Path(__file__).with_name("overview.png"), photo, edited, why, predicted)


def run(*words: object) -> None:
    assert catgan([str(word) for word in words]) == 0, words


def draw(path: Path, photo: Path, edited: Path, why: Path, predicted: dict) -> None:
    answer = json.loads((why / "counterfactual.json").read_text())
    figure = plots.figure(11.0, 3.6, dpi=110)
    panels = figure.subplots(1, 4, width_ratios=(1, 0.8, 1, 1))
    shown(panels[0], read_image(photo), "a face", "drawn by the embedded face model")
    read(panels[1], predicted)
    shown(panels[2], read_image(edited), "2. edit: AU4 three levels up", "catgan edit --au 4=+3")
    shown(panels[3], read_image(why / "photograph.png"), "3. explain: valence below -0.2?",
          f"catgan explain --target '{TARGET}'")
    figure.supxlabel("\n".join(textwrap.wrap(answer["sentence"], 150)), fontsize=9.5, color="#222222", weight="bold")
    plots.save(figure, path, {"Comment": "synthetic"})


def shown(panel: Axes, picture: np.ndarray, title: str, below: str) -> None:
    panel.imshow(picture)
    panel.set_title(title, fontsize=10)
    panel.set_xlabel(below, fontsize=7.5, color=plots.TEXT, family="monospace" if below.startswith("catgan") else None)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_visible(False)


def read(panel: Axes, predicted: dict) -> None:
    """Plots the strongest Action Units, valence and arousal with their uncertainty."""
    row = predicted["predictions"][0]
    units = {name: row[name] for name in row if name.startswith("AU") and name[2:].isdigit()}
    strongest = sorted(units, key=lambda name: -units[name])[:4]
    names = [f"{name} {facs.action_unit(int(name[2:4])).name.lower()}" for name in strongest]
    plots.hide_spines(panel)
    values = [units[name] / 5 for name in strongest] + [row["valence"], row["arousal"]]
    colours = [plots.COLOURS[0]] * len(strongest) + [plots.COLOURS[1]] * 2
    panel.barh(range(len(values)), values, color=colours, height=0.62)
    panel.axvline(0, color=plots.GREY, lw=0.8)
    panel.set_yticks(range(len(values)), [*names, "valence", "arousal"], fontsize=7.5)
    panel.invert_yaxis()
    panel.set_xlim(-1, 1)
    panel.set_xticks([-1, 0, 1], ["-1", "0", "1 (AU: 5)"], fontsize=7)
    panel.set_title("1. predict", fontsize=10)
    panel.set_xlabel("catgan predict", fontsize=7.5, color=plots.TEXT, family="monospace")


if __name__ == "__main__":
    main()
