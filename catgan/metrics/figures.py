"""The type of results that hold many figures."""

from __future__ import annotations

from typing import Any, TypeAlias

Figures: TypeAlias = dict[str, Any]
"""Figures by name, nested as a function documents, of values that JSON can hold; None where one is undefined."""

Interval: TypeAlias = list[float]
"""`[low, high]`: a 95 % confidence interval."""
