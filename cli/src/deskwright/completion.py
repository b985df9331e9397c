"""``completion``: the scripts that complete commands, of click for three shells and ours for PowerShell.

What is offered becomes part of a command line. Names of things are other people's words: bash would run what stands
behind a semicolon in one. So each shell is given words that no shell reads as anything else, and nothing more.
"""

import os
import re

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from deskwright.errors import UsageError
from deskwright.terminal import printable

_SHELLS = ("bash", "zsh", "fish", "powershell")
_VARIABLE = "_DESKWRIGHT_COMPLETE"
_PLAIN = re.compile(r"\w[\w.@/+-]*")
"""Text that every shell reads as one word: no quote, space, variable, pattern, operator, comment, home or history."""
_OPTION = re.compile(r"--?[\w-]+")
_BASH = """\
%(complete_func)s() {
    local typed="${COMP_LINE:0:COMP_POINT}" response completion type value
    response=$(env COMP_WORDS="$typed" COMP_CWORD= %(complete_var)s=bash_complete "$1")
    typed="${typed##*[[:space:]]}"
    COMPREPLY=()
    while IFS=, read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"${typed%%"$2"}"}") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
"""bash takes words apart at characters such as @ and replaces the last part alone, which is its ``$2``."""
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $command, $position)
    $env:COMP_WORDS = $command.ToString()
    $env:COMP_CWORD = $word
    $env:%(complete_var)s = "powershell_complete"
    %(prog_name)s | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
    }
    Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:%(complete_var)s
}
"""


def is_plain(word: str) -> bool:
    """Whether every shell takes a text for one word."""
    return _PLAIN.fullmatch(word) is not None


class _Plain(ShellComplete):
    """Offers plain words only, each with one printable line of help. Typed text is not changed."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the completions of the word under the cursor."""
        return [
            CompletionItem(each.value, each.type, printable(each.help) if each.help else None)
            for each in super().get_completions(args, incomplete)
            if each.type != "plain"
            or is_plain(each.value)
            or (incomplete.startswith("-") and _OPTION.fullmatch(each.value))
        ]


class _Bash(_Plain, BashComplete):
    """Completion in bash, which puts a word on the command line without quoting it."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that: the last of the line, unless a number names one."""
        if os.environ["COMP_CWORD"]:
            return super().get_completion_args()
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() else (words[:-1], words[-1] if words else "")


class _Zsh(_Plain, ZshComplete):
    """zsh quotes a word; its lines are counted."""


class _Fish(_Plain, FishComplete):
    """fish quotes a word; its lines are split."""


class _PowerShell(_Plain):
    """PowerShell: the words typed so far, and the word to complete, come in two variables."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that."""
        words = split_arg_string(os.environ["COMP_WORDS"])
        incomplete = os.environ.get("COMP_CWORD", "")
        typed = words[1:]
        return (typed[:-1] if incomplete and typed and typed[-1] == incomplete else typed), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return a word and its help."""
        return f"{item.value}\t{item.help or ''}"


for _each in (_Bash, _Zsh, _Fish, _PowerShell):
    add_completion_class(_each)


@click.command
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes commands in SHELL.

    bash: eval "$(deskwright completion bash)" in ~/.bashrc; zsh the same in ~/.zshrc.
    fish: deskwright completion fish > ~/.config/fish/completions/deskwright.fish.
    PowerShell: deskwright completion powershell | Out-String | Invoke-Expression.
    """
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"there is no completion for {shell}")
    click.echo(found(click.get_current_context().find_root().command, {}, "deskwright", _VARIABLE).source(), nl=False)
