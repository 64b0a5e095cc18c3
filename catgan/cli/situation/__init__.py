"""`catgan situation`: a group of verbs, one module each."""

from __future__ import annotations

from catgan.cli.situation import add, show
from catgan.cli.verb import Verb

NAME = "situation"
HELP = "Keep what emotions were observed at which place and time, and show what to expect there."
EPILOG = """examples:
  catgan situation add OUT/situations.db --place street --time 2026-05-01T14:30 --emotion happiness
  catgan situation add OUT/situations.db --table observations.csv
  catgan situation show OUT/situations.db
  catgan situation show OUT/situations.db --place street --time 2026-05-01T14:30 --plot street.png

'catgan situation PART --help' explains the options of one part. A store only explains predictions; it changes none."""

VERBS: tuple[Verb, ...] = (add, show)
