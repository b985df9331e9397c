"""The exits of the command line: all output to stdout or stderr, and each question, leaves here.

No control character does: what a service has said would steer the terminal.
"""

import io
import re

import click

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_REPLACED = "\ufffd"
_OUR_COLOURS = re.compile("(\x1b\\[(?:0|1|2|3[1-6])m)")


def printable(text: str) -> str:
    """Return a text without the characters that steer a terminal, line breaks among them."""
    return "".join(each if each.isprintable() else " " for each in text)


def emit(text: str = "", *, nl: bool = True, coloured: bool = False) -> None:
    """Write a text to stdout with its line breaks and tabs, but without other control characters.

    *coloured*: a text of which each part was made printable before it got our colours.
    """
    parts = _OUR_COLOURS.split(text) if coloured else [text]
    clean = (each if number % 2 else _CONTROLS.sub(_REPLACED, each) for number, each in enumerate(parts))
    click.echo("".join(clean), nl=nl)


def clear() -> None:
    """Empty a terminal, and begin at its top."""
    click.clear()


def say(text: str = "") -> None:
    """Write a line for people to stderr: stdout is for data."""
    click.echo(printable(text), err=True)


def say_error(text: str, *, color: bool | None) -> None:
    """Write the line that begins an error to stderr. *color*: None lets the terminal decide."""
    click.echo(f"{click.style('error:', fg='red')} {printable(text)}", err=True, color=color)


def say_over(text: str = "") -> None:
    """Write over the last line of a terminal, and stay there."""
    click.echo(f"\r{printable(text)}", nl=False, err=True)


def show_error(error: click.ClickException) -> None:
    """Write an error of click's with the usage that it explains."""
    shown = io.StringIO()
    error.show(shown)
    for line in shown.getvalue().splitlines():
        say(line)


def agrees(question: str, *, default: bool | None = False, abort: bool = False) -> bool:
    """Ask a question of yes or no. Raises: click.Abort on no, where it is to *abort*."""
    return click.confirm(printable(question), default=default, abort=abort, err=True)


def asked(question: str, default: str | None = None, *, hidden: bool = False) -> str:
    """Return the answer to a question; Enter selects *default*. With None an answer is required."""
    shown = None if default is None else printable(default)
    answer: str = click.prompt(
        printable(question), default=shown, show_default=bool(shown), hide_input=hidden, err=True
    )
    return default if default is not None and answer == shown else answer
