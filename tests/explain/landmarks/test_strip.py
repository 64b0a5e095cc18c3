import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from catgan.explain.landmarks.strip import AGAINST, FOR, SHOWN_REGIONS, relevance_strip, shown_rows
from tests.harness.landmark_clips import moving_clip


def relevance_of(clip):
    """Red in the mouth of frames 8 to 11, blue in the left brow of frame 14."""
    relevance = np.zeros((20, clip.landmark_set.count))
    relevance[8:12, clip.landmark_set.regions["mouth"]] = 0.5
    relevance[14, clip.landmark_set.regions["left_brow"]] = -1.0
    return relevance


def heights(axes):
    """Time, colour and height of the bars that can be seen."""
    return [(round(float(bar.get_x() + bar.get_width() / 2), 2), to_hex(bar.get_facecolor()), bar.get_height())
            for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_height() not in (0.0, 1.0)]


@pytest.mark.parametrize("pictures", [False, True])
def test_strip_draws_frames_a_curve_and_regions_in_the_order_of_their_relevance(pictures):
    clip = moving_clip({"mouth": (0.0, 0.1)}, unseen=(0, 3), pictures=pictures, first=2.0)
    drawn = relevance_strip(clip, relevance_of(clip), "surprise", (2.96, 3.6), "surprise: .97")
    *faces, curve, regions = drawn.axes
    assert len(faces) == (20 if pictures else 10)
    assert [label.get_text() for label in regions.get_yticklabels()][:2] == ["mouth", "left brow"]
    assert regions.get_images()[0].get_array().shape == (SHOWN_REGIONS, 20)
    first, last = clip.landmark_set.regions["mouth"], clip.landmark_set.regions["left_brow"]
    assert heights(curve) == [*[(time, FOR, 0.5 * len(first)) for time in (3.28, 3.44, 3.6, 3.76)],
                              (4.24, AGAINST, -float(len(last)))]
    assert drawn.get_supxlabel() == "surprise: .97" and curve.get_xlim() == pytest.approx((1.92, 5.12))


def test_strip_writes_over_frames_that_were_not_seen():
    drawn = relevance_strip(moving_clip({}, unseen=(0,)), np.zeros((20, 478)), "anger")
    assert drawn.axes[0].texts[0].get_text() == "not seen" and not drawn.axes[1].texts


def test_shown_rows_of_a_short_clip_are_all_of_its_frames():
    assert shown_rows(moving_clip({}, frames=4)) == [0, 1, 2, 3]
    assert shown_rows(moving_clip({})) == [0, 2, 4, 6, 8, 11, 13, 15, 17, 19]
