"""Defines Action Units, expressions and emotion words: numbers, names, muscles, and published prototype tables.

Numbers and names follow the FACS manual (Ekman, Friesen & Hager 2002), with the three eyelid codes 41, 42 and 44 of
the 1978 manual kept because older data sets use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catgan.errors import CatganError, unknown_name

# === Action Units ===


@dataclass(frozen=True)
class ActionUnit:
    """Describes one FACS code.

    Args:
        number: FACS number.
        name: name in the manual.
        muscle: the muscle that acts; empty for codes that are not defined by a muscle.
        kind: `"upper face"`, `"lower face"`, `"descriptor"`, `"eyelids"`, `"head"`, `"eyes"`, `"visibility"` or
            `"gross behaviour"`.
        two_sided: whether the left and right side can act, and be coded, separately.
    """

    number: int
    name: str
    muscle: str = ""
    kind: str = "descriptor"
    two_sided: bool = False


def _table() -> dict[int, ActionUnit]:
    upper = [(1, "Inner brow raiser", "frontalis, pars medialis"),
             (2, "Outer brow raiser", "frontalis, pars lateralis"),
             (4, "Brow lowerer", "depressor glabellae, depressor supercilii, corrugator supercilii"),
             (5, "Upper lid raiser", "levator palpebrae superioris"), (6, "Cheek raiser", "orbicularis oculi, orbital"),
             (7, "Lid tightener", "orbicularis oculi, palpebral")]
    lower = [(8, "Lips toward each other", "orbicularis oris"), (9, "Nose wrinkler", "levator labii superioris alaeque "
             "nasi"), (10, "Upper lip raiser", "levator labii superioris"), (11, "Nasolabial deepener",
             "zygomaticus minor"), (12, "Lip corner puller", "zygomaticus major"), (13, "Sharp lip puller",
             "levator anguli oris"), (14, "Dimpler", "buccinator"), (15, "Lip corner depressor",
             "depressor anguli oris"), (16, "Lower lip depressor", "depressor labii inferioris"),
             (17, "Chin raiser", "mentalis"), (18, "Lip pucker", "incisivii labii"), (20, "Lip stretcher", "risorius"),
             (22, "Lip funneler", "orbicularis oris"), (23, "Lip tightener", "orbicularis oris"),
             (24, "Lip pressor", "orbicularis oris"), (25, "Lips part", "depressor labii inferioris, relaxed mentalis "
             "or orbicularis oris"), (26, "Jaw drop", "relaxed masseter, temporalis and internal pterygoid"),
             (27, "Mouth stretch", "pterygoids, digastric"), (28, "Lip suck", "orbicularis oris"),
             (38, "Nostril dilator", "nasalis, pars alaris"), (39, "Nostril compressor",
             "nasalis, pars transversa and depressor septi nasi")]
    one_piece = {8, 17, 18, 22, 23, 24, 25, 26, 27, 28}
    groups: dict[str, dict[int, str]] = {
        "descriptor": {19: "Tongue show", 21: "Neck tightener", 29: "Jaw thrust", 30: "Jaw sideways",
                       31: "Jaw clencher", 32: "Lip bite", 33: "Cheek blow", 34: "Cheek puff", 35: "Cheek suck",
                       36: "Tongue bulge", 37: "Lip wipe"},
        "eyelids": {41: "Lid droop (1978)", 42: "Slit (1978)", 43: "Eyes closed", 44: "Squint (1978)", 45: "Blink",
                    46: "Wink"},
        "head": {51: "Head turn left", 52: "Head turn right", 53: "Head up", 54: "Head down", 55: "Head tilt left",
                 56: "Head tilt right", 57: "Head forward", 58: "Head back", 59: "Head shake up and down",
                 60: "Head shake side to side"},
        "eyes": {61: "Eyes turn left", 62: "Eyes turn right", 63: "Eyes up", 64: "Eyes down", 65: "Walleye",
                 66: "Cross-eye", 68: "Upward rolling of eyes", 69: "Eyes positioned to look at other person"},
        "visibility": {70: "Brows not visible", 71: "Eyes not visible", 72: "Lower face not visible",
                       73: "Entire face not visible", 74: "Unscorable"},
        "gross behaviour": {40: "Sniff", 50: "Speech", 80: "Swallow", 81: "Chewing", 82: "Shoulder shrug",
                            84: "Head shake back and forth", 85: "Head nod up and down", 91: "Flash",
                            92: "Partial flash", 97: "Shiver or tremble", 98: "Fast up-down look"},
    }
    table = {n: ActionUnit(n, name, muscle, "upper face", True) for n, name, muscle in upper}
    table |= {n: ActionUnit(n, name, muscle, "lower face", n not in one_piece) for n, name, muscle in lower}
    lids = {41: "relaxed levator palpebrae superioris", 42: "orbicularis oculi", 43: "relaxed levator palpebrae "
            "superioris", 44: "orbicularis oculi, palpebral", 45: "relaxed levator palpebrae and orbicularis oculi",
            46: "orbicularis oculi"}
    for kind, names in groups.items():
        table |= {n: ActionUnit(n, name, lids.get(n, ""), kind, kind == "eyelids") for n, name in names.items()}
    return dict(sorted(table.items()))


ACTION_UNITS: Mapping[int, ActionUnit] = _table()

MIRRORED: Mapping[int, int] = {51: 52, 52: 51, 55: 56, 56: 55, 61: 62, 62: 61}
"""Codes that name a side of the head or of the gaze, and the code that each becomes in a mirror image."""


def action_unit(number: int) -> ActionUnit:
    """Returns the Action Unit of a FACS number.

    Raises:
        CatganError: FACS has no such number.
    """
    if number not in ACTION_UNITS:
        raise CatganError(f"FACS has no Action Unit {number}. Allowed: {', '.join(map(str, ACTION_UNITS))}.")
    return ACTION_UNITS[number]


def au_name(number: int) -> str:
    """Returns the column name of an Action Unit with two digits: `AU04`, `AU12`."""
    return f"AU{action_unit(number).number:02d}"


def parse_action_unit(text: str | int) -> int:
    """Parses the number of an Action Unit: `"AU4"`, `"AU04"`, `"4"` or `4` -> 4.

    Raises:
        CatganError: any other text, or a number that FACS does not have.
    """
    match = re.fullmatch(r"(?:AU)?0*([0-9]{1,3})", str(text).strip(), re.IGNORECASE)
    if not match:
        raise CatganError(f"An Action Unit is written as AU12 or 12. Received: '{text}'.")
    return action_unit(int(match[1])).number


_PRESENCE_SUFFIX = "_present"


def presence_column(unit: int | str) -> str:
    """Returns the presence column of an Action Unit, given by number or by column name: `12` or `"AU12"` ->
    `"AU12_present"`."""
    return (au_name(unit) if isinstance(unit, int) else unit) + _PRESENCE_SUFFIX


def without_presence(column: str) -> str:
    """Returns the name of a label without the suffix of presence columns: `"AU12_present"` -> `"AU12"`."""
    return column.removesuffix(_PRESENCE_SUFFIX)


def is_presence(column: str) -> bool:
    """Returns whether a column holds the presence (0 or 1) of an Action Unit."""
    return column.endswith(_PRESENCE_SUFFIX)


# === Expressions ===

EXPRESSIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt", "other")

_SPELLINGS = {"happy": "happiness", "joy": "happiness", "sad": "sadness", "surprised": "surprise", "fearful": "fear",
              "scared": "fear", "afraid": "fear", "disgusted": "disgust", "angry": "anger", "contemptuous": "contempt"}


def parse_expression(text: str) -> str:
    """Returns the canonical name of an expression: `"Happy"` -> `"happiness"`.

    Raises:
        CatganError: an unknown word.
    """
    word = text.strip().lower()
    name = _SPELLINGS.get(word, word)
    if name not in EXPRESSIONS:
        raise unknown_name("expression", text, EXPRESSIONS)
    return name


# === Prototypes: the Action Units of each expression, which differ between authors ===


@dataclass(frozen=True)
class Prototypes:
    """Holds one author's table.

    Args:
        citation: the publication.
        sets: Action Units that belong to each expression.
        optional: further Action Units that may be added, per expression.
    """

    citation: str
    sets: Mapping[str, tuple[int, ...]]
    optional: Mapping[str, tuple[int, ...]]


PROTOTYPES: Mapping[str, Prototypes] = {
    "emfacs": Prototypes(
        "EMFACS (Friesen & Ekman 1983), as commonly published",
        {"happiness": (6, 12), "sadness": (1, 4, 15), "surprise": (1, 2, 5, 26), "fear": (1, 2, 4, 5, 7, 20, 26),
         "anger": (4, 5, 7, 23), "disgust": (9, 15, 16), "contempt": (12, 14)},
        {"disgust": (17,)}),
    "matsumoto_ekman_2008": Prototypes(
        "Matsumoto & Ekman 2008",
        {"anger": (4, 5, 22, 23, 24), "disgust": (9,), "fear": (1, 2, 4, 5, 20), "happiness": (6, 12),
         "sadness": (1, 15), "surprise": (1, 2, 5, 25)},
        {"anger": (7,), "disgust": (10, 25, 26), "fear": (25, 26), "sadness": (4, 17), "surprise": (26,)}),
    "keltner_2019": Prototypes(
        "Keltner et al. 2019",
        {"anger": (4, 5, 17, 23, 24), "disgust": (7, 9, 25, 26), "fear": (1, 2, 4, 5, 7, 20, 25),
         "happiness": (6, 7, 12, 25, 26), "sadness": (1, 4, 6, 15, 17), "surprise": (1, 2, 5, 25, 26)}, {}),
    "cordaro_2018": Prototypes(
        "Cordaro et al. 2018, reference configurations",
        {"anger": (4, 5, 7, 23), "disgust": (9, 15, 16), "fear": (1, 2, 4, 5, 7, 20, 26), "happiness": (6, 12),
         "sadness": (1, 4, 5), "surprise": (1, 2, 5, 26)}, {}),
    "du_2014": Prototypes(
        "Du, Tao & Martinez 2014, PNAS 111(15):E1454: AUs of more than 70 % of 230 people, basic and compound",
        {"happiness": (12, 25), "sadness": (4, 15), "fear": (1, 4, 20, 25), "anger": (4, 7, 24),
         "surprise": (1, 2, 25, 26), "disgust": (9, 10, 17), "happily surprised": (1, 2, 12, 25),
         "happily disgusted": (10, 12, 25), "sadly fearful": (1, 4, 15, 25), "sadly angry": (4, 7, 15),
         "sadly surprised": (1, 4, 25, 26), "sadly disgusted": (4, 10), "fearfully angry": (4, 20, 25),
         "fearfully surprised": (1, 2, 5, 20, 25), "fearfully disgusted": (1, 4, 10, 20, 25),
         "angrily surprised": (4, 25, 26), "angrily disgusted": (4, 10, 17), "disgustedly surprised": (1, 2, 5, 10),
         "awed": (1, 2, 5, 25), "appalled": (4, 9, 10), "hatred": (4, 7, 10)}, {}),
    "emotionet_2017": Prototypes(
        "EmotioNet challenge additions to Du et al. 2014",
        {"happily sad": (4, 6, 12, 25), "happily fearful": (1, 2, 12, 25, 26)}, {}),
}

# === Valence, arousal, dominance of emotion words ===

VA_ANCHORS: Mapping[str, tuple[float, float, float]] = {
    "happy": (.81, .51, .46), "joyful": (.76, .48, .35), "friendly": (.69, .35, .30), "surprised": (.40, .67, -.13),
    "angry": (-.51, .59, .25), "enraged": (-.44, .72, .32), "frustrated": (-.64, .52, .35),
    "fearful": (-.64, .60, -.43), "terrified": (-.62, .82, -.43), "disgusted": (-.60, .35, .11),
    "confused": (-.53, .27, -.32), "sad": (-.63, -.27, -.33), "depressed": (-.72, -.29, -.41),
    "bored": (-.65, -.62, -.33), "neutral": (0.0, 0.0, 0.0)}
"""Mean pleasure, arousal and dominance of emotion *words* on -1..1 (Russell & Mehrabian 1977, J. Res. Personality
11:273-294), not of faces. Neutral is a convention."""

# === Blendshapes (ARKit names, as MediaPipe returns them) ===

_SIDED = {2: "browOuterUp", 4: "browDown", 5: "eyeWide", 6: "cheekSquint", 7: "eyeSquint", 9: "noseSneer",
          10: "mouthUpperUp", 12: "mouthSmile", 14: "mouthDimple", 15: "mouthFrown", 16: "mouthLowerDown",
          20: "mouthStretch", 24: "mouthPress", 43: "eyeBlink"}
_SINGLE = {1: ("browInnerUp",), 17: ("mouthShrugLower",), 18: ("mouthPucker",), 22: ("mouthFunnel",),
           26: ("jawOpen",), 28: ("mouthRollLower", "mouthRollUpper"), 34: ("cheekPuff",)}

# Published maps differ: AU10 is mouthShrugUpper in ICT-FaceKit and mouthUpperUp in py-feat (taken here), AU23 and AU24
# share mouthPress, AU25-27 share jawOpen (given to AU26), cheekPuff is AU33 or AU34, eyeBlink AU43, 45 or 46.
BLENDSHAPES: Mapping[int, tuple[str, ...]] = dict(sorted(
    ({number: (f"{name}Left", f"{name}Right") for number, name in _SIDED.items()} | _SINGLE).items()))
"""Action Unit -> blendshapes whose mean estimates it. Blendshapes are 0..1 and weak proxies of FACS intensity."""

NOT_OBSERVABLE = frozenset({5, 6, 9, 34})
"""AUs whose blendshapes (eyeWide, cheekSquint, noseSneer, cheekPuff) hardly ever move in MediaPipe; they are unknown,
not 0."""


def action_units_from_blendshapes(scores: Mapping[str, float]) -> dict[int, float | None]:
    """Estimates Action Units, 0..1, from blendshape scores by name; None for AUs that blendshapes do not measure."""
    return {number: None if number in NOT_OBSERVABLE else sum(scores[name] for name in names) / len(names)
            for number, names in BLENDSHAPES.items()}
