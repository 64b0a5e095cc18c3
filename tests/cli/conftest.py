"""Fixtures of the tests of verbs."""

import os

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What the command line sets for its own process does not stay."""
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.setenv(name, os.environ.get(name, "1"))
