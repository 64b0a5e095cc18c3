"""Folders of the web page's own files."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""HTML, CSS and JavaScript of the page."""
