"""How a shell asks for the candidates of a word: classes of Click's for three shells.

Click's own scripts do not fit words such as `kernel=linux_stock,linux_pk`. They put a space behind
every candidate, `kernel.` and `hardware=` included; bash's hands `kernel`, `=` and the value over
as three words; and fish's cuts a candidate at its first comma. These scripts pass the words of the
line up to the cursor as arguments, and get whole words: one that is complete ends with a space.
"""

from __future__ import annotations

import sys
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

PROGRAM = "corescale"
VARIABLE = "_CORESCALE_COMPLETE"
"""Environment variable in which a shell says that it asks for candidates."""

OPEN = ("=", ".", "/")
"""Ends of candidates that are to be continued."""


class Words(ShellComplete):
    """The words of a line as arguments, the last of them to be completed."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Tell the words before from the one to complete."""
        *before, word = sys.argv[1:] or [""]
        return before, word

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write a candidate as the scripts take it."""
        text = str(item.value)
        return text if text.endswith(OPEN) else f"{text} "


@add_completion_class
class Bash(Words):
    """Readline takes a `=` as the start of a word, and replaces what is behind it alone."""

    name = "bash"

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write a candidate as it is inserted: blanks within it stand behind backslashes."""
        text = super().format_completion(item)
        return text[:-1].replace(" ", "\\ ") + text[-1:]

    source_template = """\
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} word start
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[-1]}
    local IFS=$'\\n'
    COMPREPLY=($(%(complete_var)s=bash_complete "${words[@]}" 2>/dev/null))
    if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
        start=${word%%"${word##*=}"}
        COMPREPLY=("${COMPREPLY[@]#"$start"}")
    fi
}
complete -o nospace -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Zsh(Words):
    """Candidates that are to be continued get no space."""

    name = "zsh"
    source_template = """\
%(complete_func)s() {
    local -a found
    found=("${(@f)$(%(complete_var)s=zsh_complete $words[1] "${(@Q)words[2,CURRENT-1]}" \\
        "${(Q)PREFIX}" 2>/dev/null)}")
    compadd -- ${${(M)found:#* }%% }
    compadd -S '' -- ${found:#* }
}
compdef %(complete_func)s %(prog_name)s
"""


@add_completion_class
class Fish(Words):
    """Fish puts no space behind a candidate that ends with one of `=./`."""

    name = "fish"
    source_template = """\
function %(complete_func)s
    set -l words (commandline -opc)
    set -l word (commandline -ct | string replace -r '^[\\'"]' '')
    env %(complete_var)s=fish_complete $words "$word" 2>/dev/null | string trim
end
complete -c %(prog_name)s -f -a '(%(complete_func)s)'
"""


def script(shell: str) -> str:
    """Return the lines that a shell reads."""
    found = get_completion_class(shell)
    assert found is not None
    return found(click.Command(PROGRAM), {}, PROGRAM, VARIABLE).source()


def answer(program: click.Command, instruction: str) -> int:
    """Print what a shell asks for in VARIABLE; the exit status."""
    return shell_complete(program, {}, PROGRAM, VARIABLE, instruction)
