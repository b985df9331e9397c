"""Which rate limits a call draws on, from its method and address alone: no call site can forget.

The numbers are Microsoft's (azure.md 1.9 and 2), the bursts a tenth lower: a block of places that one worker holds
while another empties the bucket must still fit, and so must calls that the network delays into one another. Limits that
another one always reaches first are left out: of the Compute provider's reads, for instance, 8,000 a minute are
allowed, and 1,500 by Resource Manager.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from shared.clients.pacing import Bucket

Limits = Callable[[str, str], tuple[Bucket, ...]]
"""From (method, URL) to the buckets of a call."""

_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)")
_LOCATION = re.compile(r"/locations/([^/]+)")
_VM = re.compile(r"/microsoft\.compute/virtualmachines/[^/]+(/.*)?$")
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_BLOCK = 10


def _bucket(name: str, per_second: float, burst: int, block: int = _BLOCK) -> Bucket:
    return Bucket(name, timedelta(seconds=1 / per_second), burst, block)


def arm_limits(principal: str) -> Limits:
    """Return the limits of Azure Resource Manager for one principal."""

    def limits(method: str, url: str) -> tuple[Bucket, ...]:
        path = urlsplit(url).path.lower()
        found = _SUBSCRIPTION.match(path)
        region = _LOCATION.search(path)
        owner = f"{principal}/{found.group(1) if found else 'tenant'}"
        kind = _KINDS.get(method.upper(), "writes")
        name = f"{owner}/{region.group(1) if region else ''}/"
        arm = _bucket(f"{owner}//arm-{kind}", *((25, 225, 25) if kind == "reads" else (10, 180)))
        provider = None if kind == "reads" else _provider(name, method.upper(), path)
        return (provider, arm) if provider else (arm,)

    return limits


def _provider(name: str, method: str, path: str) -> Bucket | None:
    """Return the resource provider's own bucket of a change."""
    if "/microsoft.network/" in path:
        return _bucket(f"{name}network-writes", 1000 / 300, 900)
    vm = _VM.search(path)
    if vm is None:
        return None
    below = vm.group(1)
    if below == "/deallocate" or (below is None and method == "DELETE"):
        return _bucket(f"{name}DeleteVM", 500 / 60, 1350)
    return _bucket(f"{name}{'PutVM' if below is None and method == 'PUT' else 'UpdateVM'}", 500 / 60, 1350)


def graph_limits(principal: str, directory: str) -> Limits:
    """Return the limits of Microsoft Graph for one app in one directory."""
    owner = f"{principal}/{directory}"

    def limits(method: str, url: str) -> tuple[Bucket, ...]:
        changes = method.upper() not in {"GET", "HEAD"}
        if "/devicemanagement/" in urlsplit(url).path.lower():
            # 200 writes and 2,000 requests in 20 seconds; 429s of Intune often say nothing about when to come back.
            intune = _bucket(f"{owner}/intune", 100, 1000, 50)
            return (_bucket(f"{owner}/intune-writes", 10, 100), intune) if changes else (intune,)
        if changes and not url.endswith(("/checkMemberGroups", "/$batch")):
            return (_bucket(f"{owner}/directory-writes", 20, 1500),)
        # Up to 3,500 resource units in 10 seconds in the smallest directories; a read costs one to five of them.
        return (_bucket(f"{owner}/directory", 100, 500, 50),)

    return limits
