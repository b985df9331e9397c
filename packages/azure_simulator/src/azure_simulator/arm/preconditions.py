"""Checks that ARM makes of a request before its provider sees it: group, parent, names, location, ETag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm import naming
from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.arm.resource_types import ResourceType, Target
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def check_subscription(call: Call) -> None:
    """Refuse a subscription that is no GUID."""
    first, _, rest = call.path.lstrip("/").partition("/")
    wanted = rest.partition("/")[0]
    if first.lower() == "subscriptions" and wanted and _GUID.fullmatch(wanted) is None:
        text = f"The provided subscription identifier '{wanted}' is malformed or invalid."
        raise Problem(400, "InvalidSubscriptionId", text)


def check_group(call: Call) -> None:
    """Refuse a request below a resource group that does not exist."""
    if "rg" not in call.params or "/providers/" not in call.route.template:
        return
    group = f"/subscriptions/{call.params['sub']}/resourceGroups/{call.params['rg']}"
    if call.world.resources.get(group) is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")


def check_write(call: Call, target: Target) -> None:
    """Refuse a PUT whose name, parent, own ids or location are wrong."""
    if not target.named:
        return
    name = call.path.rpartition("/")[2]
    found = call.world.resources.get(call.path)
    if found is None:
        naming.check(target.type, call.params[call.route.names[-1]] if call.route.names else name)
        _check_parent(call, target.type)
    if isinstance(call.body, dict):
        _check_ids(call.body, found.id if found else call.path, target.type)
        _check_location(call.body, found, target.type, call.params.get("rg", ""))


def check_etag(call: Call, resource_type: ResourceType) -> None:
    """Hold If-Match and If-None-Match against the resource; raise ARM's 412."""
    wanted, unwanted = call.headers.get("if-match", ""), call.headers.get("if-none-match", "")
    if not wanted and not unwanted:
        return
    found = call.world.resources.get(call.path)
    if unwanted == "*" and found is not None:
        raise Problem(412, "PreconditionFailed", f"The resource {found.id} already exists.")
    if not wanted:
        return
    if found is None:
        text = f"The resource {call.path} does not exist, but the request is conditional on an existing one."
        raise Problem(412, "PreconditionFailed", text)
    now = resource_type.etag_of(call.world, found)
    if now and wanted != "*" and now not in (each.strip() for each in wanted.split(",")):
        raise resource_type.provider.etag_mismatch(found, wanted, now)


def check_zones(call: Call, resource_type: ResourceType) -> None:
    """Refuse zones that the region of a resource does not have, and one zone twice.

    Sources: github.com/hashicorp/terraform-provider-azurerm/issues/6296 and Azure/Azure-Landing-Zones/issues/425.
    """
    zones = call.body.get("zones") if isinstance(call.body, dict) else None
    if not zones or call.method != "PUT":
        return
    location = normal(str(call.body.get("location", "")))
    known, name = REGIONS.get(location, ()), f"{resource_type.name}/{call.path.rpartition('/')[2]}"
    if not known:
        text = f"The resource '{name}' does not support availability zones at location '{location}'."
        raise Problem(400, "LocationNotSupportAvailabilityZones", text)
    if set(zones) - set(known) or len(set(zones)) < len(zones):
        text = f"The zone(s) '{','.join(zones)}' for resource '{name}' is not supported. The supported zones for "
        raise Problem(400, "InvalidAvailabilityZone", f"{text}location '{location}' are '{','.join(known)}'")


def _check_parent(call: Call, resource_type: ResourceType) -> None:
    if not resource_type.nested:
        return
    parent = call.path.rpartition("/")[0].rpartition("/")[0]
    if call.world.resources.get(parent) is None:
        raise Problem(
            404,
            "ParentResourceNotFound",
            f"Can not perform requested operation on nested resource. Parent resource "
            f"'{parent.rpartition('/')[2]}' not found.",
        )


def _check_ids(body: Json, resource_id: str, resource_type: ResourceType) -> None:
    names = resource_id.partition("/providers/")[2].split("/")[2::2] or [resource_id.rpartition("/")[2]]
    full, last = "/".join(names), names[-1]
    name = body.get("name")
    if isinstance(name, str) and name.lower() not in {full.lower(), last.lower()}:
        text = f"The provided resource name '{name}' did not match the name in the Url '{full}'."
        raise Problem(400, "MismatchingResourceName", text)
    given = body.get("type")
    if isinstance(given, str) and given.lower() != resource_type.name.lower():
        text = f"The provided resource type '{given}' did not match the type in the Url '{resource_type.name}'."
        raise Problem(400, "MismatchingResourceType", text)
    own = body.get("id")
    if isinstance(own, str) and own.lower() != resource_id.lower():
        text = f"The provided resource id '{own}' did not match the id in the Url '{resource_id}'."
        raise Problem(400, "MismatchingResourceId", text)


def _check_location(body: Json, found: Resource | None, resource_type: ResourceType, group: str) -> None:
    if not (resource_type.located and resource_type.provider.located):
        return
    given = body.get("location")
    if given is None and found is not None:
        body["location"] = found.body.get("location")  # recorded: a PUT of what exists needs none
        return
    if given is None or given == "":
        raise Problem(400, "LocationRequired", "The location property is required for this definition.")
    if not isinstance(given, str):
        return
    location, regions = given.replace(" ", "").lower(), ", ".join(REGIONS)
    if location not in REGIONS and not (location == "global" and resource_type.anywhere):
        raise Problem(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{given}' is not available for resource type '{resource_type.name}'. List of "
            f"available regions for the resource type is '{regions}'.",
        )
    if found is not None and location != found.body.get("location"):
        raise Problem(
            409,
            "InvalidResourceLocation",
            f"The resource '{found.name}' already exists in location '{found.body.get('location')}' in resource group "
            f"'{group}'. A resource with the same name cannot be created in location '{location}'. Please select a "
            "new resource name.",
        )
