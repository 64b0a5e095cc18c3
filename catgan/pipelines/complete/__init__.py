"""Predicts unknown labels of a data set, pseudo-labels (`catgan complete`)."""
