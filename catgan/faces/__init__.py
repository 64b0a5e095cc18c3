"""Reads photographs and videos, finds faces in them, and aligns faces to square crops and back."""
