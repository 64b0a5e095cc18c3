"""Builds, reads, queries, streams and exports data sets of faces with Action Units and valence-arousal."""
