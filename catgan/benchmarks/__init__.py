"""Benchmarks: the speed of rendering, building and training, and the quality of edits and explanations."""

ROUNDS = 5
"""Timed rounds of a speed; their median is reported."""
