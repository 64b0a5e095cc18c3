"""Trains a grid or a list of experiments with several seeds (`catgan sweep`)."""
