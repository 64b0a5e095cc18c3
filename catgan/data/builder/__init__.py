"""Builds a data set from annotated photographs: read, align, join, merge, split, write."""
