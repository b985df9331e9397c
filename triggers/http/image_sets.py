"""Image sets: listed with who uses them, edited, deleted; and saved by their wizard."""

from __future__ import annotations

import azure.functions as func

from shared.domain.spot.image_set import ImageSet
from shared.services import image_sets
from shared.services.image_sets import ImageSetEdit, image_set_facts
from shared.services.image_usage import uses_of_set
from shared.services.intents import Begun
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_changed, graph_item, graph_whole_list
from triggers.http.openapi_metadata import ONE
from triggers.http.operations import accepted
from triggers.http.response_shapes import Page
from triggers.http.views.image_sets import IMAGE_SET, IMAGE_SETS, ImageSetView, image_set_view

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
    """Delete an image set that nothing uses, and whose versions are deleted."""
    stored = await call.deps.image_sets.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    await image_sets.delete_image_set(call.context, stored)
    return Response(204)


async def save_image_set_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form: 201 with the set, or 202 where its first version is being built."""
    saved = await image_sets.create_image_set(call.context, client, call.json(), await image_set_facts(call.context))
    if isinstance(saved, Begun):
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
