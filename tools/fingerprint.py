"""Records what catgan computes as hashes, so that a change of the code can be shown to change no number.

    python tools/fingerprint.py OUT              writes data sets, runs and answers, and OUT/fingerprint.json
    python tools/fingerprint.py OUT --against F  compares with a record made before; exit code 1 where they differ

Everything goes through the command line, with experiment files as they were written before kinds of training had
names. A part of the record is one hash: of pixels, of label columns, of weights, of a JSON object without its times.
Numbers depend on the processor, so both records must come from one machine.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import yaml

TINY = {"image_size": 16, "channels": 1, "latent_size": 8, "embedding_size": 8, "style_width": 16,
        "generator_widths": [8, 8, 8], "discriminator_widths": [8, 8, 0], "generator_blocks": [1, 0, 0],
        "discriminator_blocks": [0, 1, 0], "features": 16}
SIX_STEPS = {"images": 48, "batch_size": 8, "tick_images": 24, "snapshot_ticks": 1, "precision": "float32",
             "ema_half_life": 50.0, "learning_rate": 2e-3}
ALL_TERMS = {"pixel_weight": 10.0, "edge_weight": 10.0, "feature_weight": 0.1, "label_weight": 1.0,
             "adversarial_weight": 0.01, "cycle_weight": 1.0, "mask_weight": 0.01, "imitated": 0.5}
TRAININGS: dict[str, dict[str, Any]] = {
    "adversarial": {"network": TINY, "training": {"augment": 0.5, "matching_weight": 1.0, "completion": "joint"}},
    "recogniser": {"network": TINY, "training": {"supervised": True}},
    "held": {"network": TINY, "start": "adversarial", "training": {"supervised": True, "critic_weight": 1.0}},
    "identity": {"network": TINY, "training": {"identity": True}},
    "editor": {"network": TINY, "start": "adversarial", "training": {"editing": ALL_TERMS}},
    "legacy": {"preset": "legacy_32", "network": {"channels": 1}, "training": {"batch_size": 8}},
}
TABLE = {"file": "*/metadata.csv", "image": "file_name", "beside": True, "subject": "subject", "valence": "valence",
         "arousal": "arousal", "AU12 intensity": "AU12", "AU04 intensity": "AU04"}
TIMES = ("seconds", "images_per_second", "memory_mb", "run", "file", "image", "faces_per_second", "photograph", "out")
FACES = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--against", type=Path, help="fingerprint.json of another run")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    record = {**data_sets(options.out), **trainings(options.out), **answers(options.out)}
    (options.out / "fingerprint.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    before = json.loads(options.against.read_text()) if options.against else record
    differing = sorted(name for name in {*record, *before} if record.get(name) != before.get(name))
    print(f"{len(record)} parts, {len(differing)} differ" + "".join(f"\n  {name}" for name in differing))
    return 1 if differing else 0


def catgan(*arguments: object) -> Any:
    """Runs a verb in this process and returns what it writes for `--json -`."""
    from catgan.cli.main import main as verb

    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = verb([*map(str, arguments), "--json", "-"])
    if code:
        raise SystemExit(f"catgan {' '.join(map(str, arguments))} ended with {code}")
    return json.loads(output.getvalue())


def data_sets(out: Path) -> dict[str, str]:
    """Renders two data sets, exports one as a table and builds it again."""
    if not (out / "data32" / "dataset.json").is_file():
        catgan("render", "--n", 60, "--size", 32, "--channels", 1, "--seed", 2, "--missing-au", 0.3, "--missing-va",
               0.3, "--out", out / "data32", "--workers", 1)
        catgan("render", "--n", 160, "--size", 16, "--channels", 1, "--seed", 3, "--subjects", 40, "--out",
               out / "data16", "--workers", 1)
        catgan("render", "--n", FACES, "--size", 192, "--seed", 4, "--out", out / "data192", "--workers", 1)
        catgan("export", out / "data192", "--to", "imagefolder", "--out", out / "table")
        recipe = {"name": "again", "image_size": 64, "sources": [
            {"name": "again", "format": "table", "kind": "tool",
             "terms": "rendered", "root": "table", "options": TABLE}]}
        (out / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        catgan("build", out / "recipe.yaml", "--out", out / "built", "--workers", 1)
    return {f"{name}/{part}": value for name in ("data16", "data32", "data192", "built")
            for part, value in data_set(out / name).items()}


def data_set(folder: Path) -> dict[str, str]:
    info = json.loads((folder / "dataset.json").read_text())
    rows = [row for shard in sorted((folder / "shards").glob("*.parquet")) for row in pq.read_table(shard).to_pylist()]
    return {"hash": info["hash"], "rows": digest(rows), "labels": digest(info["labels"])}


def trainings(out: Path) -> dict[str, str]:
    """Trains six steps of every kind."""
    record = {}
    for name, content in TRAININGS.items():
        folder = out / "runs" / name
        if not folder.is_dir():
            content = {**content, "name": name, "training": {**SIX_STEPS, **content["training"]}}
            if name != "legacy":
                content["labels"] = {"action_units": [4, 12]}
            if "start" in content:
                content["start"] = str(out / "runs" / content["start"])
            file = out / f"{name}.yaml"
            file.write_text(yaml.safe_dump(content))
            result = catgan("train", file, "--data", out / ("data32" if name == "legacy" else "data16"), "--runs",
                            out / "runs" / "new")
            Path(result["run"]).rename(folder)
        lines = [json.loads(line) for line in (folder / "stats.jsonl").read_text().splitlines()]
        record[f"{name}/stats"] = digest(lines)
        record[f"{name}/weights"] = weights(folder / "last")
        record[f"{name}/config"] = digest(json.loads((folder / "last" / "config.json").read_text()))
        for sheet in sorted((folder / "samples").glob("*.png")):
            record[f"{name}/{sheet.name}"] = pixels(sheet)
    return record


def answers(out: Path) -> dict[str, str]:
    """Predicts, evaluates, edits, generates and explains with both presets."""
    from PIL import Image

    photographs = out / "faces"
    photographs.mkdir(exist_ok=True)
    rows = [row for shard in sorted((out / "data192" / "shards").glob("*.parquet"))
            for row in pq.read_table(shard).to_pylist()]
    files = []
    for place, row in enumerate(rows[:FACES]):
        files.append(photographs / f"{place:02d}.png")
        Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB").save(files[-1])
    record = {}
    for preset in ("rendered_64", "faces_64"):
        folder = out / "answers" / preset
        folder.mkdir(parents=True, exist_ok=True)
        record[f"{preset}/predict"] = digest(catgan("predict", preset, *files))
        record[f"{preset}/evaluate"] = digest(catgan("evaluate", preset, "--data", out / "built", "--split", "all"))
        record[f"{preset}/generate"] = digest(catgan("generate", preset, "--au", "12=4", "-n", 4, "--out",
                                                     folder / "generated.png")) + pixels(folder / "generated.png")
        for file in files:
            edited = folder / f"edited-{file.name}"
            said = catgan("edit", preset, file, "--au", "12=+2,4=0", "--out", edited)
            record[f"{preset}/edit/{file.stem}"] = digest(said) + pixels(edited)
            for method in ("search",) if file is not files[0] else ("search", "minimal"):
                where = folder / f"{method}-{file.stem}"
                said = catgan("explain", preset, file, "--target", "valence>=0.3", "--method", method,
                              "--out", where)
                record[f"{preset}/{method}/{file.stem}"] = digest(said) + pixels(where / "counterfactual.png")
    return record


def digest(value: Any) -> str:
    """Hashes a JSON value without its times and paths."""
    return hashlib.sha256(json.dumps(without_times(value), sort_keys=True, default=repr).encode()).hexdigest()[:16]


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in TIMES}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def weights(folder: Path) -> str:
    """Hashes all arrays of a preset's weight files by their place in the file."""
    import h5py

    total = hashlib.sha256()
    for path in sorted(folder.glob("*.h5")):
        with h5py.File(path) as file:
            def add(name, item):
                if isinstance(item, h5py.Dataset):
                    total.update(name.encode() + np.asarray(item).tobytes())
            file.visititems(add)
    return total.hexdigest()[:16]


def pixels(path: Path) -> str:
    """Hashes the pixels of a picture."""
    from PIL import Image

    return hashlib.sha256(np.asarray(Image.open(path)).tobytes()).hexdigest()[:16] if path.is_file() else "none"


if __name__ == "__main__":
    sys.exit(main())
