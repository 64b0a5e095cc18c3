"""Adds predicted labels (pseudo-labels) to a copy of a data set (`catgan complete`)."""
