"""Questions that are asked of several trainings."""
