"""`catgan benchmark`: a group of verbs, one module each."""

from __future__ import annotations

from catgan.cli.benchmark import data, edit, explain, train
from catgan.cli.verb import Verb

NAME = "benchmark"
HELP = "Measure the speed of a part of catgan, or the quality of edits and explanations."
EPILOG = """examples:
  catgan benchmark data --render --size 64 128 --channels 3 --json -
  catgan benchmark train --architecture xs_64
  catgan benchmark edit runs/00001-editor-64 --data OUT/r64 --judge mediapipe --out OUT/edits
  catgan benchmark explain runs/00001-editor-64 --data OUT/r64 --judge runs/00000-judge-64

'catgan benchmark PART --help' explains the options of one part. Close other programs first: they change the speeds."""

VERBS: tuple[Verb, ...] = (data, train, edit, explain)
