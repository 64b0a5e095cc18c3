"""Compares trained models on the same faces: differences with intervals over subjects and seeds."""
