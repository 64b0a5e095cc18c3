"""Makes the pictures of docs/gallery.md: runs the commands that the page shows, on drawn faces.

    python docs/pictures/gallery.py [--work OUT/gallery] [--only NAME ...]

Each figure is stored as WebP beside this file, in the folder `gallery`. It takes about five minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

import numpy as np
from PIL import Image

from catgan.cli.main import main as catgan
from catgan.faces.images import write_image
from catgan.synthesis.rendering import Renderer
from catgan.synthesis.scene import Sampler

FOLDER = Path(__file__).resolve().with_name("gallery")
WIDEST, QUALITY = 1200, 82
"""Width in pixels, and WebP quality, of the stored pictures."""

FACES = "render --n 1200 --subjects 240 --size 64 --seed 5 --out faces"
PEOPLE = "render --people 60 --pictures 6 --seed 4 --out people"
FIGURES: dict[str, tuple[tuple[str, ...], str]] = {
    "sheet": ((FACES, "view faces --where 'AU4>=3 and valence<0' -n 24 --seed 1 --out sheet.png"), "sheet.png"),
    "valence_arousal": ((FACES,), "faces/figures/va_density.png"),
    "action_units": ((FACES,), "faces/figures/au_rates.png"),
    "generate": (("generate rendered_64 --au 12=4,6=3 --valence 0.6 -n 25 --seed 7 --out smiles.png",), "smiles.png"),
    "explain": (("explain rendered_64 face.png --target 'valence<=-0.2' --out why",), "why/panel.png"),
    "attribute": (("attribute rendered_64 face.png --target valence --out map",), "map/panel.png"),
    "shapley": (("attribute rendered_64 face.png --target valence --method action_unit_shapley --out units",),
                "units/panel.png"),
    "circumplex": ((FACES, "relate faces --draws 200 --out related"), "related/circumplex.png"),
    "coefficients": ((FACES, "relate faces --draws 200 --out related"), "related/coefficients_intensity.png"),
    "profiles": ((FACES, "relate faces --draws 200 --out related"), "related/profiles_intensity.png"),
}
"""By name of a picture: the commands, and the file they write that is shown."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("OUT/gallery"))
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES))
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    os.chdir(arguments.work)
    write_image(Path("face.png"), smiling_face())
    done: set[str] = set()
    for name in arguments.only:
        commands, shown = FIGURES[name]
        for command in commands:
            if command not in done and not Path(shown).exists():
                assert catgan(shlex.split(command)) == 0, command
            done.add(command)
        store(Path(shown), FOLDER / f"{name}.webp")


def smiling_face() -> np.ndarray:
    """Draws the face that is explained, uint8 `(256, 256, 3)`."""
    scene = Sampler(seed=0).person(21).with_action_units({6: 2.5, 12: 3.6, 25: 2.0})
    return Renderer(256).render([scene], 3)[0][0]


def store(source: Path, target: Path) -> None:
    """Stores a picture as WebP, not wider than `WIDEST`."""
    with Image.open(source) as picture:
        shown = picture.convert("RGB")
    if shown.width > WIDEST:
        shown = shown.resize((WIDEST, round(shown.height * WIDEST / shown.width)), Image.Resampling.LANCZOS)
    target.parent.mkdir(exist_ok=True)
    shown.save(target, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
