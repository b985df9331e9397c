"""Image versions: saving one, sealing and deleting it, and starting again the work on it that broke off."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, SEAL_VERSION, JoinToTry, VersionOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.spot.images.image_set import BUILD_ESTIMATE, ImageSet
from shared.domain.spot.images.image_version import ImageVersion, VersionEvent, VersionStatus
from shared.domain.spot.notes import NewNote, noted
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value, Word
from shared.domain.wizards.create_image_version import (
    VERSION_TAKEN,
    CustomizationStep,
    SetStep,
    VersionFacts,
    VersionNotesStep,
    VersionNumberStep,
    VersionSourceStep,
    review_image_version,
)
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.images.replicas import uses_of_version
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import BegunOperation, Resource, begin_operation, make_change, resume_operation
from shared.services.operations.writes import Edit, change, insertion, name_taken_is, replacement
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

BUILD, SEAL, REMOVE = "buildImageVersion", "sealImageVersion", "deleteImageVersion"


class VersionEdit(Value):
    """Changes of a version. *notes*: a note to add."""

    notes: NewNote


class SealForm(Value):
    """A seal cannot be undone: *confirm* is the number of the version."""

    confirm: Word


async def version_of(context: ActionContext, image_set_id: str, number: str) -> Stored[ImageVersion]:
    """Return a version by its set and its number. Raises: NotFoundError."""
    found = await context.deps.image_versions.find(context.tenant.id, image_set_id=image_set_id, version=number)
    if found is None:
        raise NotFoundError("there is no such image version")
    return found


async def create_image_version(
    context: ActionContext, client: DurableClient, form: Mapping[str, Any], facts: VersionFacts
) -> BegunOperation[Stored[ImageVersion]]:
    """Save a version from the wizard's form and begin its build. Raises: InvalidError, ConflictError."""
    version_id = context.new_id("imageVersion")
    others = facts.but(versions=tuple(v for v in facts.versions if v.id != version_id))
    version = _version_of(context, version_id, form, others)
    return await save_version(context, client, version)


async def save_version(
    context: ActionContext, client: DurableClient, version: ImageVersion
) -> BegunOperation[Stored[ImageVersion]]:
    """Save a version and begin its build. Raises: InvalidError where its number is taken."""
    deps = context.deps
    with name_taken_is(VERSION_TAKEN):
        return await begin_operation(
            context,
            BUILD,
            Resource(ResourceType.IMAGE_VERSION, version.id),
            insertion(context, deps.image_versions, version, version.id),
            promise=partial(_promise, context, version.id),
            start=lambda stored: start_build(deps, client, stored.value),
        )


async def _promise(context: ActionContext, version_id: str) -> None:
    at = context.now + DueKind.IMAGE_VERSION.checked_after
    await context.deps.due.put(DueKind.IMAGE_VERSION, at, context.tenant.id, version_id)


def _version_of(context: ActionContext, version_id: str, form: Mapping[str, Any], facts: VersionFacts) -> ImageVersion:
    _, reading = review_image_version(form, facts)
    step, number = reading.value("set", SetStep), reading.value("version", VersionNumberStep)
    source, notes = reading.value("source", VersionSourceStep), reading.value("notes", VersionNotesStep)
    customization = reading.value("customization", CustomizationStep)
    image_set = facts.image_set(step.image_set_id) if step else None
    if image_set and (first := facts.replicating(image_set.id)):
        ready_at = max(first.created_date_time + BUILD_ESTIMATE, context.now)
        message = f"version 0.0.0 is being replicated, until about {ready_at:%H:%M} UTC; try again then"
        raise ConflictError(message, readyAt=ready_at.isoformat())
    chosen = facts.source(image_set, source) if image_set and source else None
    if reading.problems or not (image_set and number and source and notes and customization and chosen):
        raise InvalidError(*reading.problems)
    return ImageVersion(
        id=version_id,
        tenant_id=context.tenant.id,
        image_set_id=image_set.id,
        version=number.version or facts.next(image_set.id),
        status=VersionStatus.CREATING_VM,
        source=chosen.source,
        source_name=chosen.name,
        notes=noted((), notes.notes, by=context.actor.name, at=context.now),
        recipe=image_set.recipe.steps if customization.by_recipe else None,
        operation_id=context.operation_id,
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )


