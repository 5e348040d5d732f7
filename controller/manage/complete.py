"""``complete``: print the completion script of a shell.

The scripts are the same few lines for each shell: on TAB they run ``complete --words WORD...``,
which prints what the last word may become (:mod:`.candidates`).
"""

from __future__ import annotations

import argparse

from cloudnet.controller.manage.command_kinds import ManageCommand

_BASH = """\
_cloudnet_manage() {
  local IFS=$'\\n'
  COMPREPLY=($("${COMP_WORDS[0]}" complete --words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ $? = 3 ]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _cloudnet_manage cloudnet-manage
"""

_ZSH = """\
#compdef cloudnet-manage
_cloudnet_manage() {
  local candidates
  candidates=$("${words[1]}" complete --words "${(@)words[2,CURRENT]}" 2>/dev/null)
  if [ $? = 3 ]; then
    _files
  else
    compadd -- ${(f)candidates}
  fi
}
compdef _cloudnet_manage cloudnet-manage
"""

_FISH = """\
function __cloudnet_manage_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    $program complete --words $words "$current" 2>/dev/null
    if test $status -eq 3
        __fish_complete_path "$current"
    end
end
complete -c cloudnet-manage -f -a '(__cloudnet_manage_complete)'
"""

SCRIPTS = {"bash": _BASH, "fish": _FISH, "zsh": _ZSH}


class Complete(ManageCommand):
    """Print the script that completes commands, options and values in a shell.

    bash: eval "$(cloudnet-manage complete)"; zsh: the same with --shell zsh, after compinit; fish:
    cloudnet-manage complete --shell fish | source
    """

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the shell."""
        parser.add_argument(
            "--shell", choices=sorted(SCRIPTS), default="bash", help="the shell (default: bash)"
        )

    def take_action(self, args: argparse.Namespace) -> int:
        """Print it."""
        self.app.stdout.write(SCRIPTS[args.shell])
        return 0
