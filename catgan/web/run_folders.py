"""Lists runs, sweeps and comparisons below a folder, and reads what the page Runs shows of each."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from catgan import config
from catgan.errors import CatganError, printable
from catgan.metrics.figures import Figures
from catgan.web.inside import find_named, identity_of, inside, read_inside
from catgan.web.requests import Refused

MAX_RUNS = 2000
"""Number of runs that are listed; the newest names of a folder come last and are cut first."""
ACTIVE_SECONDS = 900.0
"""An unfinished run that has changed within this time counts as training."""
MAX_STATS_BYTES, MAX_JSON_BYTES, MAX_CONFIG_BYTES = 64 << 20, 32 << 20, 1 << 20
TAIL_BYTES = 64 << 10
MAX_POINTS = 1500
"""Number of points of a curve; longer ones are thinned evenly."""
CHANGING = ("stats.jsonl", "log.txt", "config.yaml", "samples")


class Found(NamedTuple):
    """What lies below a folder.

    Args:
        runs, sweeps, comparisons: names of folders, relative to the root and with `/`; the root itself is `.`.
        refused: names of symbolic links that lead out of the root.
        more: whether there are more runs than are listed.
    """

    runs: list[str]
    sweeps: list[str]
    comparisons: list[str]
    refused: list[str]
    more: bool


class RunsFolder:
    """Reads runs below a folder: in it, or one or two folders deep, as sweeps have them.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()
        self._known: dict[str, tuple[tuple[int, ...], dict[str, object]]] = {}

    def found(self) -> Found:
        """Looks for runs, sweeps and comparisons. Raises `Refused` if the folder is gone."""
        if not self.root.is_dir():
            raise Refused(f"The folder {printable(self.root.name)} is not there any more.", 404)
        runs, sweeps, comparisons, refused = list[str](), list[str](), list[str](), list[str]()
        for name, path in self._folders(refused):
            if (path / "config.yaml").is_file():
                runs.append(name)
            if (path / "sweep.parquet").is_file():
                sweeps.append(name)
            if (path / "compare.json").is_file():
                comparisons.append(name)
        return Found(runs[:MAX_RUNS], sweeps, comparisons, refused, len(runs) > MAX_RUNS)

    def _folders(self, refused: list[str]) -> Iterator[tuple[str, Path]]:
        yield ".", self.root
        for name, path in self._below(self.root, "", refused):
            yield name, path
            if not (path / "config.yaml").is_file():
                yield from self._below(path, f"{name}/", refused)

    def _below(self, folder: Path, prefix: str, refused: list[str]) -> Iterator[tuple[str, Path]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            if entry.name.startswith(".") or not entry.is_dir():
                continue
            if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(self.root):
                refused.append(printable(prefix + entry.name))
            else:
                yield prefix + entry.name, Path(entry.path)

    def run(self, identity: str) -> Path:
        """Returns the folder of a run by its identity. Raises `Refused` if there is none (404)."""
        return inside(self.root, self.root / find_named(identity, self.found().runs, "run"))

    def sweep(self, identity: str) -> Path:
        """Returns the folder of a sweep by its identity. Raises `Refused` if there is none (404)."""
        return inside(self.root, self.root / find_named(identity, self.found().sweeps, "sweep"))

    def comparison(self, identity: str) -> Path:
        """Returns the folder of a comparison by its identity. Raises `Refused` if there is none (404)."""
        return inside(self.root, self.root / find_named(identity, self.found().comparisons, "comparison"))

    def listing(self) -> dict[str, object]:
        """Describes all runs, sweeps and comparisons."""
        found = self.found()
        self._known = {name: known for name, known in self._known.items() if name in set(found.runs)}
        return {"runs": [self._described(name) for name in found.runs],
                "sweeps": [_named(name) for name in found.sweeps],
                "comparisons": [_named(name) for name in found.comparisons],
                "refused": found.refused, "more": found.more, "folder": printable(self.root.name)}

    def _described(self, name: str) -> dict[str, object]:
        path = self.root / name
        stamp = tuple(_time_ns(path / part) for part in (*CHANGING, "best/metrics.json"))
        known = self._known.get(name)
        if known is None or known[0] != stamp:
            known = self._known[name] = stamp, {**_named(name), **self._summary(path)}
        changed = max(stamp[:len(CHANGING)]) / 1e9
        age = max(time.time() - changed, 0.0)
        return {**known[1], "age": round(age), "stamp": "-".join(f"{part:x}" for part in stamp),
                "state": "finished" if known[1]["finished"] else "training" if age < ACTIVE_SECONDS else "unfinished"}

    def _summary(self, path: Path) -> dict[str, object]:
        settings, last = self._config(path), self._last_line(path)
        training, labels = (settings[key] if isinstance(settings.get(key), dict) else {}
                            for key in ("training", "labels"))
        return {"task": _text(settings.get("task")), "architecture": _text(settings.get("architecture")),
                "mode": _text(labels.get("mode")),
                "seed": _whole(training.get("seed")), "total": _whole(training.get("images")),
                "images": _whole(last.get("images")) or 0, "finished": bool(last.get("finished")),
                "figures": self._figures(path)}

    def _config(self, path: Path) -> Figures:
        try:
            file = inside(self.root, path / "config.yaml")
            content = config.read_yaml(file) if file.stat().st_size <= MAX_CONFIG_BYTES else {}
        except (CatganError, OSError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def _last_line(self, path: Path) -> Figures:
        try:
            with open(inside(self.root, path / "stats.jsonl"), "rb") as file:
                file.seek(max(os.fstat(file.fileno()).st_size - TAIL_BYTES, 0))
                lines = file.read().splitlines()
        except (CatganError, OSError):
            return {}
        return next((line for text in reversed(lines) if (line := _object(text))), {})

    def _figures(self, path: Path) -> dict[str, float]:
        """Returns the validation figures of `best/`; empty where there are none."""
        try:
            content = _object(read_inside(self.root, path / "best" / "metrics.json", MAX_JSON_BYTES))
        except (CatganError, OSError):
            return {}
        return {str(name)[:80]: float(value) for name, value in content.items() if is_number(value)}

    def curves(self, path: Path) -> dict[str, object]:
        """Returns the curves of a run: `images`, `series` (name to values, None where not measured), `panels` (title
        and names with words), and `lines`, the number before thinning."""
        from catgan.training.curves import panels_of, words

        file = path / "stats.jsonl"
        content = read_inside(self.root, file, MAX_STATS_BYTES) if file.exists() else b""
        lines = [line for text in content.splitlines() if is_number((line := _object(text)).get("images"))]
        shown = thinned(lines)
        names = list(dict.fromkeys(str(name)[:80] for line in shown for name, value in line.items()
                                   if is_number(value)))
        panels = panels_of(names)
        used = {name for keys in panels.values() for name in keys}
        return {"images": [int(line["images"]) for line in shown], "lines": len(lines),
                "series": {name: [float(line[name]) if is_number(line.get(name)) else None for line in shown]
                           for name in names if name in used},
                "panels": [{"title": title, "keys": [{"name": name, "words": words(name)} for name in keys]}
                           for title, keys in panels.items()]}


def thinned(lines: Sequence[Figures]) -> Sequence[Figures]:
    """Takes at most about `MAX_POINTS` lines, evenly, with the last one; lines with a score come first."""
    if len(lines) <= MAX_POINTS:
        return lines
    scored = {place for place, line in enumerate(lines) if "score" in line}
    every = -(-len(lines) // MAX_POINTS)
    few = scored if len(scored) <= MAX_POINTS else set(sorted(scored)[::-(-len(scored) // MAX_POINTS)])
    kept = sorted({*range(0, len(lines), every), len(lines) - 1, *few})
    return [lines[place] for place in kept]


def _named(name: str) -> dict[str, object]:
    shown = printable(name)
    group, _, own = shown.rpartition("/")
    return {"id": identity_of(name), "name": own, "group": group}


def _object(content: bytes | str) -> Figures:
    """Reads a JSON object; what is none, or damaged, is an empty one."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_number(value: object) -> bool:
    """Returns whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and is_number(value) else None


def _text(value: object) -> str:
    return value[:80] if isinstance(value, str) else ""


def _time_ns(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def object_of(content: bytes, name: str) -> Mapping[str, object]:
    """Reads a JSON object. Raises `Refused` for anything else."""
    found = _object(content)
    if not found:
        raise Refused(f"{name} is damaged: it is no JSON object.")
    return found
