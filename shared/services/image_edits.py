"""Renaming a device image, building a failed one again, and deleting one with its version in the site's gallery."""

from __future__ import annotations

from functools import partial
from typing import Any

from shared.contracts.image_removals import REMOVE_IMAGE, RemoveImageOrder
from shared.contracts.images import GalleryVersion
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build
from shared.domain.images.image import DeviceImage, DeviceImageStatus, ImageType
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.policies.policy import Policy
from shared.errors import ConflictError, Problem
from shared.services.action_context import ActionContext
from shared.services.images import start_image_build
from shared.services.in_the_way import refuse_while_used
from shared.services.intents import Resource, begin_operation, make_change, resume_operation
from shared.services.stalling import start_watched
from shared.services.writes import change, name_taken_is, removal, replacement
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient


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
