"""Images: Graph's deviceImages and galleryImages, and the one way in which a device image comes to be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.contracts.images import BUILD_IMAGE, ImageOrder
from shared.domain import naming
from shared.domain.describing import listing
from shared.domain.graph.bodies import renamed
from shared.domain.graph.images import (
    DEVICE_IMAGES,
    GALLERY_IMAGES,
    POINTERS,
    device_image_form,
    device_image_view,
    gallery_image_view,
)
from shared.domain.graph.shapes import DEVICE_IMAGE, GALLERY_IMAGE, IMAGE_BODY
from shared.domain.image import DeviceImage
from shared.domain.operation import Operation
from shared.domain.tenant import Site, Tenant
from shared.domain.wizards.create_device_image import (
    ImageFacts,
    NameStep,
    SiteStep,
    SourceStep,
    VersionStep,
    review_device_image,
)
from shared.errors import InvalidError, NotFoundError
from shared.services.reconciling import LOOK_AGAIN
from shared.storage.due import DueKind
from shared.workflow import Blueprint, DurableClient, start
from triggers.http.described import ONE
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE, graph_created, graph_item, graph_list, graph_whole_list, telling
from triggers.http.idempotency import once
from triggers.http.marketplace import gallery_images, gallery_versions
from triggers.http.operations import accepted, address

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/deviceImages", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/deviceImages/read", graph=True, returns=listing(DEVICE_IMAGE, "deviceImage"), query=DEVICE_IMAGES
)
async def list_device_images(call: Call) -> Answer:
    """List the device images."""
    return await graph_list(call, call.deps.images, DEVICE_IMAGES, device_image_view)


@bp.route(route=f"{BASE}/deviceImages/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceImages/read", graph=True, returns=DEVICE_IMAGE, query=ONE)
async def get_device_image(call: Call) -> Answer:
    """Show one device image."""
    stored = await call.deps.images.get(call.tenant.id, call.param("id"))
    return graph_item(call, DEVICE_IMAGES, device_image_view(stored.value), stored.etag)


@bp.route(route=f"{BASE}/deviceImages", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/deviceImages/create", graph=True, accepts=IMAGE_BODY, returns={201: DEVICE_IMAGE})
async def create_device_image(call: Call, client: DurableClient) -> Answer:
    """Create a device image; its build begins."""

    async def create() -> Answer:
        facts = await image_facts(call)
        try:
            form = device_image_form(call.json(), facts.sites)
            image, operation, etag = await save_device_image(call, client, form, facts)
        except InvalidError as error:
            raise renamed(error, POINTERS) from error
        return telling(graph_created(call, DEVICE_IMAGES, device_image_view(image), etag), address(operation))

    return await once(call, create)


@bp.route(route=f"{BASE}/galleryImages", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/galleryImages/read",
    graph=True,
    returns=listing(GALLERY_IMAGE, "galleryImage"),
    query=GALLERY_IMAGES,
)
async def list_gallery_images(call: Call) -> Answer:
    """List the marketplace images that fit a Cloud PC."""
    views = [gallery_image_view(image) for image in (await offered_images(call))]
    return graph_whole_list(call, GALLERY_IMAGES, views)


@bp.route(route=f"{BASE}/galleryImages/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/galleryImages/read", graph=True, returns=GALLERY_IMAGE, query=ONE)
async def get_gallery_image(call: Call) -> Answer:
    """Show one marketplace image."""
    for image in await offered_images(call):
        if image.id == call.param("id").lower():
            return graph_item(call, GALLERY_IMAGES, gallery_image_view(image))
    raise NotFoundError("the gallery has no such image")


async def offered_images(call: Call) -> tuple[Any, ...]:
    """Return the marketplace images of the first site's region; without a site there is nothing to build."""
    async for stored in call.deps.sites.each(call.tenant.id):
        return await gallery_images(call.deps, call.tenant, stored.value.region)
    return ()


async def save_device_image_form(call: Call, client: DurableClient) -> Answer:
    """Save the wizard's form."""
    _, operation, _ = await save_device_image(call, client, call.json(), await image_facts(call))
    return accepted(operation)


async def image_facts(call: Call) -> ImageFacts:
    """Return what the wizard has to know."""
    sites = tuple([stored.value async for stored in call.deps.sites.each(call.tenant.id)])
    offered, versions = await asyncio.gather(offered_images(call), gallery_versions(call.deps, call.tenant, sites))
    return ImageFacts(
        sites=sites,
        images=tuple([stored.value async for stored in call.deps.images.each(call.tenant.id)]),
        gallery_images=offered,
        gallery_versions=versions,
    )


async def save_device_image(
    call: Call, client: DurableClient, form: Mapping[str, Any], facts: ImageFacts
) -> tuple[DeviceImage, Operation, str]:
    """Save a device image and begin its build; return it, the operation and the ETag.

    The due row is written before the record, and the record before the start: a crash in between leaves an image
    whose build the sweep starts.
    """
    image_id = call.new_id("image")
    others = facts.but(images=tuple(i for i in facts.images if i.id != image_id))
    _, reading = review_device_image(form, others)
    name, site, version, source = (
        reading.value("name", NameStep),
        reading.value("site", SiteStep),
        reading.value("version", VersionStep),
        reading.value("source", SourceStep),
    )
    chosen = facts.source(source) if source else None
    if reading.problems or name is None or site is None or version is None or chosen is None:
        raise InvalidError(*reading.problems)
    operation = await call.open_operation("buildDeviceImage", image_id)
    image = DeviceImage(
        id=image_id,
        tenant_id=call.tenant.id,
        display_name=name.display_name,
        version=version.version,
        site_id=site.site_id,
        source=chosen,
        operation_id=operation.id,
        created_date_time=call.now,
        last_modified_date_time=call.now,
    )
    await call.deps.due.put(DueKind.BUILD, call.now + LOOK_AGAIN, call.tenant.id, image_id)
    stored = await call.insert(call.deps.images, image, image_id)
    await call.audit("deviceImage", image_id, after=stored.value)
    where = next(s for s in facts.sites if s.id == site.site_id)
    await start_build(client, call.tenant, where, stored.value)
    return stored.value, operation, stored.etag


async def start_build(
    client: DurableClient, tenant: Tenant, site: Site, image: DeviceImage, *, broken_off: bool = False
) -> bool:
    """Start the build of a device image; return False when it runs already.

    *broken_off*: an earlier one began and came to no end: what it left goes first.
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
        broken_off=broken_off,
    )
    return await start(client, BUILD_IMAGE, order, instance_id=naming.instance_id(tenant.id, image.id, "build", 0))
