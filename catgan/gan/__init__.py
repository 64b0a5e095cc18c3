"""Networks and losses. No loop here, and no files but saving and loading in `model.py`.

Keras chooses its backend when it is imported. Where the user has not chosen and TensorFlow is not installed, JAX
is taken.
"""

import importlib.util
import os

from catgan import native_log

if "KERAS_BACKEND" not in os.environ and importlib.util.find_spec("tensorflow") is None \
        and importlib.util.find_spec("jax") is not None:
    os.environ["KERAS_BACKEND"] = "jax"

with native_log.silenced():
    import keras  # noqa: F401
