"""Drawers: they change labels of a face and draw the result."""
