"""Secrets in Key Vault that a record names: stored before it is saved, and deleted where it does not name them.

Each attempt stores under a random name: a deleted name cannot be used again while the vault retains it. Whether a
record was saved when no answer came, only the record says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial

from shared.clients.pacing import retry_while_throttled
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.errors import DeskwrightError, UnavailableError


@asynccontextmanager
async def deleted_unless_named(
    deps: Dependencies, secrets: Collection[str], named: Callable[[], Awaitable[frozenset[str]]]
) -> AsyncIterator[None]:
    """Save a record, then delete the *secrets* (addresses) that the record does not name.

    *named*: reads which ones it names. They stay where it cannot be read. A record may name none of them though it was
    saved: the same request had saved it before.
    """
    try:
        yield
    except DeskwrightError:
        await _delete_unnamed(deps, secrets, named)
        raise
    await _delete_unnamed(deps, secrets, named)


async def _delete_unnamed(
    deps: Dependencies, secrets: Collection[str], named: Callable[[], Awaitable[frozenset[str]]]
) -> None:
    if not secrets:
        return
    with suppress(UnavailableError):
        kept = await named()
        await delete_secrets(deps, [each for each in secrets if each not in kept])


async def delete_secrets(deps: Dependencies, secrets: Iterable[str]) -> None:
    """Delete secrets, by their addresses, that no record names any more."""
    vault = deps.vault()
    for each in secrets:
        with suppress(MissingError):
            await retry_while_throttled(partial(vault.delete, each))
