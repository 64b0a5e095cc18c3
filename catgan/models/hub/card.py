"""Writes the model card of a model on the hub: `README.md` with a YAML header that the hub reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from catgan import facs
from catgan.models.gan.preset_facts import USE

if TYPE_CHECKING:
    from catgan.models.gan.model import CatGAN

UNKNOWN = "hf://ORGANISATION/NAME"
"""Stands for an address that is not known yet."""
TAGS = ("catgan", "face", "facial-expression", "facs", "gan", "explainability")
METRICS = {"action_units.mean_f1": ("f1", "mean F1 of the Action Units"),
           "action_units.mean_icc": ("icc", "mean ICC of the Action Units"),
           "action_units.mean_pcc": ("pearsonr", "mean PCC of the Action Units"),
           "valence.ccc": ("ccc", "CCC of valence"), "valence.rmse": ("rmse", "RMSE of valence"),
           "arousal.ccc": ("ccc", "CCC of arousal"), "arousal.rmse": ("rmse", "RMSE of arousal")}
"""Figures that stand in the header: the hub's type of each, and what it is."""


def card_text(gan: CatGAN, name: str, facts: Mapping[str, object], card: str | None = None,
              address: str | None = None) -> str:
    """Writes a card.

    Args:
        gan: the model.
        name: of the model.
        facts: see `catgan.models.gan.preset_facts.preset_facts`.
        card: the `card.md` of the preset; without it the card says only what the model itself knows.
        address: of the model on the hub, where it is known.
    """
    header = yaml.safe_dump(_header(gan, name, facts), sort_keys=False, allow_unicode=True)
    body = _without_title(card) if card else f"{_labels(gan)}\n\n## Use and misuse\n\n{USE}"
    return f"---\n{header}---\n# {name}\n\n{_how_to_use(address or UNKNOWN)}\n\n{body.strip()}\n"


def _header(gan: CatGAN, name: str, facts: Mapping[str, object]) -> dict[str, object]:
    """Returns what the hub reads. What is unknown is left out."""
    licence = facts.get("licence")
    content: dict[str, object] = {"license": str(licence).lower()} if licence else {}
    tags = [*TAGS, *(["action-units"] if gan.spec.action_units else []),
            *(["valence-arousal"] if gan.spec.valence_arousal else []),
            *(["image-to-image"] if gan.editor is not None else [])]
    content |= {"library_name": "catgan", "pipeline_tag": "image-classification", "tags": tags}
    metrics = _metrics(facts)
    if metrics:
        content["metrics"] = sorted({str(metric["type"]) for metric in metrics})
        split = str(facts.get("split") or "unknown")
        content["model-index"] = [{"name": name, "results": [{
            "task": {"type": "image-classification", "name": "Labels of faces"},
            "dataset": {"type": "catgan", "name": f"{split} split of the data it was trained with", "split": split},
            "metrics": metrics}]}]
    return content


def _metrics(facts: Mapping[str, object]) -> list[dict[str, object]]:
    figures = facts.get("figures")
    known = figures if isinstance(figures, Mapping) else {}
    return [{"type": kind, "value": round(known[key], 4), "name": about}
            for key, (kind, about) in METRICS.items() if key in known]


def _labels(gan: CatGAN) -> str:
    """Says what the networks take and read."""
    units = ", ".join(facs.au_name(number) for number in gan.spec.action_units)
    labels = [f"Action Units {units} ({gan.spec.scale})"] if units else []
    labels += ["valence and arousal"] if gan.spec.valence_arousal else []
    labels += [f"expressions {', '.join(gan.spec.expressions)}"] if gan.spec.expressions else []
    return (f"Faces of {gan.network.image_size} px, {gan.network.channels} channel(s). Labels: {'; '.join(labels)}. "
            f"Networks: {', '.join(gan.network_names)}.")


def _how_to_use(address: str) -> str:
    where = "" if address != UNKNOWN else "Take the address of this page for ORGANISATION/NAME. "
    return (f"```\npip install 'catgan[hub]'\ncatgan predict {address} photo.jpg\n```\n\n"
            f"```python\nimport catgan\n\ngan = catgan.CatGAN.from_preset(\"{address}\")\n```\n\n{where}"
            "Weights are in `model.safetensors`, which holds no code; their sha256 is in `config.json`.")


def _without_title(card: str) -> str:
    return re.sub(r"\A\s*# [^\n]*\n", "", card)


def read_card(folder: Path | None) -> str | None:
    """Reads the `card.md` of a preset; None without one."""
    path = None if folder is None else folder / "card.md"
    return path.read_text(encoding="utf-8") if path is not None and path.is_file() else None