async def add_note(context: ActionContext, stored: Stored[ImageVersion], form: VersionEdit) -> Stored[ImageVersion]:
    """Add a note to a version. Raises: StaleError."""
    before = stored.value
    after = before.but(
        notes=noted(before.notes, form.notes, by=context.actor.name, at=context.now),
        last_modified_date_time=context.now,
    )
    write = replacement(stored, after, context.deps.image_versions.replace)
    return await make_change(context, Resource(ResourceType.IMAGE_VERSION, before.id), write)


async def seal_version(
    context: ActionContext, client: DurableClient, stored: Stored[ImageVersion], form: SealForm
) -> Operation:
    """Begin to seal a version that an administrator has customised. Raises: InvalidError, ConflictError."""
    deps, before = context.deps, stored.value
    if form.confirm != before.version:
        message = f"sealing cannot be undone: write {before.version} here to confirm it"
        raise InvalidError(Problem("/confirm", message))

    edit = partial(sealing, at=context.now, operation_id=context.operation_id)
    return await _begin(context, before, SEAL, edit, partial(start_seal, deps, client))


def sealing(version: ImageVersion, *, at: datetime, operation_id: str) -> ImageVersion:
    """Return a version whose seal begins. Raises: ConflictError if it cannot be sealed."""
    refuse_while_acting(version)
    if not version.by_hand:
        raise ConflictError("it is built without hands, and seals itself", status=version.status.value)
    return version.after(VersionEvent.SEAL_BEGUN, at=at, operation_id=operation_id)


async def delete_version(context: ActionContext, client: DurableClient, stored: Stored[ImageVersion]) -> Operation:
    """Begin to delete a version that nothing uses. Raises: ConflictError."""
    deps, before = context.deps, stored.value
    await refuse_used_version(deps, before)
    edit = partial(removing, at=context.now, operation_id=context.operation_id)
    return await _begin(context, before, REMOVE, edit, partial(start_removal, deps, client))


async def refuse_used_version(deps: Dependencies, version: ImageVersion) -> None:
    """Refuse the deletion of a version that something rests on. Raises: ConflictError."""
    if version.is_first and version.gallery_version_id is None and version.status is VersionStatus.AVAILABLE:
        raise ConflictError("it is the source of its set, and goes with the set", status=version.status.value)
    uses = await uses_of_version(deps, version.tenant_id, version.image_set_id, version.version)
    refuse_while_used("the version is in use", {"spotGroups": [use.display_name for use in uses]})


def removing(version: ImageVersion, *, at: datetime, operation_id: str) -> ImageVersion:
    """Return a version whose deletion begins. Raises: ConflictError if it cannot be deleted."""
    refuse_while_acting(version)
    return version.after(VersionEvent.DELETE_BEGUN, at=at, operation_id=operation_id)


async def _begin(
    context: ActionContext,
    before: ImageVersion,
    kind: str,
    edit: Edit[ImageVersion],
    begin: Callable[[ImageVersion], Awaitable[object]],
) -> Operation:
    deps, resource = context.deps, Resource(ResourceType.IMAGE_VERSION, before.id)
    resumed = await resume_operation(
        context, resource, partial(begin, before), begun=lambda id_: id_ == before.operation_id
    )
    if resumed is not None:
        return resumed
    write = change(before, edit, partial(deps.image_versions.change, before.tenant_id, before.id))
    begun = await begin_operation(
        context, kind, resource, write, promise=partial(_promise, context, before.id), start=begin
    )
    return begun.operation


