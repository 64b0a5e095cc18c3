"""What does a model of expressions and valence-arousal gain over a model of each, and where?

    python docs/benchmarks/clips_both.py RUN_CATEGORY RUN_VA RUN_BOTH --data OUT/clips --out OUT/both

Each RUN may be several runs, joined by commas: other seeds of the same training, whose figures are averaged. Writes
`both.json`, `both.md` and `both.png`; --controls adds `controls.md`: the first model of each on shuffled, frozen and
missing frames.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from catgan.data.store import load_dataset
from catgan.evaluation import clip_controls
from catgan.evaluation.comparison import gain_of_both
from catgan.evaluation.comparison_report import forest_plot, markdown
from catgan.files import write_json
from catgan.models.sequence.model import ClipRecogniser


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("category", "va", "both"):
        parser.add_argument(name, metavar=f"RUN_{name.upper()}")
    parser.add_argument("--data", required=True, metavar="DIR")
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--split", default="test")
    parser.add_argument("--draws", type=int, default=1000, help="of the bootstrap (default: 1000)")
    parser.add_argument("--controls", action="store_true")
    arguments = parser.parse_args()
    models = {name: [ClipRecogniser.from_preset(run) for run in getattr(arguments, name).split(",")]
              for name in ("category", "va", "both")}
    dataset, out = load_dataset(arguments.data), Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    result = gain_of_both(*models.values(), dataset, arguments.split, arguments.draws)
    write_json(out / "both.json", result)
    (out / "both.md").write_text(markdown(result), encoding="utf-8")
    forest_plot(out / "both.png", result)
    print(markdown(result))
    if arguments.controls:
        tables = {name: clip_controls.table(clip_controls.clip_controls(each[0], dataset, arguments.split))
                  for name, each in models.items()}
        text = "\n".join(f"{name}\n\n{table}" for name, table in tables.items())
        (out / "controls.md").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
