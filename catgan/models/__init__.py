"""Networks, label heads, losses and their files. The training loop is in `catgan.training`."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
