"""Renders faces whose Action Units, valence, arousal, identity and light are known exactly."""
