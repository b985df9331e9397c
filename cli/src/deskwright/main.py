"""``deskwright``: the root command, which finds commands by name and imports only the called one."""

from collections.abc import Callable

import click

from deskwright import __version__
from deskwright.catalogue import NOUNS, WHOAMI, Noun, Verb

Extra = Callable[[], click.Command]


def _login() -> click.Command:
    from deskwright.sign_in_commands import login

    return login


def _logout() -> click.Command:
    from deskwright.sign_in_commands import logout

    return logout


def _contexts() -> click.Command:
    from deskwright.sign_in_commands import context

    return context


def _api() -> click.Command:
    from deskwright.raw import api

    return api


def _health() -> click.Command:
    from deskwright.health import health

    return health


def _loadtest() -> click.Command:
    from deskwright.loadtest import loadtest

    return loadtest


def _whoami() -> click.Command:
    return _made(WHOAMI)


def _apply() -> click.Command:
    from deskwright.manifest_commands import apply

    return apply


def _diff() -> click.Command:
    from deskwright.manifest_commands import diff

    return diff


def _export() -> click.Command:
    from deskwright.manifest_commands import export

    return export


def _deploy() -> click.Command:
    from deskwright.deploy import deploy

    return deploy


def _completion() -> click.Command:
    from deskwright.completion import completion

    return completion


def _wait() -> click.Command:
    from deskwright.raw import wait

    return wait


_EXTRAS: dict[str, tuple[str, Extra]] = {
    "login": ("Sign in to a service, and make it the current context", _login),
    "logout": ("Forget a sign-in", _logout),
    "context": ("Contexts: services, tenants, ways of signing in", _contexts),
    "whoami": ("Who you are, your roles and tenants", _whoami),
    "health": ("What is wrong, with an exit code for scripts", _health),
    "loadtest": ("Measure a service under load", _loadtest),
    "export": ("Print what a tenant has as files", _export),
    "diff": ("Compare such files with the service", _diff),
    "apply": ("Make the service as such files say", _apply),
    "api": ("Send any request to the API", _api),
    "deploy": ("Deploy the service from a checkout of it", _deploy),
    "completion": ("Print the script that completes commands in your shell", _completion),
}
_MORE_VERBS: dict[tuple[str, str], tuple[str, Extra]] = {
    ("operation", "wait"): ("Wait until an operation has ended", _wait),
}


def _made(verb: Verb) -> click.Command:
    if verb.wizard:
        from deskwright.wizards import wizard_command

        return wizard_command(verb)
    from deskwright.commands import command

    return command(verb)


class _Suggesting(click.Group):
    """A group that says which of its commands somebody may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command. Raises: click.UsageError with similar commands."""
        word = args[0]
        if not (ctx.resilient_parsing or word.startswith("-") or self.get_command(ctx, word)):
            from deskwright.suggestions import alike

            known = self.list_commands(ctx)
            meant = alike(word, known)
            if not meant and len(args) > 1 and args[1] in known:
                meant = f"Did you mean '{ctx.command_path} {args[1]} {word}'? "
            ctx.fail(f"No such command {word!r}. {meant}".rstrip())
        return super().resolve_command(ctx, args)


class _NounGroup(_Suggesting):
    """A noun, whose commands are made when they are called."""

    def __init__(self, noun: Noun) -> None:
        super().__init__(noun.name, help=f"{noun.about}.", short_help=noun.about, no_args_is_help=True)
        self._noun = noun

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*(verb.name for verb in self._noun.verbs), *(v for n, v in _MORE_VERBS if n == self._noun.name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if more := _MORE_VERBS.get((self._noun.name, cmd_name)):
            return more[1]()
        return next((_made(verb) for verb in self._noun.verbs if verb.name == cmd_name), None)


class _Root(_Suggesting):
    """All nouns, and the commands for the command line itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*(noun.name for noun in NOUNS), *_EXTRAS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if extra := _EXTRAS.get(cmd_name):
            return extra[1]()
        return next((_NounGroup(noun) for noun in NOUNS if noun.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the names from the tables: no command is made, and nothing else imported, for a list of them."""
        with formatter.section("Things"):
            formatter.write_dl([(noun.name, noun.about) for noun in NOUNS])
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (about, _) in _EXTRAS.items()])


root = _Root(
    "deskwright",
    help="Cloud PCs from the command line: deskwright <thing> <verb>. Every command has --help.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=True,
)
click.version_option(__version__, prog_name="deskwright", message="%(prog)s %(version)s")(root)
