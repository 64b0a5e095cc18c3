"""Describes for the page Why? what can be asked: labels with ranges and readings, methods, and a line of help each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from catgan.errors import CatganError
from catgan.explain.counterfactual import METHODS
from catgan.explain.goals import KEEP_WIDTH
from catgan.explain.models import Label, Readings
from catgan.explain.outputs import OWN
from catgan.explain.preprocessing import CHANNELS, CROPS, ORDERS, RESIZING
from catgan.explain.question import label_title, question
from catgan.explain.search.options import MARGIN
from catgan.explain.targets import parse_target
from catgan.models.gan.preset_folders import packaged_presets, read_description
from catgan.pipelines.why import HEATS, MAX_ANSWERS

METHOD_HELP: Mapping[str, str] = {
    "search": "Draws single Action Units first, then promising sets, and makes the best as small as the target allows. "
              "For any model; seconds.",
    "gradient": "Ranks the Action Units by gradients, then draws few faces. For models with gradients (catgan's own, "
                "or a Keras file).",
    "minimal": "Draws every set of up to three Action Units on a grid of levels. Slow (a minute or more), but proves "
               "that no smaller set does it."}
GLOSSARY: Mapping[str, str] = {
    "target": "Target: what the model must read off the changed face. Several conditions must all be met.",
    "keep": f"Hold still: the label may drift by a tenth of its range (an Action Unit by {KEEP_WIDTH * 5:g}), and an "
            "Action Unit is not changed.",
    "diverse": "Several answers: no two of them change the same Action Unit. There may be fewer than asked for.",
    "semifactual": "Even if: the largest change that was found after which the target is still not met.",
    "oracle": "Independent judge: another model, which is asked whether it reads the target off the changed face too.",
    "margin": "Margin: share of a label's range by which an answer goes beyond the edge of the target, where it can. "
              "On the very edge, another model may disagree.",
    "validity": "Validity: 1 if the model reads the target off the changed face, else 0.",
    "proximity": "Proximity: mean difference (L1) and root mean square difference (L2) of the two faces as shares of "
                 "the range of grey levels, and their structural similarity (SSIM; 1: the same).",
    "identity": "Identity: how alike the two faces are in a network that tells people apart. It needs such a network.",
    "inversion": "Reconstruction: how much of the face is kept by what draws the changes, without any change (PSNR in "
                 "dB, SSIM). Below its limit an answer means nothing: poor inversion.",
    "sparsity": "Sparsity: number of Action Units that change.",
    "plausibility": "Plausibility: distance of the Action Units from those of the faces that the drawing model learned "
                    "from. 99 % of those lie within the bound.",
    "proof": "Proof: all sets of Action Units at all levels of a grid were drawn. It holds on this grid."}
FIELDS: Mapping[str, str] = {
    "outputs": "Names of the numbers", "heads": "Outputs to read", "classes": "Classes", "crop": "Crop",
    "box_margin": "Margin of the box", "size": "Input size", "channels": "Channels", "pixels": "Range of pixels",
    "mean": "Mean", "std": "Standard deviation", "channel_order": "Place of the channels", "resize": "Resizing"}
"""Fields of a declaration as the page calls them, also in errors."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "crop": CROPS, "channels": tuple(CHANNELS), "channel_order": ORDERS, "resize": tuple(RESIZING)}


def described(labels: Mapping[str, Label]) -> list[dict[str, object]]:
    """Describes labels for the front end: the model's own first, catgan's beside a foreign model last."""
    return [{"name": label.name, "title": label_title(label), "kind": label.kind, "low": _finite(label.low),
             "high": _finite(label.high), "threshold": label.threshold, "classes": list(label.classes),
             "beside": label.name.startswith(OWN), "unit": label.unit, "keep": round(KEEP_WIDTH * label.span, 4)}
            for label in labels.values()]


def reading_of(labels: Mapping[str, Label], columns: Readings) -> dict[str, object]:
    """Returns what one face shows, by label: a number, or for classes `{"class": likeliest, "share": its number}`.

    Args:
        labels: by name.
        columns: of one face, `(1,)`.
    """
    found: dict[str, object] = {}
    for name, label in labels.items():
        values = np.array([float(columns[column][0]) for column in label.columns])
        best = int(values.argmax())
        found[name] = (round(float(values[0]), 4) if label.kind != "class" else
                       {"class": label.classes[best], "share": round(float(values[best]), 4)})
    return found


def asked(labels: Mapping[str, Label], target: str) -> dict[str, object]:
    """Returns the question in words, or in `error` why the target is none."""
    try:
        return {"sentence": question(parse_target(target, labels)), "error": None}
    except CatganError as error:
        return {"sentence": None, "error": str(error)}


def options() -> dict[str, object]:
    """Returns what the page offers besides labels."""
    return {"methods": {name: METHOD_HELP[name] for name in METHODS}, "heats": dict(HEATS),
            "glossary": dict(GLOSSARY), "most": MAX_ANSWERS, "margin": MARGIN, "fields": dict(FIELDS),
            "choices": {name: list(CHOICES[name]) for name in CHOICES}}


def judges(side: int) -> list[str]:
    """Returns names of presets that can be asked whether they agree: those that read faces of the same size."""
    found = []
    for name, folder in packaged_presets().items():
        content = read_description(folder)
        if content.get("kind") is None and content.get("network", {}).get("image_size") == side:
            found.append(name)
    return found


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
