"""Contexts: services that were signed in to, each with its tenant and the way of signing in."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args, get_type_hints

from deskwright import local_run, private_files
from deskwright.errors import CommandError, NotFoundError, SignInError, UsageError

_FILE = "contexts.json"
_AGREED = frozenset({"name", "address", "authority", "client_id", "scope"})
DEMO = "demo"
"""The context of a demonstration that runs on this machine (``make run``); it is in no file."""


@dataclass(frozen=True, slots=True)
class Context:
    """Address of a service, and the way to sign in to it.

    *sign_in*: azure-cli, browser, device-code, service-principal, federation, managed-identity, demo, or token.
    *authority*, *client_id* and *scope* are what the service said about signing in when ``login`` made the context, and
    what somebody agreed to then. *bundle*: certificates to trust.
    """

    name: str
    address: str
    tenant: str = ""
    sign_in: str = "azure-cli"
    authority: str = ""
    client_id: str = ""
    scope: str = ""
    bundle: str | None = None


@dataclass
class Known:
    """All contexts, and the name of the current one."""

    current: str
    contexts: dict[str, Context]


def read() -> tuple[str, dict[str, Context]]:
    """Return the name of the current context, empty without one, and all contexts. Raises: CommandError."""
    kept = private_files.read(_FILE)
    return _understood({} if kept is None else kept)


@contextmanager
def changing() -> Iterator[Known]:
    """Yield all contexts to be changed; they are kept at the end. Raises: CommandError."""
    with private_files.changing(_FILE) as kept:
        known = Known(*_understood(kept))
        yield known
        contexts = {
            name: {key: value for key, value in asdict(each).items() if key != "name"}
            for name, each in known.contexts.items()
        }
        kept |= {"current": known.current, "contexts": contexts}


def _understood(kept: Any) -> tuple[str, dict[str, Context]]:  # noqa: ANN401 - JSON
    try:
        contexts = {str(name): Context(str(name), **each) for name, each in kept.get("contexts", {}).items()}
        return str(kept.get("current", "")), contexts
    except (TypeError, AttributeError) as error:
        path = private_files.folder() / _FILE
        raise CommandError(f"{path} is no file of this version", advice="Correct it, or delete it.") from error


def chosen(name: str | None, person: str | None = None) -> Context:
    """Return the context of a command.

    In this order: *name*, ``DESKWRIGHT_ADDRESS``, the current one, a demonstration that runs on this machine.
    *person* is somebody of a demonstration, and chooses it. Raises: CommandError if there is none.
    """
    current, contexts = read()
    if name in contexts:
        return contexts[name]
    if name and name != DEMO:
        known = ", ".join(sorted(contexts)) or "none"
        raise NotFoundError(f"there is no context {name!r}; known: {known}", advice="deskwright login makes one.")
    address = os.environ.get("DESKWRIGHT_ADDRESS")
    if address and not name and not person:
        if not os.environ.get("DESKWRIGHT_TOKEN"):
            raise SignInError(
                f"DESKWRIGHT_ADDRESS names {address} and DESKWRIGHT_TOKEN no token for it",
                advice="Set both, or make a context: deskwright login https://<host>. It says what tokens are for.",
            )
        return Context("environment", address, sign_in="token")
    if not name and not person and current in contexts:
        return contexts[current]
    demo = local_run.found()
    if demo is None:
        if name or person:
            raise NotFoundError("no demonstration runs here", advice="make run starts one.")
        raise SignInError("no service is chosen", advice="Sign in to one: deskwright login https://<host>.")
    return Context(DEMO, demo.api, sign_in=DEMO)


def changed(context: Context, settings: Mapping[str, str]) -> Context:
    """Return a context with some of its settings changed.

    Raises: UsageError for one that it does not have, or that only a sign-in can change: where tokens go, and whose they
    are.
    """
    known = {name for name, kind in get_type_hints(Context).items() if kind is str or str in get_args(kind)}
    if agreed := _AGREED & set(settings):
        raise UsageError(
            f"{', '.join(sorted(agreed))} of a context cannot be set", advice="deskwright login makes another context."
        )
    if unknown := set(settings) - known:
        raise UsageError(f"a context has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known - _AGREED))}")
    return replace(context, **settings)
