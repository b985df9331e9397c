"""Device images: saved, built, built again, renamed and deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from shared.contracts.images import BUILD_IMAGE, REMOVE_IMAGE, GalleryVersion, ImageOrder, RemoveImageOrder
from shared.contracts.step_waits import wait_of_image
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build, Failure
from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage, ImageType
from shared.domain.operations.operation import SYSTEM, Operation, OperationStatus, ResourceType
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.wizards.create_device_image import (
    VERSION_TAKEN,
    DeviceImageNameStep,
    DeviceImageSiteStep,
    DeviceImageSourceStep,
    DeviceImageVersionStep,
    ImageFacts,
    review_device_image,
)
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.images.sources import gallery_images, own_images
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import BegunOperation, Resource, begin_operation, make_change, resume_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled, start_watched
from shared.services.operations.writes import change, insertion, name_taken_is, removal, replacement
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

_log = logging.getLogger("deskwright.sweeps")


async def offered_images(context: ActionContext) -> tuple[GalleryImage, ...]:
    """Return the marketplace images of the first site's region; without a site there is nothing to build."""
    async for stored in context.deps.sites.each(context.tenant.id):
        return await gallery_images(context.deps, context.tenant, stored.value.region)
    return ()


async def image_facts(context: ActionContext) -> ImageFacts:
    """Return the records and offers that a form is checked against."""
    deps, tenant = context.deps, context.tenant
    sites = tuple([stored.value async for stored in deps.sites.each(tenant.id)])
    offered, found = await asyncio.gather(offered_images(context), own_images(deps, tenant, sites))
    return ImageFacts(
        sites=sites,
        images=tuple([stored.value async for stored in deps.images.each(tenant.id)]),
        gallery_images=offered,
        own_images=found,
    )


async def create_device_image(
    context: ActionContext, client: DurableClient, form: Mapping[str, Any], facts: ImageFacts
) -> BegunOperation[Stored[DeviceImage]]:
    """Save a device image from the wizard's form and begin its build. Raises: InvalidError."""
    deps, tenant, image_id = context.deps, context.tenant, context.new_id("image")
    others = facts.but(images=tuple(i for i in facts.images if i.id != image_id))
    image = _image_of(context, image_id, form, others)
    site = next(s for s in facts.sites if s.id == image.site_id)
    with name_taken_is(VERSION_TAKEN):
        return await begin_operation(
            context,
            "buildDeviceImage",
            Resource(ResourceType.DEVICE_IMAGE, image_id),
            insertion(context, deps.images, image, image_id),
            promise=partial(
                deps.due.put, DueKind.BUILD, context.now + DueKind.BUILD.checked_after, tenant.id, image_id
            ),
            start=lambda stored: start_image_build(client, tenant, site, stored.value),
        )


def _image_of(context: ActionContext, image_id: str, form: Mapping[str, Any], facts: ImageFacts) -> DeviceImage:
    _, reading = review_device_image(form, facts)
    name, site = reading.value("name", DeviceImageNameStep), reading.value("site", DeviceImageSiteStep)
    version, source = reading.value("version", DeviceImageVersionStep), reading.value("source", DeviceImageSourceStep)
    chosen = facts.source(source) if source else None
    if reading.problems or name is None or site is None or version is None or chosen is None:
        raise InvalidError(*reading.problems)
    return DeviceImage(
        id=image_id,
        tenant_id=context.tenant.id,
        display_name=name.display_name,
        version=version.version,
        site_id=site.site_id,
        source=chosen,
        operation_id=context.operation_id,
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )


async def start_image_build(
    client: DurableClient, tenant: Tenant, site: Site, image: DeviceImage, *, broken_off: bool = False
) -> bool:
    """Start the build of a device image; return False when it runs already.

    *broken_off*: an earlier one began and came to no end: what it left is removed first.
    """
    order = ImageOrder(
        tenant_id=tenant.id,
        image_id=image.id,
        operation_id=image.operation_id or image.id,
        display_name=image.display_name,
        version=image.version,
        source=image.source,
        subscription_id=tenant.subscription_id,
        resource_group=site.resource_group,
        regions=site.regions,
        zones=site.zones,
        address_space=site.address_space,
        broken_off=broken_off or image.retried,  # what the build before could not remove may still be there
    )
    return await start(client, BUILD_IMAGE, order, instance_id=_instance(image))


