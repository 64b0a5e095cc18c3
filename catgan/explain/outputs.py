"""Outputs of foreign models: arrays, lists and dictionaries of arrays become numbers with names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from catgan.errors import ModelError, unknown_name

MAX_OUTPUTS = 10_000
"""Largest number of outputs that a model may have for one face."""
SINGLE = "output"
"""Name of the only output of a model that does not name it."""
OWN = "catgan:"
"""Prefix of the names of catgan's own labels beside a foreign model."""


@dataclass(frozen=True)
class Heads:
    """Outputs of a model that are read, and the names of their numbers.

    Args:
        widths: numbers for one face of each output that is read.
        names: of all these numbers, in their order.
        classes: names of those that are classes of `class`; empty without classes.
        skipped: a line of text for each output that is not read.
    """

    widths: dict[str, int]
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def values(self, given: object, count: int, model: str) -> np.ndarray:
        """Returns the numbers of `count` faces, float64 `(count, len(names))`.

        Args:
            given: what the model returned.
            count: of the faces.
            model: its name, for messages.

        Raises:
            ModelError: outputs of other shapes than in the trial, or numbers that are not finite.
        """
        arrays = by_name(given)
        parts = []
        for name, width in self.widths.items():
            array = _numbers(arrays.get(name))
            if array is None or array.shape[:1] != (count,) or array.size != count * width:
                raise ModelError(f"{model} must give {width} numbers for each face in '{name}'. Received for {count} "
                                 f"faces: {_described(arrays.get(name))}.")
            parts.append(array.reshape(count, width))
        values = np.concatenate(parts, axis=1)
        if not np.isfinite(values).all():
            raise ModelError(f"{model} gives numbers that are not finite (NaN or infinite) for a face. Its "
                             "preprocessing may be another one than was declared: check the range of its pixels, "
                             "mean and standard deviation.")
        return values


def parts_by_name(given: object) -> dict[str, object]:
    """Names what a model returned: by its keys, or `output_0`, `output_1` .. for a list of arrays, else `output`."""
    if isinstance(given, Mapping):
        return {_name(name): part for name, part in given.items()}
    if isinstance(given, (list, tuple)) and any(hasattr(part, "shape") for part in given):
        return {SINGLE: given[0]} if len(given) == 1 else {f"output_{place}": part for place, part in enumerate(given)}
    return {SINGLE: given}


def by_name(given: object) -> dict[str, object]:
    """Names what a model returned as `parts_by_name`, and converts it to NumPy arrays where that is possible."""
    return {name: _array(part) for name, part in parts_by_name(given).items()}


def find_heads(given: object, count: int, model: str, heads: Sequence[str] = (), outputs: Sequence[str] = (),
               classes: bool = False) -> Heads:
    """Selects the outputs of a model that are read, and names their numbers.

    Args:
        given: what the model returned for `count` faces.
        count: of the faces.
        model: its name, for messages.
        heads: names of the outputs to read; all that hold numbers `(n,)` or `(n, k)` when empty.
        outputs: names of the numbers; of all that are read, or of the one output that has so many.
        classes: whether the numbers of one output are classes that exclude each other.

    Raises:
        ModelError: an output that is not there or holds no numbers, names that do not fit or are not unique, or
            classes of no output, or of several.
    """
    arrays = by_name(given)
    for name in heads:
        if name not in arrays:
            raise unknown_name("output of the model", name, arrays)
    widths, skipped = _widths(arrays, count, model, heads)
    names = _named(widths, outputs, model)
    return Heads(widths, names, _classes(widths, names, model) if classes else (), tuple(skipped))


