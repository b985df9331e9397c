"""Image sets and their versions: listed, edited, customised, sealed, deleted; saved by their wizards."""

from __future__ import annotations

import azure.functions as func

from shared.domain.operations.operation import Operation
from shared.domain.spot.groups.actions import VersionVerb
from shared.domain.spot.images.image_set import ImageSet
from shared.domain.spot.images.image_version import ImageVersion, VersionActionName, numbers
from shared.errors import InvalidError, Problem
from shared.services.images.replicas import uses_of_set
from shared.services.operations.intents import BegunOperation
from shared.services.spot import image_sets, image_versions
from shared.services.spot.image_schedules import versions_to_retire
from shared.services.spot.image_sets import ImageSetEdit, image_set_facts
from shared.services.spot.image_versions import SealForm, VersionEdit, version_of
from shared.services.spot.version_actions import ConnectForm, act_on_version, public_address
from shared.services.wizards.wizards import version_facts
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import action_endpoint, endpoint
from triggers.http.graph import BASE, graph_changed, graph_item, graph_whole_list, with_operation
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.operations.operations import accepted
from triggers.http.views.images import (
    IMAGE_SET,
    IMAGE_SETS,
    IMAGE_VERSION,
    IMAGE_VERSIONS,
    ImageSetView,
    ImageVersionView,
    image_set_view,
    image_version_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


async def _view(call: Call, image_set: ImageSet) -> ImageSetView:
    uses = await uses_of_set(call.deps, call.tenant.id, image_set.id)
    return image_set_view(image_set, uses, with_source=call.may("Microsoft.CloudPC/imageSets/update"))


@bp.route(route=f"{BASE}/imageSets", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageSets/read", graph=True, returns=Page(IMAGE_SET), query=IMAGE_SETS)
async def list_image_sets(call: Call) -> Response:
    """List the image sets by name."""
    found = [stored.value async for stored in call.deps.image_sets.each(call.tenant.id)]
    views = [await _view(call, each) for each in sorted(found, key=lambda each: each.display_name.casefold())]
    return await graph_whole_list(call, IMAGE_SETS, views)


@bp.route(route=f"{BASE}/imageSets/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageSets/read", graph=True, returns=IMAGE_SET, query=ONE)
async def get_image_set(call: Call) -> Response:
    """Show one image set."""
    stored = await call.deps.image_sets.get(call.tenant.id, call.param("id"))
    return graph_item(call, IMAGE_SETS, await _view(call, stored.value), stored.etag)


@bp.route(route=f"{BASE}/imageSets/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageSets/update", graph=True, accepts=ImageSetEdit, returns={200: IMAGE_SET, 204: None})
async def update_image_set(call: Call) -> Response:
    """Change the description or the recipe of an image set, or add a note."""
    form = call.read(ImageSetEdit)
    stored = await call.deps.image_sets.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    changed = await image_sets.update_image_set(call.context, stored, form)
    return graph_changed(call, IMAGE_SETS, await _view(call, changed.value), changed.etag)


@bp.route(route=f"{BASE}/imageSets/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageSets/delete", graph=True, returns={204: None})
async def delete_image_set(call: Call) -> Response:
    """Delete an image set that is not used and has no versions."""
    stored = await call.deps.image_sets.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    await image_sets.delete_image_set(call.context, stored)
    return Response(204)


async def save_image_set_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form: 201 with the set, or 202 where its first version is being built."""
    saved = await image_sets.create_image_set(call.context, client, call.json(), await image_set_facts(call.context))
    if isinstance(saved, BegunOperation):
        return accepted(saved.operation)
    return _created(call, saved, await _view(call, saved.value))


async def save_image_set_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-image-set."""
    del client
    stored, edit = await image_sets.edited_image_set(call.context, call.json())
    call.match(stored.etag)
    changed = await image_sets.update_image_set(call.context, stored, edit)
    return ok(await _view(call, changed.value), etag=changed.etag)


def _created(call: Call, saved: Stored[ImageSet], view: ImageSetView) -> Response:
    where = f"/api/tenants/{call.tenant.id}/beta/deviceManagement/virtualEndpoint/imageSets/{saved.value.id}"
    return Response(201, view, {"Location": where, "ETag": saved.etag})


_ONE = f"{BASE}/imageSets/{{id}}/versions/{{number}}"


async def _read(call: Call) -> Stored[ImageVersion]:
    return await version_of(call.context, call.param("id"), call.param("number"))


async def _version_view(call: Call, version: ImageVersion) -> ImageVersionView:
    uses = await uses_of_set(call.deps, call.tenant.id, version.image_set_id)
    image_set = await call.deps.image_sets.find(call.tenant.id, version.image_set_id)
    retired = await versions_to_retire(call.deps, image_set.value, uses) if image_set else []
    return image_version_view(version, uses, [each.id for each in retired])


@bp.route(route=f"{BASE}/imageSets/{{id}}/versions", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageVersions/read", graph=True, returns=Page(IMAGE_VERSION), query=IMAGE_VERSIONS)
async def list_image_versions(call: Call) -> Response:
    """List the versions of an image set, the newest first."""
    image_set = (await call.deps.image_sets.get(call.tenant.id, call.param("id"))).value
    uses = await uses_of_set(call.deps, call.tenant.id, image_set.id)
    each_of = call.deps.image_versions.each(call.tenant.id, image_set_id=image_set.id)
    found = sorted([stored.value async for stored in each_of], key=lambda v: numbers(v.version), reverse=True)
    retired = [each.id for each in await versions_to_retire(call.deps, image_set, uses)]
    views = [image_version_view(version, uses, retired) for version in found]
    return await graph_whole_list(call, IMAGE_VERSIONS, views)


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/imageVersions/read", graph=True, returns=IMAGE_VERSION, query=ONE)
async def get_image_version(call: Call) -> Response:
    """Show one version."""
    stored = await _read(call)
    return graph_item(call, IMAGE_VERSIONS, await _version_view(call, stored.value), stored.etag)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/imageVersions/update", graph=True, accepts=VersionEdit, returns={200: IMAGE_VERSION, 204: None}
)
async def update_image_version(call: Call) -> Response:
    """Add a note to a version."""
    form, stored = call.read(VersionEdit), await _read(call)
    call.match(stored.etag)
    changed = await image_versions.add_note(call.context, stored, form)
    return graph_changed(call, IMAGE_VERSIONS, await _version_view(call, changed.value), changed.etag)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(VersionVerb.DELETE, graph=True, returns={204: None})
async def delete_image_version(call: Call, client: DurableClient) -> Response:
    """Delete a version that nothing uses, with all that was made for it."""
    stored = await _read(call)
    call.match(stored.etag)
    return with_operation(Response(204), await image_versions.delete_version(call.context, client, stored))


@bp.route(route=f"{_ONE}/connect", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(VersionVerb.CONNECT, graph=True, accepts=ConnectForm, returns={204: None})
async def connect_image_version(call: Call, client: DurableClient) -> Response:
    """Let the caller in to the machine of a version for a time, by a password that they choose."""
    form = call.read(ConnectForm)
    if form.address is None:
        form = form.but(address=_address_of(call))
    return await _begun(call, client, VersionActionName.CONNECT, form)


@bp.route(route=f"{_ONE}/disconnect", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(VersionVerb.DISCONNECT, graph=True, returns={204: None})
async def disconnect_image_version(call: Call, client: DurableClient) -> Response:
    """Close the way in to the machine of a version."""
    return await _begun(call, client, VersionActionName.DISCONNECT)


@bp.route(route=f"{_ONE}/reboot", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(VersionVerb.REBOOT, graph=True, returns={204: None})
async def reboot_image_version(call: Call, client: DurableClient) -> Response:
    """Restart the machine of a version, or start it if it is shut down."""
    return await _begun(call, client, VersionActionName.REBOOT)


@bp.route(route=f"{_ONE}/seal", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@action_endpoint(VersionVerb.SEAL, graph=True, accepts=SealForm, returns={204: None})
async def seal_customized_version(call: Call, client: DurableClient) -> Response:
    """Seal a version: its machine becomes an image, which cannot be undone."""
    form = call.read(SealForm)

    async def perform() -> Response:
        stored = await _read(call)
        call.match(stored.etag)
        return with_operation(Response(204), await image_versions.seal_version(call.context, client, stored, form))

    return await once(call, perform)


async def _begun(
    call: Call, client: DurableClient, name: VersionActionName, form: ConnectForm | None = None
) -> Response:
    async def perform() -> Response:
        stored = await _read(call)
        call.match(stored.etag)
        operation: Operation = await act_on_version(call.context, client, stored, name, form)
        return with_operation(Response(204), operation)

    return await once(call, perform)


def _address_of(call: Call) -> str:
    """Return from where a request comes, as App Service says: the last entry is its own. Raises: InvalidError."""
    last = (call.request.headers.get("x-forwarded-for") or "").rpartition(",")[2].strip().partition(":")[0]
    try:
        return public_address(last)
    except ValueError:
        message = "it is not known from where you call; name the IPv4 address from which you will connect"
        raise InvalidError(Problem("/address", message)) from None


async def save_image_version_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form."""
    facts = await version_facts(call.context, await image_set_facts(call.context))
    return accepted((await image_versions.create_image_version(call.context, client, call.json(), facts)).operation)
