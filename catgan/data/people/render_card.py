"""Writes the card of a data set of rendered people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

import catgan
from catgan import files
from catgan.data import store
from catgan.data.card import figures
from catgan.data.schema import Info
from catgan.faces.images import write_image

WALK = ("speed", "stride", "arm_swing", "elbow", "trunk_lean", "head_tilt", "shoulder_lift", "bounce")
"""Parameters of a walk; column `walk_NAME`. Units: m/s, m, degrees (4 times), m, m."""
SHOWN = 24
"""Contexts on the sheet."""


def write_card(out: Path, settings: Mapping[str, object], info: Info) -> None:
    """Writes `card.md` and `figures/`.

    Args:
        out: folder of the data set.
        settings: of the rendering, by name.
        info: the content of `dataset.json`.
    """
    faces, contexts = _pictures(out)
    shown = out / "figures"
    if faces:
        figures.contact_sheet(faces, shown / "faces.png")
    if contexts:
        write_image(shown / "contexts.png", _sheet([store.picture(content) for content in contexts]))
    splits = ", ".join(f"{split} {count:,}" for split, count in info["counts"]["splits"].items())
    files.write_text(out / "card.md", f"""# {info['name']}

{settings['people']:,} people, one a row, {'40 frames of a walk' if settings['clips'] else 'a photograph'} each,
drawn by catgan {catgan.__version__} (seed {settings['seed']}, {settings['subjects']:,} people, nobody in two splits).
Splits: {splits}.

**Nobody here is a photograph of anybody, and no figure on these people is a claim about photographs.** How emotions
change a walk and which places go with them are conventions that make the truth known.

![faces](figures/faces.png)
![places without persons](figures/contexts.png)

- `expression` is the emotion of a person; valence, arousal and dominance are those of its word, in proportion to
  `intensity`. `AU..` is what the face shows.
- `shown_face`, `shown_posture`, `shown_gait`, `shown_context` name the emotion that each of them shows; null where it
  cannot be seen or shows nothing in particular.
- {_planted(settings)}
- Each modality is missing for {100 * float(str(settings['missing'])):g} % of the people. {100
    * float(str(settings['occluded'])):g} % of the faces are behind a hand or smeared, and of as many people the legs
  are hidden.
- `walk_..` are the parameters of the walk: metres per second, metres and degrees. `joints` start at the middle of the
  hips, as a pose landmarker gives them.
- `context` is the picture without its persons, and `context_seen` what is left of it.
""")


def _planted(settings: Mapping[str, object]) -> str:
    """Says which modality shows the emotion."""
    if settings["planted"] is not None:
        return (f"**Planted cause**: only `{settings['planted']}` shows the emotion; the other modalities show "
                "emotions at random.")
    share, prior = float(str(settings["contradicting"])), float(str(settings["place_prior"]))
    place = (f"The place goes with the emotion for {100 * prior:g} % of the people, and is any place for the others."
             if prior >= 0 else f"The place goes with another emotion for {-100 * prior:g} % of the people.")
    return f"One modality contradicts the three others for {100 * share:g} % of the people. {place}"


def _pictures(out: Path) -> tuple[list[bytes], list[bytes]]:
    """Returns the first faces and contexts as PNG."""
    import pyarrow.parquet as pq

    faces: list[bytes] = []
    contexts: list[bytes] = []
    for path in sorted((out / "shards").glob("*.parquet")):
        for row in pq.read_table(path, columns=["image", "context", "face_known"]).slice(0, 4 * SHOWN).to_pylist():
            if row["face_known"] and len(faces) < SHOWN:
                faces.append(row["image"]["bytes"])
            if row["context"] is not None and len(contexts) < SHOWN:
                contexts.append(row["context"]["bytes"])
        if len(faces) == len(contexts) == SHOWN:
            break
    return faces, contexts


def _sheet(pictures: list[np.ndarray]) -> np.ndarray:
    """Puts pictures of one size beside each other, six a row."""
    width = 6
    rows = [np.concatenate([*pictures[start:start + width],
                            *[np.full_like(pictures[0], 255)] * (start + width - len(pictures))], 1)
            for start in range(0, len(pictures), width)]
    return np.concatenate(rows, 0)
