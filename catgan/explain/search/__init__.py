"""Searches for the smallest change of Action Units that reaches a target."""

from catgan.explain.search.beam import search
from catgan.explain.search.options import SearchOptions

__all__ = ["SearchOptions", "search"]
