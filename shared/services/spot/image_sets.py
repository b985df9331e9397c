"""Image sets: saved, edited and deleted; and the secrets of their recipes.

Another value is another secret, which counts with the record that names it (as docs/decisions/0062 has it for join
accounts). Nothing but the activity that runs a step of a recipe reads them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from shared.clients.key_vault import recipe_secret_name
from shared.clients.pacing import retry_while_throttled
from shared.dependencies import Dependencies
from shared.domain.operations.operation import ResourceType
from shared.domain.spot.images.image_set import ImageSet, Recipe, StoredSecret, next_build
from shared.domain.spot.images.image_version import ImageVersion, first_version
from shared.domain.spot.notes import NewNote, noted
from shared.domain.values import Description, Value
from shared.domain.wizards.create_image_set import (
    NAME_TAKEN,
    ImageSetDetailStep,
    ImageSetFacts,
    ImageSetNotesStep,
    ImageSetSiteStep,
    ImageSetSourceStep,
    recipe_problems,
    review_image_set,
)
from shared.domain.wizards.edit_image_set import SelectSetStep, edited_set, review_image_set_edit
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.images.replicas import uses_of_set
from shared.services.images.sources import own_images, session_host_images
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import BegunOperation, Resource, begin_operation, make_change
from shared.services.operations.kept_secrets import delete_secrets, deleted_unless_named
from shared.services.operations.writes import RecordWrite, WriteEffect, deletion, insertion, name_taken_is, replacement
from shared.services.spot.image_versions import start_build
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient


@asynccontextmanager
async def stored_secrets(
    context: ActionContext, set_id: str, recipe: Recipe
) -> AsyncIterator[tuple[StoredSecret, ...]]:
    """Store the values of a recipe; give where they are, for the record that is saved with them.

    Those that the record does not name afterwards are deleted. The recipe has values, or names of which none is needed:
    what is kept is added by ``secrets_of_change``.
    """
    new, addresses = list[StoredSecret](), list[str]()

    async def named() -> frozenset[str]:
        there = await context.deps.image_sets.find(context.tenant.id, set_id)
        return frozenset(each.secret_url for each in there.value.stored_secrets) if there else frozenset()

    async with deleted_unless_named(context.deps, addresses, named):
        for secret in recipe.secrets:
            if secret.value is not None:
                new.append(await _stored(context, set_id, secret.name, secret.value))
                addresses.append(new[-1].secret_url)
        yield tuple(new)


@asynccontextmanager
async def secrets_of_change(
    context: ActionContext, recipe: Recipe, before: ImageSet
) -> AsyncIterator[tuple[StoredSecret, ...]]:
    """Store the new values of a recipe; give all its secrets, for the record that is replaced.

    Then those are deleted that the record names no longer, and the new ones where it was not replaced.
    """
    async with stored_secrets(context, before.id, recipe) as new:
        found = {each.name: each for each in (*before.stored_secrets, *new)}
        after = tuple(found[secret.name] for secret in recipe.secrets if secret.name in found)
        yield after
    used = {each.secret_url for each in after}
    gone = [each.secret_url for each in before.stored_secrets if each.secret_url not in used]
    await delete_secrets(context.deps, gone)


async def _stored(context: ActionContext, set_id: str, name: str, value: str) -> StoredSecret:
    vault, tags = context.deps.vault(), {"tenant": context.tenant.id}
    at = recipe_secret_name(context.tenant.id, set_id, context.deps.new_id())
    return StoredSecret(name=name, secret_url=await retry_while_throttled(partial(vault.store, at, value, tags=tags)))


class ImageSetEdit(Value):
    """Changes of an image set. *notes*: a note to add; *recipe*: replaces the present one."""

    description: Description | None = None
    notes: NewNote | None = None
    recipe: Recipe | None = None


async def image_set_facts(context: ActionContext) -> ImageSetFacts:
    """Return the records and offers for checking a form; the marketplace images are of the first site's region."""
    deps, tenant = context.deps, context.tenant
    sites = tuple([stored.value async for stored in deps.sites.each(tenant.id)])
    image_sets = tuple([stored.value async for stored in deps.image_sets.each(tenant.id)])
    if not sites:
        return ImageSetFacts(sites=(), image_sets=image_sets, pooled_images=(), personal_images=(), own_images=())
    pooled, personal, found = await asyncio.gather(
        session_host_images(deps, tenant, sites[0].region, pooled=True),
        session_host_images(deps, tenant, sites[0].region, pooled=False),
        own_images(deps, tenant, sites),
    )
    return ImageSetFacts(
        sites=sites,
        image_sets=image_sets,
        pooled_images=pooled,
        personal_images=personal,
        own_images=found,
    )


