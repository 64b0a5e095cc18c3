"""Training: `loop.py` is the loop, `step.py` one step, `engine/` what differs between Keras backends."""

import catgan.backend  # noqa: F401  (it chooses the backend before anything else imports Keras)
