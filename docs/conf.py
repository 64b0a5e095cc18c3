"""Sphinx configuration: Markdown pages and the API from docstrings."""

import catgan

project = "catgan"
copyright = "the catgan authors"  # noqa: A001
release = catgan.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
myst_heading_anchors = 3
napoleon_google_docstring = True
autodoc_member_order = "bysource"
