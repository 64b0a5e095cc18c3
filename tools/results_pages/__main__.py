"""Writes the pages of docs/results, or of the folder that is given."""

import sys
from pathlib import Path

import results_pages

results_pages.write(*map(Path, sys.argv[1:2]))
