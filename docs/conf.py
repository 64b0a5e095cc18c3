"""Sphinx configuration: Markdown pages; the reference is written from the source first (tools/reference_pages).

A tutorial is shown from its executed notebook, not from its text (tools/tutorials.py); nothing is executed here.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("", "tools")]

import catgan  # noqa: E402
import reference_pages  # noqa: E402
import tutorials  # noqa: E402

reference_pages.write()

project = "catgan"
copyright = "the catgan authors"  # noqa: A001
release = catgan.__version__
html_title = f"catgan {release}"
extensions = ["myst_nb", "reference_pages.mathml"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
smartquotes = False  # `--out` is no dash
html_math_renderer = "mathml"
exclude_patterns = ["_build", *(f"tutorials/{path.name}" for path in tutorials.texts())]
nitpicky = True
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["catgan.css"]
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style, pygments_dark_style = "friendly", "github-dark"
