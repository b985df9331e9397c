"""Microsoft.Network: its rate limits (docs/notes.md 1.9), its names, and how it words its errors."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from azure_simulator.arm.body_validation import Dialect
from azure_simulator.arm.providers import Polling, ResourceProvider
from azure_simulator.arm.reading import check_name
from azure_simulator.arm.resource_types import NameRule
from azure_simulator.arm.value_rules import matching
from azure_simulator.core.answers import Problem
from azure_simulator.core.throttling import Charge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

SDK = "azure.mgmt.network"
LIMITS = {"NetworkWrite": (1000.0, 1000 / 300), "NetworkRead": (10_000.0, 10_000 / 300)}
"""Class -> (capacity, refill per second) of a subscription in a region."""
NAMING = NameRule(r"[^_\W]([\w\-.]{0,78}\w)?")
NAME_SAYS = (
    "Resource name {value} is invalid. The name can be up to 80 characters long. It must begin with a word character, "
    "and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'."
)
ADDRESS, GATEWAY = ("Microsoft.Network/publicIPAddresses",), ("Microsoft.Network/natGateways",)
SECURITY_GROUP, SUBNET = ("Microsoft.Network/networkSecurityGroups",), ("Microsoft.Network/virtualNetworks/subnets",)
ROUTE_TABLE = ("Microsoft.Network/routeTables",)
"""Types to which references of the provider's resources lead."""
_WITHOUT_GUID = re.compile(r"/privateEndpoints/|/privateDnsZones/", re.IGNORECASE)
NAMES = matching(NAMING.pattern, NAME_SAYS, "InvalidResourceName")
"""The rule of the names of parts."""


class Network(ResourceProvider):
    """Microsoft.Network."""

    namespace = "Microsoft.Network"
    api_versions = (
        "2015-06-15 2016-03-30 2016-06-01 2016-07-01 2016-08-01 2016-09-01 2016-10-01 2016-11-01 2016-12-01 "
        "2017-03-01 2017-03-30 2017-04-01 2017-06-01 2017-08-01 2017-09-01 2017-10-01 2017-11-01 2018-01-01 "
        "2018-02-01 2018-03-01 2018-04-01 2018-05-01 2018-06-01 2018-07-01 2018-08-01 2018-10-01 2018-11-01 "
        "2018-12-01 2019-02-01 2019-04-01 2019-06-01 2019-07-01 2019-08-01 2019-09-01 2019-11-01 2019-12-01 "
        "2020-01-01 2020-03-01 2020-04-01 2020-05-01 2020-06-01 2020-07-01 2020-08-01 2020-11-01 2021-01-01 "
        "2021-02-01 2021-03-01 2021-04-01 2021-05-01 2021-06-01 2021-08-01 2021-12-01 2022-01-01 2022-05-01 "
        "2022-07-01 2022-09-01 2022-11-01 2023-02-01 2023-04-01 2023-05-01 2023-06-01 2023-09-01 2023-11-01 "
        "2024-01-01 2024-03-01 2024-05-01 2024-07-01 2024-10-01 2025-01-01 2025-03-01 2025-05-01 2025-07-01 "
        "2025-09-01 2026-01-01 2026-03-01"
    )
    throttle = MappingProxyType(
        dict.fromkeys(("GET", "LIST"), "NetworkRead") | dict.fromkeys(("PUT", "PATCH", "DELETE"), "NetworkWrite")
    )
    dialect = Dialect("InvalidRequestFormat", "Cannot parse the request.", "InvalidJson")
    polling = Polling(3, 0, dated=False)
    checks_ids = True
    links_exist = True
    marks_writes = False  # recorded: the header is in answers to GET
    written = "Updating"
    steady = False  # recorded: 'resourceGuid', 'type', 'internalDomainNameSuffix' of any value are ignored

    def etag(self, world: World, resource: Resource) -> str:
        """Return the ETag, which every resource of the provider has."""
        return f'W/"{world.guid("etag", resource.id, resource.version)}"'

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge the subscription in the region."""
        policy = call.route.throttle
        if policy in LIMITS:
            yield Charge(policy, f"{call.params.get('sub', 'tenant').lower()}|{self.region_of(call)}", *LIMITS[policy])

    def invalid_name(self, name: str, pattern: str) -> Problem:
        """Return the error for an invalid name, with the pattern in words."""
        del pattern
        return Problem(
            400,
            "InvalidResourceName",
            NAME_SAYS.replace("{value}", name),
            target=name,
        )

    def etag_mismatch(self, resource: Resource, wanted: str, now: str) -> Problem:
        """Name the resource in a detail."""
        text = f"Etag provided in if-match header {wanted} does not match etag {now} of resource {resource.id} in NRP "
        detail = {"code": "PreconditionFailedEtagMismatch", "message": f"{text}data store."}
        return Problem(412, "PreconditionFailed", "Precondition failed.", details=[detail])

    def wrong_type(self, call: Call, path: str, wanted: str, types: Sequence[str]) -> Problem:
        """Name the types in a detail."""
        del call
        what = " or ".join(each.partition("/")[2] for each in types) or "another provider"
        text = (
            f"Reference Id {wanted} is referencing resource of a wrong type. The Id is expected to reference resources "
        )
        detail = {"code": "InvalidJsonReferenceWrongType", "message": f"{text}of type {what}. Path {path}."}
        return Problem(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])

    def own_properties(self, call: Call) -> Json:
        """Add the GUID of the resource; private links and private DNS have none."""
        if _WITHOUT_GUID.search(call.path):
            return super().own_properties(call)
        return {**super().own_properties(call), "resourceGuid": call.world.guid(call.path)}

    def in_use(self, resource: Resource, user: Resource) -> Problem:
        """Use a code of the type: `InUseNatGatewayCannotBeDeleted`."""
        if user.key.startswith(f"{resource.key}/"):
            text = "Can not delete resource before nested resources are deleted."
            return Problem(409, "CannotDeleteResource", text)
        collection = resource.type.rpartition("/")[2]
        code = f"InUse{collection[0].upper()}{collection[1:-1]}CannotBeDeleted"
        return Problem(400, code, f"{resource.name} cannot be deleted because it is in use by {user.id}.")


NETWORK = Network()


def check_zones(call: Call, found: Resource | None) -> None:
    """Refuse other zones than a resource was made with; a PUT that names none asks for none."""
    wanted = sorted(map(str, call.object().get("zones") or ()))
    before = sorted(found.body.get("zones", ())) if found else wanted
    if wanted != before:
        text = f"Resource {call.path} has an existing availability zone constraint {', '.join(before) or 'NoZone'} and "
        text += f"the request has availability zone constraint {', '.join(wanted) or 'NoZone'}, which do not match. "
        text += "Zones cannot be added/updated/removed once the resource is created."
        raise Problem(400, "ResourceAvailabilityZonesCannotBeModified", text)


def check_short_name(name: str) -> None:
    """Refuse a name of more than 64 characters, or with a sign at its beginning or end."""
    rule = "The name must begin with a letter or number, end with a letter, number or underscore."
    check_name(name, r"[A-Za-z0-9]([-\w.]{0,62}\w)?", rule)
