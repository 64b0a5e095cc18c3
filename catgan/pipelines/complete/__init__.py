"""Predicts unknown labels of a data set (`catgan complete`)."""
