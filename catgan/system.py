"""What C++ libraries write past Python's stderr when they start."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Sends everything that is written to file descriptor 2 to nowhere. Python exceptions pass as always.

    For imports alone: TensorFlow and MediaPipe announce themselves there, and no setting of theirs stops it.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
