"""``completion``: the scripts that complete commands, of click for three shells and ours for PowerShell."""

import os

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from deskwright.errors import UsageError

_SHELLS = ("bash", "zsh", "fish", "powershell")
_VARIABLE = "_DESKWRIGHT_COMPLETE"
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


class _PowerShell(ShellComplete):
    """PowerShell: what is typed so far, and the word to complete, come in two variables."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ["COMP_WORDS"])
        incomplete = os.environ.get("COMP_CWORD", "")
        typed = words[1:]
        return (typed[:-1] if incomplete and typed and typed[-1] == incomplete else typed), incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{item.help or ''}"


add_completion_class(_PowerShell)


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
