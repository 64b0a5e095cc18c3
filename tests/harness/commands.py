"""Runs verbs of the command line in this process."""

from __future__ import annotations

import json
from typing import Any

from catgan.cli.main import main


def run_json(capsys, *arguments) -> dict[str, Any]:
    """Runs a verb and returns its JSON from stdout, which must hold nothing else."""
    assert main([*map(str, arguments), "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)
