import numpy as np

from catgan.evaluation import samples


def test_the_same_latents_for_a_whole_run():
    np.testing.assert_array_equal(samples.fixed_latents(4, 8, 1), samples.fixed_latents(4, 8, 1))
    np.testing.assert_array_equal(samples.fixed_latents(4, 8, 1)[:2], samples.fixed_latents(2, 8, 1))
    assert not np.array_equal(samples.fixed_latents(4, 8, 1), samples.fixed_latents(4, 8, 2))


def test_sweep_has_a_row_per_person_and_a_column_per_label(tiny_gan):
    sheet, titles = samples.sweep(tiny_gan, people=3)
    assert titles == ["neutral", "AU04", "AU12", "V -0.7", "V +0.7", "A -0.7", "A +0.7"]
    assert sheet.shape == (14 + 3 * 17 - 1, 7 * 17 - 1, 3) and sheet.dtype == np.uint8
    faces = sheet[14:]
    brow, smile = faces[:16, 17:33].astype(int), faces[:16, 34:50].astype(int)
    assert smile[13:].mean() > brow[13:].mean()  # AU12 is a bright bar at the bottom


def test_free_samples_are_a_square(tiny_gan):
    assert samples.free_samples(tiny_gan, 9).shape == (50, 50, 3)
