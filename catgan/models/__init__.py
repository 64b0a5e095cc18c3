"""Networks and losses. No training loop here, and no files but those of a model."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
