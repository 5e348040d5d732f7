"""TAB in bash, zsh and fish: commands, options, choices, files, and names from the database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

PROGRAM = f"""\
#!/bin/sh
PYTHONPATH={TOP} exec {sys.executable} -m cloudnet.controller.manage "$@"
"""

BASH = """\
source <(cloudnet-manage complete)
COMP_WORDS=({line})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_cloudnet_manage
echo "${{COMPREPLY[*]}}"
"""

FISH = """\
cloudnet-manage complete --shell fish | source
complete -C '{line}'
"""

# zsh completes only in a terminal, so one zsh types into another.
ZSH = """\
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'autoload -Uz compinit; compinit -u -D'
zpty -w inner 'source <(cloudnet-manage complete --shell zsh)'
zpty -w inner 'PS1=; unsetopt prompt_cr zle_bracketed_paste; setopt no_beep; echo READY-$((1 + 1))'
zpty -r inner all '*READY-2*'
zpty -w -n inner '{line}'$'\\t'
zpty -r inner answer '*show private*'
print -r -- "$answer"
zpty -d inner
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A cloud with a network called ``private``; the program is on PATH."""
    program = tmp_path / "bin" / "cloudnet-manage"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    file = tmp_path / "nova.conf"
    file.write_text(f"state_path = {tmp_path}\nvlan_interface = eth0\nmy_ip = 127.0.0.1\n")
    for words in (["db", "sync"], ["network", "create", "--label", "private"]):
        subprocess.run([program, "--config-file", file, *words], check=True, capture_output=True)
    return file


def run_shell(shell: str, script: str, configuration: Path) -> str:
    done = subprocess.run(
        [shell, "-c", script],
        env={
            **os.environ,
            "PATH": f"{configuration.parent}/bin:{os.environ['PATH']}",
            "HOME": str(configuration.parent),
            "TERM": "dumb",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_completes(shell: str, configuration: Path) -> None:
    lines = {
        "cloudnet-manage netw": ["network"],
        f"cloudnet-manage --config-file {configuration} netw": ["network"],
        f"cloudnet-manage --config-file {configuration} network show priv": ["private"],
        "cloudnet-manage network create --topology flat": ["flat", "flatdhcp"],
        "cloudnet-manage network list -c dhcp": ["dhcp_start"],
        "cloudnet-manage network create --allowed": ["--allowed-end", "--allowed-start"],
        f"cloudnet-manage --config-file {str(configuration)[:-2]}": [str(configuration)],
    }
    script = {"bash": BASH, "fish": FISH}[shell]

    found = {
        line: run_shell(shell, script.format(line=line), configuration).split() for line in lines
    }

    assert found == lines


def test_zsh_completes_a_name_from_the_database(configuration: Path) -> None:
    line = f"cloudnet-manage --config-file {configuration} network show priv"

    answer = run_shell("zsh", ZSH.format(line=line), configuration)

    assert "network show private" in answer
