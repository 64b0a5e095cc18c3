"""Schedules by hand."""

import pytest

from catgan.training import schedules
from catgan.training.experiment import TrainingConfig
from catgan.training.tasks.critic import CriticConfig

TRAINING = TrainingConfig(images=1000, batch_size=10, tick_images=100, learning_rate=1.0, final_learning_rate=0.2,
                          beta2=0.9, final_beta2=0.99, augment=0.3, ema_half_life=50.0)


def test_cosine_falls_from_first_to_last_value():
    assert schedules.cosine(1.0, 0.2, 0.0) == 1.0
    assert schedules.cosine(1.0, 0.2, 0.5) == pytest.approx(0.6)
    assert schedules.cosine(1.0, 0.2, 1.0) == schedules.cosine(1.0, 0.2, 7.0) == pytest.approx(0.2)
    assert schedules.cosine(1.0, 0.0, 1 / 3) == pytest.approx(0.75)


def test_schedules_at_start_middle_and_after_the_end():
    start, middle, end = (schedules.common(TRAINING, step) for step in (0, 50, 200))
    assert start == {"learning_rate": 1.0, "beta2": 0.9, "augmentation": 0.0, "ema_decay": 0.0}
    assert middle["learning_rate"] == pytest.approx(0.6) and middle["augmentation"] == pytest.approx(0.15)
    assert end["beta2"] == pytest.approx(0.99) and end["augmentation"] == pytest.approx(0.3)
    assert schedules.common(TRAINING, 50, attempt=2)["learning_rate"] == pytest.approx(0.15)


def test_gamma_falls_and_matching_starts_after_a_tenth():
    critic = CriticConfig(gamma=2.0, final_gamma=0.2)
    assert [critic.gamma_at(TRAINING, images) for images in (0, 500, 2000)] == pytest.approx([2.0, 1.1, 0.2])
    assert [schedules.warmed_up(TRAINING, 3.0, images) for images in (0, 99, 100, 500)] == [0.0, 0.0, 3.0, 3.0]


def test_ema_decay_has_the_stated_half_life():
    assert schedules.ema_decay(TRAINING, 10 ** 6) ** 5 == pytest.approx(0.5)  # five steps of ten faces
    assert schedules.ema_decay(TRAINING, 100) == pytest.approx(0.5)  # half-life 10 at first: a tenth of what was seen
