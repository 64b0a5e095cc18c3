"""`catgan completion`."""

from __future__ import annotations

import argparse

from catgan.cli.verb import Result

NAME = "completion"
HELP = "Print a script that completes catgan's commands and options in your shell."
EPILOG = """examples:
  catgan completion bash > ~/.local/share/bash-completion/completions/catgan
  catgan completion zsh > ~/.zfunc/_catgan

bash: the folder is read by the package bash-completion; 'source <(catgan completion bash)' works without it.
zsh: the folder must be in $fpath before compinit runs."""

SHELLS = ("bash", "zsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell that reads the script")


def run(arguments: argparse.Namespace) -> Result:
    text = script(arguments.shell)
    print(text)
    return {"shell": arguments.shell, "script": text}


def script(shell: str) -> str:
    """Makes the completion script of `shell`, one of `SHELLS`."""
    import shtab

    from catgan.cli.main import parser

    main_parser = parser()
    _complete_paths(main_parser)
    return shtab.complete(main_parser, shell=shell)


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    """Marks the arguments whose values are paths, here and in all parsers below."""
    import shtab

    verb = parser.get_default("implementation")
    paths = {"json"}.union(*(getattr(verb, kind, ()) for kind in ("READS", "PICTURES", "WRITES")))
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                _complete_paths(part)
        elif action.dest in paths:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
