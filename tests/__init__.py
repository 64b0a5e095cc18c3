"""Tests of catgan; the packages mirror its own."""

import pytest

pytest.register_assert_rewrite("tests.harness")
