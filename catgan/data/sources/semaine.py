"""SEMAINE (McKeown, Valstar, Cowie, Pantic & Schroder 2012): conversations rated over time with FeelTrace.

    ROOT/SESSION/NAME.txt      two columns, seconds and value -1..1, every 0.02 s; a file per rater and dimension:
                               options `valence` and `arousal` are the file name patterns of each dimension
                               (default *valence*.txt and *arousal*.txt; in the original release *V.txt and *A.txt)
    ROOT/SESSION/NAME.eaf      Action Units of FERA 2015 (ELAN): a tier for each AU
    ROOT/videos/SESSION.avi    or images: ROOT/images/SESSION/00001.jpg, from 1 or 0

Valence and arousal need two raters or more and are their mean. An AU is present while its tier has an annotation. At
other times the file does not tell whether the moment was coded: the AU is unknown, unless option `coded: true` says
that all of every session was coded.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path

from catgan import facs
from catgan.data.sources import frames, numbering, parsing, timeline
from catgan.data.sources.layout import Layout
from catgan.data.sources.records import Record, Rejected
from catgan.errors import AnnotationError, CatganError

LAYOUT = Layout(
    "valence, arousal over time; presence of AUs in ELAN files",
    "fewer than two raters; moments without an annotation in an ELAN tier, unless `coded: true`",
    "Queen's University Belfast and Imperial College, EULA; academic use",
    (2, 12, 17, 25, 28, 45),
    options=timeline.OPTIONS | numbering.OPTIONS | {
        "valence": "pattern of the raters' files", "arousal": "pattern of the raters' files",
        "coded": "true: times without an annotation in an ELAN tier are absent (default false: unknown)"})

RATE = 50.0
LEAST_RATERS = 2
LARGEST_ELAN = 64 << 20


def read(name: str, root: Path, options: Mapping[str, object] | None = None) -> Iterator[Record | Rejected]:
    """Yields every frame of every session."""
    options = options or {}
    parsing.require(root, f"Root of source '{name}'")
    found = False
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path.name not in ("images", "videos")):
        ratings = {dimension: [_rater(file) for file in sorted(folder.glob(_pattern(options, dimension)))]
                   for dimension in ("valence", "arousal")}
        spans: timeline.Spans = {}
        for file in sorted(folder.glob("*.eaf")):
            spans |= _elan(file)
        if not spans and not any(ratings.values()):
            continue
        found = True
        session = folder.name
        pictures = frames.of(root / "images" / session, [root / "videos" / session, folder / session])
        pictures = numbering.timed(pictures, options)
        yield from timeline.records(name, root, pictures, ratings, options, RATE, session, LEAST_RATERS, spans,
                                    subject=session, video=session)
    if not found:
        raise CatganError(f"Source '{name}': no SESSION/{_pattern(options, 'valence')} or SESSION/*.eaf in {root}.")


def _pattern(options: Mapping[str, object], dimension: str) -> str:
    pattern = str(options.get(dimension, f"*{dimension}*.txt"))
    if not pattern or "/" in pattern or ".." in pattern:
        raise CatganError(f"Option '{dimension}' must be a pattern of file names. Received: {pattern!r}.")
    return pattern


def _rater(file: Path) -> timeline.Series:
    samples = []
    for line, text in parsing.lines(file):
        cells = text.split()
        if len(cells) != 2:
            raise AnnotationError(file, line, f"'time value' is needed. Received: {text.strip()[:60]!r}.")
        time = parsing.number(parsing.point(cells[0]), file, line, "time", 0.0, 1e5)
        value = parsing.number(parsing.point(cells[1]), file, line, "value", -1.0, 1.0)
        samples.append((float(time or 0.0), float(value or 0.0)))
    return timeline.series(samples, file)


def _elan(file: Path) -> timeline.Spans:
    """Returns spans in seconds by AU."""
    if file.stat().st_size > LARGEST_ELAN:
        raise CatganError(f"{file} is larger than {LARGEST_ELAN >> 20} MB: no ELAN file.")
    try:
        tree = ElementTree.fromstring(file.read_bytes())
        slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) / 1000.0
                 for slot in tree.iter("TIME_SLOT") if "TIME_VALUE" in slot.attrib}
        return {unit: [(slots[span.attrib["TIME_SLOT_REF1"]], slots[span.attrib["TIME_SLOT_REF2"]])
                       for span in tier.iter("ALIGNABLE_ANNOTATION")]
                for tier in tree.iter("TIER") if (unit := _unit(tier.attrib.get("TIER_ID", "")))}
    except (ElementTree.ParseError, KeyError, ValueError, LookupError) as error:
        raise CatganError(f"{file} is not an ELAN file ({type(error).__name__}: {str(error)[:80]}).") from None


def _unit(tier: str) -> int | None:
    try:
        return facs.parse_action_unit(tier)
    except CatganError:
        return None
