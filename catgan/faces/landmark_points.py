"""Lists the points of MediaPipe's face mesh and of iBUG: sides, regions, outlines, and the points that both have.

Sides are the subject's own: the right side lies on the left of a picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# === MediaPipe, 478 points ===

MIDDLE = (0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175, 195, 197, 199,
          200)
"""Points on the middle line of the face."""

_RIGHT_IRIS, _LEFT_IRIS = (468, 469, 470, 471, 472), (473, 476, 475, 474, 477)


def _mediapipe_mirror() -> tuple[int, ...]:
    """Returns the index of the point on the other side for each point.

    The points of the right half are numbered from 0 to 247 and those of the left half from 248 to 467, in one order.
    """
    right = [point for point in range(248) if point not in MIDDLE]
    other = {point: point for point in MIDDLE}
    for one, two in (*zip(right, range(248, 468)), *zip(_RIGHT_IRIS, _LEFT_IRIS)):
        other[one], other[two] = two, one
    return tuple(other[point] for point in range(478))


MEDIAPIPE_MIRROR = _mediapipe_mirror()

# Points of the right half and of the middle line. Brows and the contour are those of MediaPipe's connections; an eye
# has its lids, the skin up to the fold of the lid, and the iris; the mouth has the skin around the lips.
_RIGHT_HALF: Mapping[str, Sequence[int]] = {
    "brow": (46, 52, 53, 55, 63, 65, 66, 70, 105, 107),
    "eye": (7, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 33, 56, 110, 112, 113, 130, 133, 144, 145, 153, 154, 155, 157,
            158, 159, 160, 161, 163, 173, 189, 190, 221, 222, 223, 224, 225, 226, 228, 229, 230, 231, 232, 233, 243,
            244, 246, 247, *_RIGHT_IRIS),
    "cheek": (36, 50, 100, 101, 111, 116, 117, 118, 119, 120, 121, 123, 135, 137, 138, 142, 147, 169, 177, 187, 192,
              202, 203, 205, 206, 207, 210, 212, 213, 214, 215, 216, 227),
    "temple": (34, 35, 71, 124, 139, 143, 156)}
_BOTH_HALVES: Mapping[str, Sequence[int]] = {
    "nose": (1, 2, 3, 4, 5, 6, 19, 20, 44, 45, 47, 48, 49, 51, 59, 60, 64, 75, 79, 94, 97, 98, 99, 102, 114, 115, 122,
             125, 126, 128, 129, 131, 134, 141, 166, 168, 174, 188, 193, 195, 196, 197, 198, 209, 217, 218, 219, 220,
             235, 236, 237, 238, 239, 240, 241, 242, 245),
    "mouth": (0, 11, 12, 13, 14, 15, 16, 17, 18, 37, 38, 39, 40, 41, 42, 43, 57, 61, 62, 72, 73, 74, 76, 77, 78, 80, 81,
              82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 95, 96, 106, 146, 164, 165, 167, 178, 179, 180, 181, 182,
              183, 184, 185, 186, 191),
    "chin": (32, 140, 170, 171, 175, 194, 199, 200, 201, 204, 208, 211),
    "forehead": (8, 9, 68, 69, 104, 108, 151),
    "contour": (10, 21, 54, 58, 67, 93, 103, 109, 127, 132, 136, 148, 149, 150, 152, 162, 172, 176, 234)}


def _mediapipe_regions() -> dict[str, tuple[int, ...]]:
    def other_side(points: Sequence[int]) -> list[int]:
        return [MEDIAPIPE_MIRROR[point] for point in points]

    regions = {}
    for name, points in _RIGHT_HALF.items():
        regions[f"left_{name}"], regions[f"right_{name}"] = tuple(sorted(other_side(points))), tuple(sorted(points))
    return regions | {name: tuple(sorted({*points, *other_side(points)})) for name, points in _BOTH_HALVES.items()}


MEDIAPIPE_REGIONS = _mediapipe_regions()

_OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
         150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10)
_RIGHT_LINES = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (33, 246, 161, 160, 159, 158, 157, 173, 133),
                (46, 53, 52, 65, 55), (70, 63, 105, 66, 107))
_LIPS = ((61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291), (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
         (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308), (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308))
_NOSE = ((168, 6, 197, 195, 5, 4, 1, 19, 94, 2), (98, 97, 2, 326, 327))

MEDIAPIPE_OUTLINES: tuple[tuple[int, ...], ...] = (
    _OVAL, *_RIGHT_LINES, *(tuple(MEDIAPIPE_MIRROR[point] for point in line) for line in _RIGHT_LINES), *_LIPS, *_NOSE)
"""Chains of points that are lines of a drawn face: contour, eyes, brows, lips, ridge and base of the nose."""

# === iBUG, 68 points ===

IBUG_REGIONS: dict[str, tuple[int, ...]] = {
    "contour": tuple(range(17)), "right_brow": tuple(range(17, 22)), "left_brow": tuple(range(22, 27)),
    "nose": tuple(range(27, 36)), "right_eye": tuple(range(36, 42)), "left_eye": tuple(range(42, 48)),
    "mouth": tuple(range(48, 68))}

IBUG_MIRROR: tuple[int, ...] = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65)

IBUG_OUTLINES: tuple[tuple[int, ...], ...] = (
    tuple(range(17)), tuple(range(17, 22)), tuple(range(22, 27)), tuple(range(27, 31)), tuple(range(31, 36)),
    (*range(36, 42), 36), (*range(42, 48), 42), (*range(48, 60), 48), (*range(60, 68), 60))

IBUG_68: tuple[int, ...] = (
    127, 234, 93, 132, 172, 136, 149, 148, 152, 377, 378, 365, 397, 361, 323, 454, 356,  # contour
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 5, 1, 98, 97, 2, 326, 327,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87)  # mouth
"""Point of MediaPipe's mesh for each of the 68 points.

Corners of eyes and mouth, lids, lips and brows mark the same places of a face in both sets. On the contour and the
nose the places are conventions. There, points of the same lines were chosen that lie near Py-Feat's 68 points of a
video and a photograph, aligned with the mean shape of the face model: within .16 eye distances on the contour, .09 on
the nose.
"""