def _instance(image: DeviceImage) -> str:
    return naming.instance_id(image.tenant_id, image.id, "build", 0)


async def image_build_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start a build that was saved and not begun, or that broke off; a running build is left alone."""
    found = await deps.images.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if found is None or tenant is None or found.value.status is not DeviceImageStatus.PENDING:
        return None
    site = await deps.sites.find(due.tenant_id, found.value.site_id)
    if site is None:
        await _fail_without_site(deps, tenant.value, found.value)
        return None
    operation = await deps.operations.find(due.tenant_id, found.value.operation_id)
    longest = wait_of_image(operation.value.open_step) if operation else None
    if await end_stalled(client, BUILD_IMAGE, _instance(found.value), deps.clock.now(), longest):
        return deps.clock.now() + AGAIN_AFTER
    begun = operation is not None and operation.value.status is OperationStatus.RUNNING
    if await start_image_build(client, tenant.value, site.value, found.value, broken_off=begun) and begun:
        _log.warning("the build of image %s/%s had broken off; started again", due.tenant_id, due.subject_id)
    return deps.clock.now() + DueKind.BUILD.checked_after


async def _fail_without_site(deps: Dependencies, tenant: Tenant, image: DeviceImage) -> None:
    """End a build that cannot start: the site was deleted while the image was saved."""
    failure = Failure(code="siteNotFound", message="The site of the image is gone.")
    context = ActionContext(
        deps,
        SYSTEM,
        tenant,
        verb="Microsoft.CloudPC/deviceImages/build",
        trace_id=image.operation_id or image.id,
        now=deps.clock.now(),
        seed=("siteNotFound", image.id),
        repeatable=True,
    )

    def edit(there: DeviceImage) -> DeviceImage | None:
        if there.status is not DeviceImageStatus.PENDING:
            return None
        failed = {"status": DeviceImageStatus.FAILED, "error_code": failure.code, "error_detail": failure.message}
        return there.but(**failed, last_modified_date_time=context.now)

    async def end_operation(_: DeviceImage) -> None:
        operation = await deps.operations.find(tenant.id, image.operation_id)
        if operation is not None:
            await deps.operations.change(tenant.id, operation.value.id, lambda o: o.failed(failure, context.now))

    write = change(image, edit, partial(deps.images.change, tenant.id, image.id))
    await make_change(context, Resource(ResourceType.DEVICE_IMAGE, image.id), write, start=end_operation)


async def rename_device_image(context: ActionContext, stored: Stored[DeviceImage], name: str) -> Stored[DeviceImage]:
    """Give a device image another name, also in the policies that use it. Raises: InvalidError where it is taken."""
    deps, before = context.deps, stored.value
    if name == before.display_name:
        return stored
    after = before.but(display_name=name, last_modified_date_time=context.now)
    with name_taken_is(Problem("/displayName", f"there is a device image {name} {before.version} already")):
        return await make_change(
            context,
            Resource(ResourceType.DEVICE_IMAGE, before.id),
            replacement(stored, after, deps.images.replace),
            start=lambda replaced: _rename_in_policies(context, replaced.value),
        )


async def retry_device_image(context: ActionContext, client: DurableClient, image_id: str) -> Operation:
    """Build a failed device image again, from the same source; return its operation.

    What the build before has left is removed first. Raises: ConflictError unless it has failed and its site is there.
    """
    deps, tenant = context.deps, context.tenant
    stored = await deps.images.get(tenant.id, image_id)
    before, resource = stored.value, Resource(ResourceType.DEVICE_IMAGE, image_id)
    site = await deps.sites.find(tenant.id, before.site_id)

    async def begin(image: DeviceImage) -> None:
        if site is not None:
            await start_image_build(client, tenant, site.value, image)

    resumed = await resume_operation(
        context, resource, partial(begin, before), begun=lambda id_: before.operation_id == id_
    )
    if resumed is not None:
        return resumed
    if site is None:
        raise ConflictError("the site of the device image is gone; create another image")

    def edit(there: DeviceImage) -> DeviceImage:
        if there.status is not DeviceImageStatus.FAILED:
            raise ConflictError(f"only a failed device image can be built again; this one is {there.status.value}")
        return there.but(
            status=DeviceImageStatus.PENDING,
            error_code=None,
            error_detail=None,
            operation_id=context.operation_id,
            retried=True,
            last_modified_date_time=context.now,
        )

    write = change(before, edit, partial(deps.images.change, tenant.id, image_id))
    promise = partial(deps.due.put, DueKind.BUILD, context.now + DueKind.BUILD.checked_after, tenant.id, image_id)
    begun = await begin_operation(context, "buildDeviceImage", resource, write, promise=promise, start=begin)
    return begun.operation


async def _rename_in_policies(context: ActionContext, image: DeviceImage) -> None:
    name = f"{image.display_name} {image.version}"

    def edit(policy: Policy) -> Policy | None:
        return policy.but(image_display_name=name) if policy.image_type is ImageType.CUSTOM else None

    policies, tenant_id = context.deps.policies, context.tenant.id
    for policy_id in [s.value.id async for s in policies.each(tenant_id, image_id=image.id)]:
        await policies.change(tenant_id, policy_id, edit)


async def delete_device_image(context: ActionContext, client: DurableClient, image: DeviceImage) -> Operation | None:
    """Delete a device image that nothing uses; return the operation that tells when its version is gone.

    The removal of the version is started before the record goes: a crash in between leaves a record whose version is
    gone, and deleting it again completes it. Raises: ConflictError.
    """
    refuse_while_used("the device image is in use", await _users_of(context, image))
    resource = Resource(ResourceType.DEVICE_IMAGE, image.id)
    write = removal(image, partial(context.deps.images.remove, image.tenant_id, image.id))
    if not image.gallery_version_id:
        await make_change(context, resource, write)
        return None
    promise = partial(_start_removal, context, client, image, image.gallery_version_id)
    return (await begin_operation(context, "forgetDeviceImage", resource, write, promise=promise)).operation


async def _start_removal(context: ActionContext, client: DurableClient, image: DeviceImage, version_id: str) -> None:
    tenant = context.tenant
    order = RemoveImageOrder(
        tenant_id=tenant.id,
        image_id=image.id,
        operation_id=context.operation_id,
        version=GalleryVersion(tenant_id=tenant.id, subscription_id=tenant.subscription_id, version_id=version_id),
    )
    instance_id = naming.instance_id(tenant.id, image.id, "forget", 0)
    await start_watched(context.deps, client, REMOVE_IMAGE, order, tenant_id=tenant.id, instance_id=instance_id)


async def _users_of(context: ActionContext, image: DeviceImage) -> dict[str, Any]:
    """Return the uses of an image: its own build, policies by name, and the number of Cloud PCs being built from it."""
    deps, tenant_id = context.deps, context.tenant.id
    users: dict[str, Any] = {}
    if image.status is DeviceImageStatus.PENDING:
        users["build"] = "the image is being built"
    policies = [s.value async for s in deps.policies.each(tenant_id, image_id=image.id)]
    if names := [p.display_name for p in policies if p.image_type is ImageType.CUSTOM]:
        users["provisioningPolicies"] = names
    count = 0
    if image.gallery_version_id:
        async for stored in deps.cloud_pcs.each(tenant_id):  # the replacement of a Cloud PC is in no column
            pc = stored.value
            count += any(pc.goes_on(each) and _is_made_from(each, image.gallery_version_id) for each in pc.builds)
    return users | ({"cloudPcs": count} if count else {})


def _is_made_from(build: Build, version_id: str) -> bool:
    return build.snapshot is not None and build.snapshot.image.gallery_version_id == version_id
