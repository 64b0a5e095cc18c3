"""The pages, in the order of the navigation."""

from __future__ import annotations

from catgan.web.page import Page
from catgan.web.pages import annotate, data, face, generate, runs, why

PAGES: tuple[Page, ...] = (
    face,
    why,
    generate,
    data,
    annotate,
    runs,
)