async def create_image_set(
    context: ActionContext, client: DurableClient, form: Mapping[str, Any], facts: ImageSetFacts
) -> BegunOperation[Stored[ImageSet]] | Stored[ImageSet]:
    """Save an image set with its first version, which is built where it is a copy. Raises: InvalidError."""
    deps, tenant, set_id = context.deps, context.tenant, context.new_id("imageSet")
    others = facts.but(image_sets=[s for s in facts.image_sets if s.id != set_id])
    recipe, unsaved = _set_of(context, set_id, form, others)
    resource = Resource(ResourceType.IMAGE_SET, set_id)
    promise = partial(deps.due.put, DueKind.IMAGE_SET, context.now + DueKind.IMAGE_SET.checked_after, tenant.id, set_id)

    async def begin(stored: Stored[ImageSet]) -> None:
        operation_id = context.operation_id if unsaved.copies_first else None
        first = await ensure_first(deps, stored.value, operation_id)
        if unsaved.copies_first:
            await start_build(deps, client, first)

    async with stored_secrets(context, set_id, recipe) as secrets:
        write = insertion(context, deps.image_sets, unsaved.but(stored_secrets=secrets), set_id)
        with name_taken_is(NAME_TAKEN):
            if unsaved.copies_first:
                kind = "buildImageVersion"
                return await begin_operation(context, kind, resource, write, promise=promise, start=begin)
            return await make_change(context, resource, write, promise=promise, start=begin)


def _set_of(
    context: ActionContext, set_id: str, form: Mapping[str, Any], facts: ImageSetFacts
) -> tuple[Recipe, ImageSet]:
    """Return the recipe of a form with the values of its secrets, and the set without them."""
    _, reading = review_image_set(form, facts)
    site, source = reading.value("site", ImageSetSiteStep), reading.value("source", ImageSetSourceStep)
    detail, recipe = reading.value("detail", ImageSetDetailStep), reading.value("recipe", Recipe)
    notes = reading.value("notes", ImageSetNotesStep)
    chosen = facts.source(source.host_pool_type, source) if source else None
    if reading.problems or not (site and source and detail and recipe and notes and chosen):
        raise InvalidError(*reading.problems)
    return recipe, ImageSet(
        id=set_id,
        tenant_id=context.tenant.id,
        display_name=detail.display_name,
        description=detail.description,
        notes=noted((), notes.notes, by=context.actor.name, at=context.now),
        host_pool_type=source.host_pool_type,
        home_site_id=site.site_id or facts.sites[0].id,
        is_global=site.is_global,
        source=chosen.source,
        source_name=chosen.name,
        recipe=recipe.without_values(),
        next_build_at=next_build(recipe.schedule, context.now),
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )


async def ensure_first(deps: Dependencies, image_set: ImageSet, operation_id: str | None) -> ImageVersion:
    """Return the first version of a set; save it if it is missing."""
    first = first_version(image_set, operation_id=operation_id)
    found = await deps.image_versions.find(first.tenant_id, first.id)
    if found is not None:
        return found.value
    if image_set.copies_first:
        at = first.created_date_time + DueKind.IMAGE_VERSION.checked_after
        await deps.due.put(DueKind.IMAGE_VERSION, at, first.tenant_id, first.id)
    try:
        return (await deps.image_versions.insert(first)).value
    except ConflictError:
        return (await deps.image_versions.get(first.tenant_id, first.id)).value


