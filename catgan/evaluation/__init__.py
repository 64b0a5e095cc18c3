"""Evaluation of trained models: predicted labels, control over generated faces, edits."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
