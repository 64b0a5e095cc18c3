"""Lists pairs of Action Units that MediaPipe's blendshapes seldom measure together."""

SELDOM_MEASURED_TOGETHER: tuple[tuple[int, int], ...] = (
    (1, 4), (2, 4), (2, 7), (5, 7), (10, 17), (10, 18), (12, 18), (17, 25), (17, 26), (18, 23), (18, 24), (18, 25))
"""Faces can show both AUs of a pair. Of 5,542 frontal photographs, fewer than a quarter of those expected by chance
have both (AU1 and AU4: none of 229; AU17 and AU26: none of 45). For a face that shows both, one is measured too low.
"""
