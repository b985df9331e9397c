"""``login``, ``logout`` and ``context``."""

from dataclasses import replace
from urllib.parse import urlsplit

import click

from deskwright import contexts, offering, sign_in
from deskwright.client import Client
from deskwright.contexts import Context
from deskwright.errors import NotFoundError, UsageError
from deskwright.output import FORMATS, Output


@click.command
@click.argument("address", required=False)
@click.option("--name", help="Of the context; by default the name of the host.")
@click.option("-t", "--tenant", default="", help="The tenant that commands concern, unless they say otherwise.")
@click.option(
    "--with", "way", type=click.Choice(sign_in.WAYS), default="browser", show_default=True, help="How to sign in."
)
@click.option("--device-code", "way", flag_value=sign_in.DEVICE_CODE, help="Sign in on another device, by a code.")
@click.option(
    "--ca-bundle",
    metavar="FILE",
    help="Certificates to trust, of a service that has none of a public authority.",
    shell_complete=offering.files,
)
def login(address: str | None, name: str | None, tenant: str, way: str, ca_bundle: str | None) -> None:
    """Sign in to the service at ADDRESS (https://<host>), and make it the current context.

    Without ADDRESS: sign in again to the current one.
    """
    contexts.read()  # before somebody signs in: what cannot be read could not be kept
    before = _before(name) if address is None else None
    if before is None:
        if address is None:
            raise UsageError("which service?", advice="deskwright login https://<host>")
        before = Context(name or urlsplit(address).hostname or "", address, sign_in=way, bundle=ca_bundle)
    context = sign_in.configured(replace(before, tenant=tenant or before.tenant))
    sign_in.begin(context)
    me = Client(context.address, sign_in.tokens(context), bundle=context.bundle).ask("GET", "/me").body
    tenants = [str(each["id"]) for each in me["tenants"]]
    if not context.tenant and len(tenants) == 1:
        context = replace(context, tenant=tenants[0])
    with contexts.changing() as known:
        known.contexts[context.name], known.current = context, context.name
    click.echo(f"{me['name']}, {', '.join(me['roles']) or 'no role'}, {context.tenant or 'no tenant chosen'}", err=True)


@click.command
@click.option("--name", help="The context; by default the current one.", shell_complete=offering.contexts_of)
def logout(name: str | None) -> None:
    """Forget the sign-in of a context. The context stays."""
    context = _before(name)
    if context is None:
        raise NotFoundError("there is no context", advice="deskwright context list shows those there are.")
    sign_in.forget(context)
    click.echo(f"Signed out of {context.name}.", err=True)


@click.group
def context() -> None:
    """Contexts: services, tenants, ways of signing in."""


@context.command(name="list")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="table")
def list_contexts(output: str) -> None:
    """List the contexts."""
    current, known = contexts.read()
    shown = [
        {"current": "*" if name == current else "", "name": name, "address": each.address, "tenant": each.tenant,
         "signIn": each.sign_in}
        for name, each in sorted(known.items())
    ]  # fmt: skip
    Output(output).items(shown, ("=current", "NAME=name", "ADDRESS=address", "TENANT=tenant", "SIGN-IN=signIn"))


@context.command
@click.argument("name", shell_complete=offering.contexts_of)
def use(name: str) -> None:
    """Make a context the current one."""
    with contexts.changing() as known:
        known.current = _named(name).name


@context.command(name="set")
@click.argument("settings", nargs=-1, required=True, metavar="SETTING=VALUE...")
@click.option("--name", help="The context; by default the current one.", shell_complete=offering.contexts_of)
def set_settings(settings: tuple[str, ...], name: str | None) -> None:
    """Change settings of a context: tenant, address, sign_in, bundle ..."""
    if unclear := [each for each in settings if "=" not in each]:
        raise UsageError(f"{unclear[0]}: write <setting>=<value>")
    pairs = dict(setting.partition("=")[::2] for setting in settings)
    with contexts.changing() as known:
        before = _named(name or known.current)
        known.contexts[before.name] = contexts.changed(before, pairs)


@context.command
@click.argument("name", shell_complete=offering.contexts_of)
def delete(name: str) -> None:
    """Delete a context, and forget its sign-in."""
    gone = _named(name)
    sign_in.forget(gone)
    with contexts.changing() as known:
        known.contexts.pop(gone.name, None)
        known.current = "" if known.current == gone.name else known.current


def _before(name: str | None) -> Context | None:
    current, known = contexts.read()
    return _named(name) if name else known.get(current)


def _named(name: str) -> Context:
    known = contexts.read()[1]
    if not name:
        raise NotFoundError(
            "there is no current context", advice="deskwright login makes one; context use chooses one."
        )
    if name not in known:
        raise NotFoundError(f"there is no context {name!r}; known: {', '.join(sorted(known)) or 'none'}")
    return known[name]
