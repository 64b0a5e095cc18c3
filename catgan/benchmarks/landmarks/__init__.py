"""Benchmarks of networks on landmarks."""
