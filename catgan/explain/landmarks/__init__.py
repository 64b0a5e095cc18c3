"""Explains networks on face landmarks: rankings, relevance on the mesh and over time, and changed movements."""