def refuse_while_acting(version: ImageVersion) -> None:
    """Refuse while something is done to the machine of a version. Raises: ConflictError."""
    if version.action is not None:
        raise ConflictError(f"wait: {version.action.name.value} runs", status=version.status.value)


async def start_build(
    deps: Dependencies, client: DurableClient, version: ImageVersion, *, broken_off: bool = False
) -> bool:
    """Start the build of a version; return False when it runs already, or its set is gone."""
    order = await version_order(deps, version, broken_off=broken_off)
    return order is not None and await start(client, BUILD_VERSION, order, instance_id=build_instance(version))


async def start_seal(deps: Dependencies, client: DurableClient, version: ImageVersion) -> bool:
    """Start to seal a version; return as ``start_build``."""
    order = await version_order(deps, version)
    return order is not None and await start(client, SEAL_VERSION, order, instance_id=seal_instance(version))


async def start_removal(deps: Dependencies, client: DurableClient, version: ImageVersion) -> bool:
    """Start to remove a version; return as ``start_build``."""
    order = await version_order(deps, version)
    return order is not None and await start(client, REMOVE_VERSION, order, instance_id=removal_instance(version))


def build_instance(version: ImageVersion) -> str:
    """Return the instance of the build of a version."""
    return naming.instance_id(version.tenant_id, version.id, "build", 0)


def seal_instance(version: ImageVersion) -> str:
    """Return the instance that seals a version."""
    return naming.instance_id(version.tenant_id, version.id, "seal", 0)


def removal_instance(version: ImageVersion) -> str:
    """Return the instance that removes a version."""
    return naming.instance_id(version.tenant_id, version.id, "remove", 0)


async def version_order(deps: Dependencies, version: ImageVersion, *, broken_off: bool = False) -> VersionOrder | None:
    """Return the order to work on a version, None where its set, its site or its tenant is gone."""
    tenant = await deps.tenants.find(version.tenant_id)
    found = await deps.image_sets.find(version.tenant_id, version.image_set_id)
    home = await deps.sites.find(version.tenant_id, found.value.home_site_id) if found else None
    if tenant is None or found is None or home is None:
        return None
    return VersionOrder(
        tenant_id=version.tenant_id,
        version_id=version.id,
        image_set_id=version.image_set_id,
        operation_id=version.operation_id or version.id,
        display_name=found.value.gallery_name,
        version=version.version,
        source=version.source,
        subscription_id=tenant.value.subscription_id,
        resource_group=home.value.resource_group,
        regions=await _regions(deps, found.value, home.value),
        zones=home.value.zones,
        address_space=home.value.address_space,
        recipe_steps=len(version.recipe) if version.recipe is not None else None,
        is_first=version.is_first,
        captured=version.gallery_version_id,
        broken_off=broken_off,
        joins=await _join_to_try(deps, tenant.value, home.value),
    )


async def _join_to_try(deps: Dependencies, tenant: Tenant, home: Site) -> JoinToTry | None:
    """Return how a test machine at a site joins: through a healthy connection of the site, to Entra ID if it can.

    The machine is in the tenant's own subscription, and so is the network.
    """
    found = [
        each.value
        async for each in deps.connections.each(tenant.id)
        if each.value.usable and each.value.site_id == home.id
        if each.value.subscription_id == tenant.subscription_id
    ]
    if not found:
        return None
    best = min(found, key=lambda each: (each.domain is not None, each.id))
    wait = timedelta(minutes=tenant.settings.hybrid_join_wait_in_minutes)
    return JoinToTry(connection_id=best.id, network=best.network, domain=best.domain, hybrid_wait=wait)


async def _regions(deps: Dependencies, image_set: ImageSet, home: Site) -> tuple[str, ...]:
    """Return the regions of a set, its home site's first."""
    if not image_set.is_global:
        return home.regions
    sites = [stored.value async for stored in deps.sites.each(image_set.tenant_id)]
    return tuple(dict.fromkeys((*home.regions, *(region for site in sites for region in site.regions))))
