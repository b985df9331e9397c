"""Completions from this machine alone: files, contexts, the people of a demonstration."""

from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from deskwright import contexts
from deskwright.errors import CommandError
from deskwright.local_run import PEOPLE


def files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    return [CompletionItem(incomplete, type="file")]


def people(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the completions for a person of a demonstration."""
    return [CompletionItem(each) for each in PEOPLE if each.startswith(incomplete)]


def contexts_of(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a context."""
    with suppress(CommandError):
        return [CompletionItem(name) for name in contexts.read()[1] if name.startswith(incomplete)]
    return []
