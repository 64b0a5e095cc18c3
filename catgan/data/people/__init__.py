"""Data sets of people: face, posture, gait and context."""
