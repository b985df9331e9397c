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
from shared.errors import DeskwrightError
from shared.services.action_context import ActionContext


async def store_secrets(context: ActionContext, set_id: str, recipe: Recipe) -> tuple[StoredSecret, ...]:
    """Store the values of a recipe; return where they are. The same request overwrites its own when it is sent again.

    It has values, or names of which none is needed: what is kept is added by ``secrets_of_change``.
    """
    vault, tags = context.deps.vault(), {"tenant": context.tenant.id}
    stored = []
    for secret in recipe.secrets:
        if secret.value is not None:
            name = recipe_secret_name(context.tenant.id, set_id, context.new_id("recipeSecret", secret.name))
            address = await retry_while_throttled(partial(vault.store, name, secret.value, tags=tags))
            stored.append(StoredSecret(name=secret.name, secret_url=address))
    return tuple(stored)


@asynccontextmanager
async def secrets_of_change(
    context: ActionContext, recipe: Recipe, before: ImageSet
) -> AsyncIterator[tuple[StoredSecret, ...]]:
    """Store the new values of a recipe; give all its secrets, for the record that is replaced.

    Then those are deleted that the record names no longer; the new ones where it could not be replaced.
    """
    new = await store_secrets(context, before.id, recipe)
    found = {each.name: each for each in (*before.stored_secrets, *new)}
    after = tuple(found[secret.name] for secret in recipe.secrets if secret.name in found)
    kept = {each.secret_url for each in before.stored_secrets}
    try:
        yield after
    except DeskwrightError:
        await forget_secrets(context.deps, [each for each in new if each.secret_url not in kept])
        raise
    used = {each.secret_url for each in after}
    await forget_secrets(context.deps, [each for each in before.stored_secrets if each.secret_url not in used])


async def forget_secrets(deps: Dependencies, secrets: Iterable[StoredSecret]) -> None:
    """Delete secrets that no record names any more."""
    vault = deps.vault()
    for each in secrets:
        with suppress(MissingError):
            await retry_while_throttled(partial(vault.delete, each.secret_url))
