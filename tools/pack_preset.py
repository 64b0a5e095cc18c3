"""Puts a trained model into the package, as a preset that is found by its name: weights of 16 bits, and a card.

    python tools/pack_preset.py runs/00000-xs-64 rendered_64 --editor runs/00001-editor-64 \\
        --evaluated evaluated.json --edited edited.json --made-by experiments/xs_64.yaml experiments/editor_64.yaml

`--evaluated` is what `catgan evaluate --json` wrote, `--edited` what `catgan benchmark edit --json` did.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from catgan import files
from catgan.benchmarks.tables import edit_lines
from catgan.models.gan.model import CatGAN
from catgan.models.gan.preset_folders import PACKAGED, find_preset

LARGEST_MB = 12.0
LIMITS = {"rendered_64": """\
It learned from faces that catgan's own face model drew, in grey, turned by up to 20 degrees; their Action Units,
valence and arousal are known exactly, by a convention that is no finding about people. No photograph was
used in its training. On photographs it reads and draws less well than the figures below say, and nothing that it reads
of a photograph was validated by a human coder.""",
          "faces_64": """\
It learned from faces that catgan's own face model drew and from about 5,300 photographs of `datasets/photos.yaml`, in
grey. The labels of the photographs are a tool's output, not those of human coders: its figures on photographs say how
well it agrees with that tool. Intensities of Action Units of photographs are predictions of `reader_64` that agree
with the tool's presences. AU18 was annotated in no photograph. It was not measured on any licensed data set, nor by
groups of people: expect it to read and draw some people less well than others, profiles, beards and glasses above
all."""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="a run or a preset folder")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--editor", metavar="RUN", help="its editor, where RUN has none: trained on the same labels")
    parser.add_argument("--evaluated", metavar="FILE.json")
    parser.add_argument("--edited", metavar="FILE.json")
    parser.add_argument("--made-by", nargs="*", default=[], metavar="EXPERIMENT.yaml")
    arguments = parser.parse_args()
    source, target = find_preset(arguments.run), PACKAGED / arguments.name
    gan = CatGAN.from_preset(source)
    if arguments.editor:
        adopt(gan, CatGAN.from_preset(arguments.editor))
    gan.save_to_preset(target, half=True)
    for name in ("metrics.json", "samples.png"):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    files.write_text(target / "card.md", card(arguments, (source / "card.md").read_text(encoding="utf-8")))
    size = sum(path.stat().st_size for path in target.iterdir()) / 1e6
    print(f"{target}: {size:.1f} MB")
    if size > LARGEST_MB:
        sys.exit(f"A preset may take {LARGEST_MB:g} MB in the package. Received: {size:.1f}.")


def adopt(gan: CatGAN, other: CatGAN) -> None:
    """Gives `gan` the editor of another model. One that learned from pairs alone, without the discriminator, belongs to
    its labels and sizes, not to the networks that it was trained beside."""
    network = replace(gan.network, editor_widths=other.network.editor_widths)
    if other.editor is None or (network, gan.spec) != (other.network, other.spec):
        sys.exit("The other run must have an editor, and the sizes and labels of RUN.")
    gan.network = network
    gan.add_editor()
    gan.editor.set_weights(other.editor.get_weights())


# === The card ===


def card(arguments: argparse.Namespace, own: str) -> str:
    """The run's own card, with the preset's limits, its figures on people of no other split, and how it was made."""
    title, _, rest = own.partition("\n")
    parts = [f"{title} `{arguments.name}`\n", LIMITS.get(arguments.name, "")]
    if arguments.evaluated:
        parts += ["## Test split\n", "\n".join(evaluated_lines(_read(arguments.evaluated)))]
    if arguments.edited:
        parts += ["## Its editor\n", "\n".join(f"    {line}" for line in edit_lines(_read(arguments.edited)))]
    if arguments.made_by:
        parts += ["## Made by\n", "\n".join(f"- `{path}`: {_command(Path(path))}" for path in arguments.made_by)]
    return "\n\n".join(part for part in parts if part) + "\n" + rest


def evaluated_lines(result: dict[str, Any]) -> list[str]:
    """The headline figures of `catgan evaluate`, with their intervals."""
    control = result["control"]
    lines = [f"{result['n']} faces of `{result['dataset']}`; 95 % intervals over people.", ""]
    named = [("mean ICC of the Action Units", result["action_units"], "mean_icc"),
             ("mean F1 of the Action Units", result["action_units"], "mean_f1")]
    named += [(f"CCC of {name}", result[name], "ccc") for name in ("valence", "arousal") if name in result]
    if control:
        named += [(f"correlation of asked and read, by {control['judge']}", control, "mean_pcc_response"),
                  ("the same of real faces", control, "mean_pcc_ceiling"),
                  ("slope over that of real faces", control["ratio"], "slope"),
                  ("cross-talk", control["cross_talk"], "mean_absolute"),
                  ("identity drift along sweeps, 1 = anybody", control["drift"] or {}, "mean_ratio")]
    for title, part, key in named:
        if part.get(key) is not None:
            ends = part.get(f"{key}_interval")
            interval = f" ({ends[0]:.3f} .. {ends[1]:.3f})" if ends else ""
            lines.append(f"- {title}: {part[key]:.3f}{interval}")
    return lines


def _command(path: Path) -> str:
    """The command that a training recipe opens with."""
    comments = [line.lstrip("# ").rstrip() for line in path.read_text(encoding="utf-8").splitlines()
                if line.startswith("#")]
    first = next(place for place, line in enumerate(comments) if line.startswith("Command:"))
    return f"`{' '.join([comments[first].removeprefix('Command:').strip(), *comments[first + 1:]])}`"


def _read(path: str) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