async def update_image_set(context: ActionContext, stored: Stored[ImageSet], form: ImageSetEdit) -> Stored[ImageSet]:
    """Change the description or the recipe of a set, or add a note. Raises: InvalidError, StaleError."""
    deps, before = context.deps, stored.value
    recipe = form.recipe or before.recipe
    if problems := recipe_problems(recipe, before.secret_names):
        raise InvalidError(*(Problem(each.pointer, each.message) for each in problems))
    async with secrets_of_change(context, recipe, before) as secrets:
        after = before.but(
            description=before.description if form.description is None else form.description,
            notes=noted(before.notes, form.notes, by=context.actor.name, at=context.now),
            recipe=recipe.without_values(),
            stored_secrets=secrets,
            next_build_at=before.next_build_at if form.recipe is None else next_build(recipe.schedule, context.now),
        )
        if after == before:
            return stored
        after = after.but(last_modified_date_time=context.now)
        at = after.due_at(context.now + DueKind.IMAGE_SET.checked_after)
        return await make_change(
            context,
            Resource(ResourceType.IMAGE_SET, before.id),
            replacement(stored, after, deps.image_sets.replace),
            promise=partial(deps.due.put, DueKind.IMAGE_SET, at, after.tenant_id, after.id) if at else None,
        )


async def edited_image_set(context: ActionContext, form: Mapping[str, Any]) -> tuple[Stored[ImageSet], ImageSetEdit]:
    """Return the set that a form of edit-image-set edits, and the edit. Raises: InvalidError."""
    sets = [stored async for stored in context.deps.image_sets.each(context.tenant.id)]
    _, reading = review_image_set_edit(form, [each.value for each in sets], context.now)
    chosen, notes = reading.value("set", SelectSetStep), reading.value("notes", ImageSetNotesStep)
    if reading.problems or chosen is None:
        raise InvalidError(*reading.problems)
    stored = next(each for each in sets if each.value.id == chosen.image_set_id)
    after = edited_set(stored.value, reading, form, context.now)
    return stored, ImageSetEdit(
        description=after.description,
        notes=notes.notes if notes else None,
        recipe=reading.value("recipe", Recipe) if "recipe" in form else None,
    )


async def delete_image_set(context: ActionContext, stored: Stored[ImageSet]) -> None:
    """Delete a set that no group uses and that has only its first version, if that is its source itself.

    Raises: ConflictError, StaleError.
    """
    deps, image_set = context.deps, stored.value
    tenant_id = image_set.tenant_id
    groups = [use.display_name for use in await uses_of_set(deps, tenant_id, image_set.id)]
    versions = [each.value async for each in deps.image_versions.each(tenant_id, image_set_id=image_set.id)]
    kept = sorted(version.version for version in versions if not _is_source(version))
    advice = "delete its versions first" if kept else ""
    refuse_while_used("the image set is in use", {"spotGroups": groups, "imageVersions": kept}, advice=advice)
    write = deletion(stored, deps.image_sets)

    async def apply() -> WriteEffect[None]:
        effect = await write.apply()
        for version in versions:
            await deps.image_versions.remove(tenant_id, version.id)
        return effect

    await make_change(context, Resource(ResourceType.IMAGE_SET, image_set.id), RecordWrite(apply, image_set, None))
    await delete_secrets(deps, [each.secret_url for each in image_set.stored_secrets])


def _is_source(version: ImageVersion) -> bool:
    """Whether nothing was made in Azure for it: it is the source of its set."""
    return version.is_first and version.gallery_version_id is None and version.image is not None
