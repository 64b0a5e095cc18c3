"""Searches for the smallest change that reaches a target."""

from catgan.explain.search.beam import search  # noqa: F401
