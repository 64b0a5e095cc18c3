"""Explanations scored against faces whose true cause is known."""
