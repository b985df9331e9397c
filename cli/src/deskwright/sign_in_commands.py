"""``login``, ``logout`` and ``context``."""

from dataclasses import replace
from urllib.parse import urlsplit

import click

from deskwright import audience, contexts, offering, sign_in
from deskwright.client import Client
from deskwright.contexts import Context
from deskwright.errors import NotFoundError, SignInError, UsageError
from deskwright.output import FORMATS, Output
from deskwright.terminal import agrees, say


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
@click.option("--audience", "named", metavar="API", help="What tokens are for: api://<DESKWRIGHT_API_CLIENT_ID>.")
@click.option("--authority", metavar="URL", help="Who issues them, if it is not Entra ID.")
def login(
    address: str | None,
    name: str | None,
    tenant: str,
    way: str,
    ca_bundle: str | None,
    named: str | None,
    authority: str | None,
) -> None:
    """Sign in to the service at ADDRESS (https://<host>), and make it the current context.

    The service says what tokens are for. At a terminal you are asked whether that is right; --audience says it before.
    Without ADDRESS: sign in again to the current one.
    """
    contexts.read()  # before somebody signs in: what cannot be read could not be kept
    before = _before(name) if address is None else None
    if before is None:
        if address is None:
            raise UsageError("which service?", advice="deskwright login https://<host>")
        before = Context(name or urlsplit(address).hostname or "", address, sign_in=way, bundle=ca_bundle)
    context = replace(before, tenant=tenant or before.tenant)
    if not (context.scope and context.authority):
        context = sign_in.configured(context)
        _agree(context, named, authority)
    sign_in.begin(context)
    me = Client(context.address, sign_in.tokens(context), bundle=context.bundle).ask("GET", "/me").body
    tenants = [str(each["id"]) for each in me["tenants"]]
    if not context.tenant and len(tenants) == 1:
        context = replace(context, tenant=tenants[0])
    with contexts.changing() as known:
        known.contexts[context.name], known.current = context, context.name
    say(f"{me['name']}, {', '.join(me['roles']) or 'no role'}, {context.tenant or 'no tenant chosen'}")


@click.command
@click.option("--name", help="The context; by default the current one.", shell_complete=offering.contexts_of)
def logout(name: str | None) -> None:
    """Forget the sign-in of a context. The context stays."""
    context = _before(name)
    if context is None:
        raise NotFoundError("there is no context", advice="deskwright context list shows those there are.")
    sign_in.forget(context)
    say(f"Signed out of {context.name}.")


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
         "signIn": each.sign_in, "scope": each.scope, "authority": each.authority}
        for name, each in sorted(known.items())
    ]  # fmt: skip
    columns = ("=current", "NAME=name", "ADDRESS=address", "TENANT=tenant", "SIGN-IN=signIn", "FOR=scope")
    Output(output).items(shown, columns)


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
    """Change settings of a context: tenant, sign_in, bundle."""
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


def _agree(context: Context, named: str | None, authority: str | None) -> None:
    """Ask the user to confirm the service's statements about tokens, unless options do. Raises: CommandError."""
    wanted, issuer = audience.of(context.scope), audience.issuer(context.authority)
    if named and named.rstrip("/") != wanted:
        raise SignInError(f"{context.address} says that tokens are for {wanted}, not for {named}")
    expected = audience.issuer(authority) if authority else None
    if expected not in {None, issuer}:
        raise SignInError(f"{context.address} says that {issuer} issues tokens, not {expected}")
    known = issuer in audience.ISSUERS
    if (named and (known or expected)) or _agreed_before(context):
        return
    if not sign_in.is_terminal():
        more = "" if known else f" --authority https://{issuer}"
        raise UsageError(
            f"{context.address} wants tokens for {wanted}, issued by {issuer}; nobody has agreed",
            advice=f"If the deployment has that DESKWRIGHT_API_CLIENT_ID: --audience {wanted}{more}",
        )
    say(
        f"{context.address} wants tokens for {wanted}, issued by {issuer}{'' if known else ' (which is not Entra ID)'}."
    )
    agrees("Is that your service?", abort=True)


def _agreed_before(context: Context) -> bool:
    """Whether a context has the same address, audience and issuer: somebody has agreed already."""
    now = (context.address, context.scope, context.authority, context.client_id)
    known = contexts.read()[1].values()
    return any((each.address, each.scope, each.authority, each.client_id) == now for each in known)


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
