"""Annotated photographs -> one dual-label data set."""
