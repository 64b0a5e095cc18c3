"""Writes the card of a data set: a description of its contents in text and figures."""
