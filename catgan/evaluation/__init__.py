"""What a trained model is worth: its labels, its control over faces, its edits."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
