"""Images: Graph's deviceImages and galleryImages."""

from __future__ import annotations

import azure.functions as func

from shared.domain.wizards.create_device_image import (
    DeviceImageNameStep,
)
from shared.errors import InvalidError, NotFoundError
from shared.services.images import device_images
from shared.services.images.device_images import image_facts, offered_images
from shared.workflow import Blueprint, DurableClient
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.images import POINTERS, DeviceImageBody, DeviceImageEdit, device_image_edit, device_image_form
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import (
    BASE,
    graph_changed,
    graph_created,
    graph_function,
    graph_item,
    graph_list,
    graph_whole_list,
    with_operation,
)
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.operations.operations import accepted
from triggers.http.views.images import (
    DEVICE_IMAGE,
    DEVICE_IMAGES,
    GALLERY_IMAGE,
    GALLERY_IMAGES,
    SourceImagesView,
    device_image_view,
    gallery_image_view,
    source_image_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/deviceImages", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceImages/read", graph=True, returns=Page(DEVICE_IMAGE), query=DEVICE_IMAGES)
async def list_device_images(call: Call) -> Response:
    """List the device images."""
    return await graph_list(call, call.deps.images, DEVICE_IMAGES, device_image_view)


@graph_function(bp, f"{BASE}/deviceImages/getSourceImages")
@endpoint("Microsoft.CloudPC/deviceImages/read", graph=True, returns=SourceImagesView)
async def find_source_images(call: Call) -> Response:
    """List the images of the tenant's own from which a device image can be built."""
    found = (await image_facts(call.context)).own_images
    return ok({"value": [source_image_view(each) for each in found if each.offered]})


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceImages/read", graph=True, returns=DEVICE_IMAGE, query=ONE)
async def get_device_image(call: Call) -> Response:
    """Show one device image."""
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    return graph_item(call, DEVICE_IMAGES, device_image_view(stored.value), stored.etag)


@bp.route(route=f"{BASE}/deviceImages", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/deviceImages/create", graph=True, accepts=DeviceImageBody, returns={201: DEVICE_IMAGE})
async def create_device_image(call: Call, client: DurableClient) -> Response:
    """Create a device image; its build begins."""

    async def create() -> Response:
        facts = await image_facts(call.context)
        form = device_image_form(call.json(), facts.sites, call.tenant.settings.default_site_id)
        try:
            begun = await device_images.create_device_image(call.context, client, form, facts)
        except InvalidError as error:
            raise renamed(error, POINTERS) from error
        stored = begun.result
        response = graph_created(call, DEVICE_IMAGES, device_image_view(stored.value), stored.etag)
        return with_operation(response, begun.operation)

    return await once(call, create)


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/deviceImages/update", graph=True, accepts=DeviceImageEdit, returns={200: DEVICE_IMAGE, 204: None}
)
async def update_device_image(call: Call) -> Response:
    """Rename a device image; its source and its version stay."""
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    changes = device_image_edit(call.json(), device_image_view(stored.value))
    name = call.read(DeviceImageNameStep, {"displayName": stored.value.display_name, **changes}).display_name
    renamed_image = await device_images.rename_device_image(call.context, stored, name)
    return graph_changed(call, DEVICE_IMAGES, device_image_view(renamed_image.value), renamed_image.etag)


@bp.route(route=f"{BASE}/deviceImages/{{id}}/retry", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/deviceImages/retry", graph=True, returns={204: None})
async def retry_device_image(call: Call, client: DurableClient) -> Response:
    """Build a failed device image again, from the same source."""

    async def retry() -> Response:
        await call.match_record(call.deps.images)
        operation = await device_images.retry_device_image(call.context, client, call.param("id"))
        return with_operation(Response(204), operation)

    return await once(call, retry)


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/deviceImages/delete", graph=True, returns={204: None})
async def delete_device_image(call: Call, client: DurableClient) -> Response:
    """Delete a device image that nothing uses, and its version in the site's gallery."""
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return with_operation(Response(204), await device_images.delete_device_image(call.context, client, stored.value))


@bp.route(route=f"{BASE}/galleryImages", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/galleryImages/read",
    graph=True,
    returns=Page(GALLERY_IMAGE),
    query=GALLERY_IMAGES,
)
async def list_gallery_images(call: Call) -> Response:
    """List the marketplace images that fit a Cloud PC."""
    views = [gallery_image_view(image) for image in await offered_images(call.context)]
    return await graph_whole_list(call, GALLERY_IMAGES, views)


@bp.route(route=f"{BASE}/galleryImages/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/galleryImages/read", graph=True, returns=GALLERY_IMAGE, query=ONE)
async def get_gallery_image(call: Call) -> Response:
    """Show one marketplace image."""
    for image in await offered_images(call.context):
        if image.id == call.param("id").lower():
            return graph_item(call, GALLERY_IMAGES, gallery_image_view(image))
    raise NotFoundError("the gallery has no such image")


async def save_device_image_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form."""
    facts = await image_facts(call.context)
    return accepted((await device_images.create_device_image(call.context, client, call.json(), facts)).operation)
