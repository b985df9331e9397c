"""The secrets of recipes in Key Vault: which of them count, the record of the image set says.

Another value is another secret, which counts with the record that names it (as docs/decisions/0062 has it for join
accounts). Nothing but the activity that runs a step of a recipe reads them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial

from shared.clients.key_vault import recipe_secret_name
from shared.clients.throttling import retry_while_throttled
from shared.contracts.refusals import MissingError
from shared.dependencies import Dependencies
from shared.domain.spot.image_set import ImageSet, Recipe, StoredSecret
from shared.errors import DeskwrightError, UnavailableError
from shared.services.action_context import ActionContext


@asynccontextmanager
async def stored_secrets(
    context: ActionContext, set_id: str, recipe: Recipe
) -> AsyncIterator[tuple[StoredSecret, ...]]:
    """Store the values of a recipe; give where they are, for the record that is saved with them.

    Where it is refused, those are deleted that no record names. Where nobody knows whether it was saved, a request that
    may come again keeps them: it overwrites its own. The recipe has values, or names of which none is needed: what is
    kept is added by ``secrets_of_change``.
    """
    new: list[StoredSecret] = []
    try:
        for secret in recipe.secrets:
            if secret.value is not None:
                new.append(await _stored(context, set_id, secret.name, secret.value))  # noqa: PERF401 - an error comes after some
        yield tuple(new)
    except DeskwrightError as error:
        if not (context.repeatable and isinstance(error, UnavailableError)):
            await _forget_unnamed(context, set_id, new)
        raise


@asynccontextmanager
async def secrets_of_change(
    context: ActionContext, recipe: Recipe, before: ImageSet
) -> AsyncIterator[tuple[StoredSecret, ...]]:
    """Store the new values of a recipe; give all its secrets, for the record that is replaced.

    Then those are deleted that the record names no longer; the new ones where it was not replaced.
    """
    async with stored_secrets(context, before.id, recipe) as new:
        found = {each.name: each for each in (*before.stored_secrets, *new)}
        after = tuple(found[secret.name] for secret in recipe.secrets if secret.name in found)
        yield after
    used = {each.secret_url for each in after}
    await forget_secrets(context.deps, [each for each in before.stored_secrets if each.secret_url not in used])


async def _stored(context: ActionContext, set_id: str, name: str, value: str) -> StoredSecret:
    vault, tags = context.deps.vault(), {"tenant": context.tenant.id}
    at = recipe_secret_name(context.tenant.id, set_id, context.new_id("recipeSecret", name))
    return StoredSecret(name=name, secret_url=await retry_while_throttled(partial(vault.store, at, value, tags=tags)))


async def _forget_unnamed(context: ActionContext, set_id: str, secrets: Iterable[StoredSecret]) -> None:
    """Delete the secrets that the record of a set does not name; they stay as long as it cannot be read."""
    with suppress(UnavailableError):
        there = await context.deps.image_sets.find(context.tenant.id, set_id)
        named = {each.secret_url for each in there.value.stored_secrets} if there else frozenset()
        await forget_secrets(context.deps, [each for each in secrets if each.secret_url not in named])


async def forget_secrets(deps: Dependencies, secrets: Iterable[StoredSecret]) -> None:
    """Delete secrets that no record names any more."""
    vault = deps.vault()
    for each in secrets:
        with suppress(MissingError):
            await retry_while_throttled(partial(vault.delete, each.secret_url))
