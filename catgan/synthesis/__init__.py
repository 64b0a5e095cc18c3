"""The embedded face model: renders faces whose Action Units, valence, arousal and light are known."""
