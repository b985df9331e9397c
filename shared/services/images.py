"""Renaming and deleting a device image."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.contracts.image_removals import REMOVE_IMAGE, RemoveImageOrder
from shared.contracts.images import GalleryVersion
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc
from shared.domain.graph.images import DEVICE_IMAGES, device_image_edit, device_image_view
from shared.domain.graph.shapes import DEVICE_IMAGE, IMAGE_EDIT
from shared.domain.image import DeviceImage, DeviceImageStatus, ImageType
from shared.domain.lifecycle import Status
from shared.domain.policy import Policy
from shared.domain.replacing import builds_of
from shared.domain.wizards.create_device_image import NameStep
from shared.errors import ConflictError, InvalidError, Problem
from shared.workflow import Blueprint, DurableClient, start
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE, graph_changed
from triggers.http.operations import address

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_BUILDING = (Status.PENDING_PROVISION, Status.PROVISIONING)


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/deviceImages/update", graph=True, accepts=IMAGE_EDIT, returns={200: DEVICE_IMAGE, 204: None}
)
async def update_device_image(call: Call) -> Answer:
    """Rename a device image; what it was built from, and its version, stay."""
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    before = stored.value
    changes = device_image_edit(call.json(), device_image_view(before))
    name = call.read(NameStep, {"displayName": before.display_name, **changes}).display_name
    if name == before.display_name:
        return graph_changed(call, DEVICE_IMAGES, device_image_view(before), stored.etag)
    async for other in call.deps.images.each(call.tenant.id, version=before.version):
        if other.value.id != before.id and other.value.display_name.casefold() == name.casefold():
            raise InvalidError(Problem("/displayName", f"there is a device image {name} {before.version} already"))
    after = before.but(display_name=name, last_modified_date_time=call.now)
    replaced = await call.deps.images.replace(after, seen=stored.etag)
    await call.audit("deviceImage", after.id, before=before, after=after)
    await _rename_in_policies(call, after)
    return graph_changed(call, DEVICE_IMAGES, device_image_view(after), replaced.etag)


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/deviceImages/delete", graph=True, returns={204: None})
async def delete_device_image(call: Call, client: DurableClient) -> Answer:
    """Delete a device image that nothing uses, and its version in the site's gallery.

    The removal of the version is started before the record goes: a crash in between leaves a record whose version is
    gone, and deleting it again completes it.
    """
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    image = stored.value
    if in_the_way := await _users(call, image):
        raise ConflictError(f"the device image is in use: {_words(in_the_way)}", inTheWay=in_the_way)
    headers = {}
    if image.gallery_version_id:
        headers["Operation-Location"] = await _forget_version(call, client, image, image.gallery_version_id)
    await call.deps.images.remove(call.tenant.id, image.id)
    await call.audit("deviceImage", image.id, before=image)
    return Answer(204, headers=headers)


async def _forget_version(call: Call, client: DurableClient, image: DeviceImage, version_id: str) -> str:
    """Start to remove the version; return the address of the operation that tells when it is gone."""
    tenant = call.tenant
    operation = await call.open_operation("forgetDeviceImage", image.id)
    order = RemoveImageOrder(
        tenant_id=tenant.id,
        image_id=image.id,
        operation_id=operation.id,
        version=GalleryVersion(tenant_id=tenant.id, subscription_id=tenant.subscription_id, version_id=version_id),
    )
    await start(client, REMOVE_IMAGE, order, instance_id=naming.instance_id(tenant.id, image.id, "forget", 0))
    return address(operation)


async def _users(call: Call, image: DeviceImage) -> dict[str, Any]:
    """Return what uses an image: its own build, policies by name, Cloud PCs that are being built from it."""
    deps, tenant_id = call.deps, call.tenant.id
    users: dict[str, Any] = {}
    if image.status is DeviceImageStatus.PENDING:
        users["build"] = "the image is being built"
    policies = [s.value async for s in deps.policies.each(tenant_id, image_id=image.id)]
    if names := [p.display_name for p in policies if p.image_type is ImageType.CUSTOM]:
        users["provisioningPolicies"] = names
    count = 0
    if image.gallery_version_id:
        async for stored in deps.cloud_pcs.each(tenant_id):  # what is built beside a Cloud PC is in no column
            count += any(_is_built_from(build, image.gallery_version_id) for build in builds_of(stored.value))
    return users | ({"cloudPcs": count} if count else {})


def _is_built_from(build: CloudPc, version_id: str) -> bool:
    snapshot = build.snapshot if build.status in _BUILDING else None
    return snapshot is not None and snapshot.image.gallery_version_id == version_id


def _words(users: dict[str, Any]) -> str:
    said = [str(users["build"])] if "build" in users else []
    if names := users.get("provisioningPolicies"):
        said.append(f"policies {', '.join(names)}")
    if count := users.get("cloudPcs"):
        said.append(f"{count} Cloud PC(s) that are being built")
    return "; ".join(said)


async def _rename_in_policies(call: Call, image: DeviceImage) -> None:
    """Show the image's new name in the policies that use it."""
    name = f"{image.display_name} {image.version}"

    def edit(policy: Policy) -> Policy | None:
        return policy.but(image_display_name=name) if policy.image_type is ImageType.CUSTOM else None

    using = [s.value.id async for s in call.deps.policies.each(call.tenant.id, image_id=image.id)]
    for policy_id in using:
        await call.deps.policies.change(call.tenant.id, policy_id, edit)
