"""Regions of Flex Consumption: path and body that `az functionapp list-flexconsumption-locations` reads.

The setting `withoutFlexConsumption` leaves regions out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm import name_availability
from azure_simulator.arm.regions import REGIONS
from azure_simulator.core.answers import Answer
from azure_simulator.core.routing import Routes
from azure_simulator.sites.apps import find

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.settings import Shape

ROUTES = Routes("arm")
SETTINGS: dict[str, tuple[Shape, str]] = {
    "withoutFlexConsumption": ([str], "regions without plans of Flex Consumption")
}
_WORDS = re.compile(
    r"southeast|north|south|east|west|central|uk|us(?=\d?$)|\d|(?:(?!central|south|north|east|west|us\d?$)[a-z])+"
)


def title(region: str) -> str:
    """Write `westeurope` as `West Europe`."""
    words = _WORDS.findall(region)
    return " ".join(each.upper() if each in {"uk", "us"} else each.title() for each in words)


@ROUTES.operation("geoRegions.list", "GET", "/subscriptions/{sub}/providers/Microsoft.Web/geoRegions")
def list_regions(call: Call) -> Answer:
    """List the regions that offer a plan."""
    left_out = set(call.world.config.get("withoutFlexConsumption", []))
    flexible = call.query.get("sku", "").lower() == "flexconsumption"
    names = [title(each) for each in REGIONS if not flexible or each not in left_out]
    return Answer({"value": [_region(call, each) for each in names], "nextLink": None, "id": None})


def _taken(call: Call, name: str) -> str:
    return f"Hostname '{name}' already exists. Please select a different name." if find(call, name) else ""


name_availability.serve(ROUTES, "Microsoft.Web", _taken)


def _region(call: Call, name: str) -> Json:
    properties = {"name": name, "description": None, "displayName": name, "orgDomain": "PUBLIC;DYNAMIC;LINUX"}
    kind = "Microsoft.Web/geoRegions"
    return {"id": f"{call.path}/{name}", "name": name, "type": kind, "location": name, "properties": properties}
