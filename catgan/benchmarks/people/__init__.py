"""Benchmarks of networks of several modalities on rendered people."""
