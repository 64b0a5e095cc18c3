"""Explains answers of networks of several modalities: which of them carry an answer, and where they disagree."""
