import numpy as np

from catgan.evaluation.predictions import predict_labels


def test_predict_labels_in_batches_gives_the_bits_of_one_call(untrained_gan):
    faces = np.random.default_rng(0).integers(0, 256, (150, 16, 16, 3)).astype(np.uint8)
    whole, parts = untrained_gan.read(faces), predict_labels(untrained_gan, faces, batch_size=64)
    assert list(whole) == list(parts)
    for name, column in whole.items():
        np.testing.assert_array_equal(column, parts[name])


def test_predict_labels_of_no_faces_gives_empty_columns(untrained_gan):
    columns = predict_labels(untrained_gan, np.zeros((0, 16, 16, 3), np.uint8))
    assert columns and all(len(column) == 0 for column in columns.values())