def _widths(arrays: Mapping[str, object], count: int, model: str,
            heads: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Returns the numbers for one face of each output that is read, and a line of text for every other output."""
    flat: dict[str, int] = {}
    deep: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for name in dict.fromkeys(heads) or arrays:
        array = _numbers(arrays[name])
        if array is None or array.size == 0:
            wrong[name] = f"'{name}' holds no numbers ({_described(arrays[name])})"
        elif array.shape[:1] != (count,):
            wrong[name] = f"'{name}' has no row for each face (for {count} faces {_described(arrays[name])})"
        elif array.size > count * MAX_OUTPUTS:
            wrong[name] = f"'{name}' has more than {MAX_OUTPUTS} numbers for a face ({_described(arrays[name])})"
        else:
            target = flat if sum(side != 1 for side in array.shape[1:]) <= 1 else deep
            target[name] = array.size // count
    if heads and wrong or not flat and not deep:
        raise ModelError(f"{model} must give numbers, an array (n, k) or (n,) for n faces, or several by name. "
                         f"Received: {'; '.join(wrong.values()) or 'nothing'}.")
    read = {name: width for name, width in [*flat.items(), *deep.items()] if heads or name in flat or not flat}
    read = {name: read[name] for name in heads or arrays if name in read}
    if sum(read.values()) > MAX_OUTPUTS:
        raise ModelError(f"{model} may give at most {MAX_OUTPUTS} numbers for a face. Received: {sum(read.values())}.")
    skipped = [*wrong.values(), *(f"'{name}' is no row of numbers ({_described(arrays[name])})" for name in deep
                                  if name not in read)]
    return read, [f"output {line}: it is not read" for line in skipped]


def _named(widths: Mapping[str, int], outputs: Sequence[str], model: str) -> tuple[str, ...]:
    outputs = [name.strip() for name in outputs]
    own = {head: [f"{head}[{place}]" for place in range(width)] if width > 1 or head == SINGLE else [head]
           for head, width in widths.items()}
    fitting = [head for head, width in widths.items() if width == len(outputs)]
    if outputs and len(outputs) == sum(widths.values()):
        names = outputs
    elif outputs and len(fitting) == 1:
        names = [name for head in widths for name in (outputs if head == fitting[0] else own[head])]
    elif outputs:
        sizes = ", ".join(f"{head} ({width})" for head, width in widths.items())
        raise ModelError(f"{model} gives {sum(widths.values())} numbers for a face, in {sizes}, and {len(outputs)} "
                         f"names were given: {', '.join(outputs)}. Name all numbers, or choose outputs with 'heads'.")
    else:
        names = [name for part in own.values() for name in part]
    twice = [name for name, times in Counter(name.casefold() for name in names).items() if times > 1]
    if twice:
        raise ModelError(f"Names of outputs must differ from each other. Received more than once: "
                         f"{', '.join(twice)}.")
    for name in names:
        if not name or _name(name) != name or name.casefold().startswith((OWN, "keep:")):
            raise ModelError("A name of an output is not empty, holds none of , < > = ! and blanks at its ends, and "
                             f"begins neither with 'keep:' nor with '{OWN}'. Received: '{name}'.")
    return tuple(names)


def _classes(widths: Mapping[str, int], names: Sequence[str], model: str) -> tuple[str, ...]:
    several = [head for head, width in widths.items() if width > 1]
    if len(several) != 1:
        raise ModelError(f"Classes are two or more numbers of one output. {model} has "
                         + (f"several such outputs ({', '.join(several)}): choose one with 'heads'." if several else
                            f"none. Received: {', '.join(f'{head} ({width})' for head, width in widths.items())}."))
    if "class" in (name.casefold() for name in names):
        raise ModelError("With classes, 'class' is the likeliest of them: no output may have this name.")
    start = sum(width for head, width in list(widths.items())[:list(widths).index(several[0])])
    return tuple(names[start:start + widths[several[0]]])


def _name(name: object) -> str:
    """Returns a name that a target can hold."""
    return re.sub(r"[,<>=!]", "_", str(name)).strip()


def _array(part: object) -> object:
    """Converts a part to a NumPy array where that is possible."""
    try:
        if isinstance(part, (np.ndarray, list, tuple, int, float, str)):
            return np.asarray(part)
        from keras import ops

        return np.asarray(ops.convert_to_numpy(part))
    except Exception:  # each backend has its own errors; what is no array is described as what it is
        return part


def _numbers(part: object) -> np.ndarray | None:
    """Converts real numbers to float64; returns None for anything else."""
    if not isinstance(part, np.ndarray) or part.dtype.kind in "OUSMmc":
        return None
    try:
        return part.astype(np.float64)  # bfloat16 has a kind of its own
    except (TypeError, ValueError):
        return None


def _described(part: object) -> str:
    if not isinstance(part, np.ndarray):
        return type(part).__name__
    if part.dtype == object:
        return f"objects of class {', '.join(sorted({type(item).__name__ for item in part.ravel()[:8]}))}"
    kind = "text" if part.dtype.kind in "US" else str(part.dtype)
    return f"{kind} of shape {tuple(part.shape)}"
