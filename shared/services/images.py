"""Device images: their choices, saving and building."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from shared.contracts.images import BUILD_IMAGE, ImageOrder
from shared.contracts.step_waits import wait_of_image
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure
from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import SYSTEM, OperationStatus
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.wizards.create_device_image import (
    VERSION_TAKEN,
    ImageFacts,
    NameStep,
    SiteStep,
    SourceStep,
    VersionStep,
    review_device_image,
)
from shared.errors import InvalidError
from shared.services.action_context import ActionContext
from shared.services.intents import Begun, Resource, begin_operation, make_change
from shared.services.marketplace import gallery_images
from shared.services.own_images import own_images
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.services.writes import change, insertion, name_taken_is
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
) -> Begun[Stored[DeviceImage]]:
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
    name, site = reading.value("name", NameStep), reading.value("site", SiteStep)
    version, source = reading.value("version", VersionStep), reading.value("source", SourceStep)
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
