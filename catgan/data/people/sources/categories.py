"""Names the 26 categories of EMOTIC, which BoLD has as well."""

from __future__ import annotations

CATEGORIES = (
    "Peace", "Affection", "Esteem", "Anticipation", "Engagement", "Confidence", "Happiness", "Pleasure", "Excitement",
    "Surprise", "Sympathy", "Doubt/Confusion", "Disconnection", "Fatigue", "Embarrassment", "Yearning", "Disapproval",
    "Aversion", "Annoyance", "Anger", "Sensitivity", "Sadness", "Disquietment", "Fear", "Pain", "Suffering")
"""In the order of BoLD's columns."""

BY_SPELLING = {name.lower(): name for name in CATEGORIES} | {
    "disconnect": "Disconnection", "doubt / confusion": "Doubt/Confusion", "doubt": "Doubt/Confusion",
    "confusion": "Doubt/Confusion"}
"""Name in lower case -> category, with the other spellings that conversions have."""
