"""Recognises labels in clips: a CNN trunk on every frame, a temporal network above it, and label heads."""
