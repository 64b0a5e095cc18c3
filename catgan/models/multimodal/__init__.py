"""Reads emotions of people from several modalities, of which any may be missing: face, posture, gait, context."""
