"""Network resources of a subscription in a region against their limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import need_region
from azure_simulator.arm.registry import registry
from azure_simulator.core.answers import Answer
from azure_simulator.core.routing import Routes
from azure_simulator.network.provider import NETWORK

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=P)(?=A)")
"""Pattern of the beginning of a word in a name: `PublicIPAddresses` is `Public IP Addresses` (recorded)."""


@ROUTES.operation(
    "network.usages",
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Network/locations/{location}/usages",
    throttle="NetworkRead",
)
def list_usages(call: Call) -> Answer:
    """List every type that has a limit."""
    place = (call.param("sub").lower(), need_region(call))
    rows = []
    for kind in registry(call.world):
        if kind.provider is NETWORK and kind.limit:
            name = kind.path[0].upper() + kind.path[1:]
            words = _WORDS.sub(" ", name)
            row: Json = {"id": f"{call.path}/{name}", "unit": "Count"}
            row["currentValue"] = call.world.resources.number(kind.by_place, place)
            rows.append({**row, "limit": kind.limit, "name": {"value": name, "localizedValue": words}})
    return Answer({"value": rows})
