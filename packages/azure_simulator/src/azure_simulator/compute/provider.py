"""Microsoft.Compute: its api-versions, its rate limits (docs/notes.md 1.9), and how it words its errors."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.body_validation import Dialect
from azure_simulator.arm.providers import Polling, ResourceProvider
from azure_simulator.core.answers import Problem
from azure_simulator.core.throttling import Charge
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.throttling import Refusal

SDK = "azure.mgmt.compute"
NAMING = r"[^_\W][\w\-.]{0,79}(?<![-.])"
"""The pattern of the names of disks and of most other types."""
VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
_VERSIONS = (
    "2016-04-30-preview 2016-08-30 2017-03-30 2017-12-01 2018-04-01 2018-06-01 2018-10-01 2019-03-01 2019-07-01 "
    "2019-12-01 2020-06-01 2020-12-01 2021-03-01 2021-04-01 2021-07-01 2021-11-01 2022-03-01 2022-08-01 2022-11-01 "
    "2023-03-01 2023-07-01 2023-09-01 2024-03-01 2024-07-01 2024-11-01 2025-04-01 2025-11-01 2026-03-01 2026-04-01"
)
DISK_VERSIONS = (
    "2016-04-30-preview 2017-03-30 2018-04-01 2018-06-01 2018-09-30 2019-03-01 2019-07-01 2019-11-01 2020-05-01 "
    "2020-06-30 2020-09-30 2020-12-01 2021-04-01 2021-08-01 2021-12-01 2022-03-02 2022-07-02 2023-01-02 2023-04-02 "
    "2023-10-02 2024-03-02 2025-01-02 2026-03-02"
)
GALLERY_VERSIONS = (
    "2018-06-01 2019-03-01 2019-07-01 2019-12-01 2020-09-30 2021-03-01 2021-07-01 2021-10-01 2022-01-03 2022-03-03 "
    "2022-08-03 2023-07-03 2024-03-03 2025-03-03 2025-12-03 2026-03-03"
)

LIMITS: dict[str, tuple[tuple[float, float] | None, tuple[float, float]]] = {
    "PutVM": ((12, 4 / 60), (1500, 500 / 60)),
    "UpdateVM": ((12, 4 / 60), (1500, 500 / 60)),
    "DeleteVM": ((12, 4 / 60), (1500, 500 / 60)),
    "LowCostGet": ((36, 12 / 60), (24_000, 8_000 / 60)),
    "HighCostGet": (None, (900, 300 / 60)),
    "GetOperation": ((45, 15 / 60), (15_000, 5_000 / 60)),
}
"""Class -> (of a resource, of a subscription in a region), each (capacity, refill per second)."""

WINDOW_US = 60 * SECOND
"""Time window named in a refusal: buckets are refilled by the minute."""

_LEFT_OUT = re.compile(r"^(storageProfile\.|osProfile\.(?=windowsConfiguration|linuxConfiguration))")
"""The part of a property's path that error messages leave out."""


class Compute(ResourceProvider):
    """Microsoft.Compute."""

    namespace = "Microsoft.Compute"
    api_versions = _VERSIONS
    other_api_versions = MappingProxyType(
        {
            "skus": "2017-03-30 2017-09-01 2019-04-01 2021-07-01",
            "operations": f"{_VERSIONS} {DISK_VERSIONS} {GALLERY_VERSIONS}",
            "locations/operations": f"{_VERSIONS} {DISK_VERSIONS} {GALLERY_VERSIONS}",
            "locations/diskoperations": DISK_VERSIONS,
        }
    )
    dialect = Dialect("BadRequest", converts=True)
    polling = Polling(10, 50)
    checks_ids = True

    def subject_id(self, call: Call) -> str:
        """Return the machine of a request about one or its parts."""
        if "vm" not in call.params:
            return call.path
        head, marker, _ = call.path.lower().partition("/virtualmachines/")
        return f"{head}{marker}{call.params['vm'].lower()}"

    def facts(self, call: Call) -> Json:
        """Name the machine, its size as the resource or the body has it, and the image of a new one."""
        facts = super().facts(call)
        found = call.world.resources.get(self.subject_id(call)) if "vm" in call.params else None
        if found is not None:
            facts["name"] = found.name
            facts["size"] = found.properties.get("hardwareProfile", {}).get("vmSize", "")
        elif isinstance(call.body, dict) and isinstance(call.body.get("properties"), dict):
            hardware = call.body["properties"].get("hardwareProfile")
            facts["size"] = hardware.get("vmSize", "") if isinstance(hardware, dict) else ""
            facts["image"] = _image(call.body["properties"])
        return facts

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge the resource, then the subscription in the region."""
        policy = call.route.throttle
        if policy not in LIMITS:
            return
        each, together = LIMITS[policy]
        if each is not None:
            yield Charge(policy, self.subject_id(call).lower(), *each)
        sub = call.params.get("sub", "tenant").lower()
        yield Charge(f"{policy}/subscription", f"{sub}|{self.region_of(call)}", *together)

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Return the error with the class of limits, and the number of counted requests."""
        charge, begun_us = refusal.charge, call.now_us - WINDOW_US
        group, ends_us = charge.policy.partition("/")[0], call.now_us + refusal.retry_after_s * SECOND
        detail = (
            f'{{"operationGroup":"{group}","startTime":"{iso(begun_us)}","endTime":"{iso(ends_us)}",'
            f'"allowedRequestCount":{int(charge.capacity)},"measuredRequestCount":{refusal.measured}}}'
        )
        return Problem(
            429,
            "OperationNotAllowed",
            "The server rejected the request because too many requests have been received for this subscription.",
            headers={"Retry-After": str(refusal.retry_after_s)},
            details=[{"code": "TooManyRequests", "target": group, "message": detail}],
        )

    def rate_limit_headers(self, call: Call, charges: list[Charge], remaining: Callable[[Charge], int]) -> Json:
        """Return the header with the remaining calls of the subscription; after a refusal, with the least number."""
        together = [each for each in charges if "/" in each.policy]
        if not together:
            return {}
        name = together[-1].policy.partition("/")[0]
        left = min(map(remaining, charges if call.notes.get("throttled") else together))
        return {"x-ms-ratelimit-remaining-resource": f"Microsoft.Compute/{name};{left}"}

    def wrong_type(self, call: Call, path: str, wanted: str, types: Sequence[str]) -> Problem:
        """Leave references to Network to Network."""
        if any(each.startswith("Microsoft.Network/") for each in types):
            return references.missing(call, wanted)
        return super().wrong_type(call, path, wanted, types)

    def unchangeable(self, path: str) -> Problem:
        """Leave out the profile where Compute does."""
        return super().unchangeable(_LEFT_OUT.sub("", path))


def _image(properties: Json) -> str:
    """Return the id of the image that a new machine is made from, or `publisher:offer:sku`."""
    profile = properties.get("storageProfile")
    reference = profile.get("imageReference") if isinstance(profile, dict) else None
    if not isinstance(reference, dict):
        return ""
    return str(reference.get("id") or ":".join(str(reference.get(key, "")) for key in ("publisher", "offer", "sku")))


COMPUTE = Compute()
