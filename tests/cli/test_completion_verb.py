import shutil
import subprocess

import pytest

from catgan.cli import completion
from catgan.cli.main import VERBS, main


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_script_names_every_verb_and_its_options(shell):
    script = completion.script(shell)
    assert all(verb.NAME in script for verb in VERBS)
    assert all(f"_shtab_catgan_benchmark_{part}" in script for part in ("data", "train", "edit", "explain"))
    assert "--box-margin" in script and "--method" in script


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_shell_accepts_the_script(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n"], input=completion.script(shell), text=True, check=True)


@pytest.mark.parametrize("words, offered", [
    (["catgan", "compl"], {"complete", "completion"}),
    (["catgan", "benchmark", ""], {"data", "train", "edit", "explain"}),
    (["catgan", "benchmark", "explain", "run", "--method", "un"], {"untrained"}),
    (["catgan", "completion", ""], {"bash", "zsh"}), (["catgan", "info", "only_fi"], {"only_file"})])
def test_bash_offers_verbs_options_and_files(words, offered, tmp_path):
    (tmp_path / "only_file").touch()
    quoted = " ".join(f"'{word}'" for word in words)
    code = (f"{completion.script('bash')}\nCOMP_WORDS=({quoted})\nCOMP_CWORD={len(words) - 1}\n_shtab_catgan\n"
            "printf '%s\\n' \"${COMPREPLY[@]}\"\n")
    done = subprocess.run(["bash"], input=code, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert {word.strip() for word in done.stdout.split()} - {"-h", "--help", "--json"} == offered


def test_verb_prints_the_script(capsys):
    assert main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == completion.script("bash") + "\n"
