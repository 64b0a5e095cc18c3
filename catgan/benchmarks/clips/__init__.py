"""Benchmarks of models of clips on rendered clips, whose truth is known."""
