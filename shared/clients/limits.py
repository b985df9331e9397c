"""Rate limits that a call draws on, from its method, its address and its region: no call site can forget.

The numbers are Microsoft's (docs/notes/azure.md 1.9 and 2), and only a first estimate: each rate limiter learns
its own from what the answers report (shared.domain.rate_limiter). A limit is left out if another one is always reached
first: the Compute provider, for example, allows 8,000 reads a minute, and Resource Manager 1,500.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from shared.clients.buckets import Bucket
from shared.domain.rate_limiter import Limit

Limits = Callable[[str, str, str], tuple[Bucket, ...]]
"""From (method, URL, region that the call is about) to the buckets of a call, the narrowest first."""

_SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)")
_LOCATION = re.compile(r"/locations/([^/]+)")
_VM = re.compile(r"/microsoft\.compute/virtualmachines/[^/]+(/.*)?\Z")
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
_BLOCK, _LARGE_BLOCK = 10, 50
_ARM = {"reads": (Limit(25, 250), 25), "writes": (Limit(10, 200), _BLOCK), "deletes": (Limit(10, 200), _BLOCK)}
_LEFT = "x-ms-ratelimit-remaining-"


def arm_limits(principal: str) -> Limits:
    """Return the limits of Azure Resource Manager for one principal."""

    def limits(method: str, url: str, region: str) -> tuple[Bucket, ...]:
        path = urlsplit(url).path.lower()
        found = _SUBSCRIPTION.match(path)
        place = _LOCATION.search(path)
        owner = f"{principal}/{found.group(1) if found else 'tenant'}"
        kind = _KINDS.get(method.upper(), "writes")
        limit, block = _ARM[kind]
        # Resource Manager counts by its own regions, and no answer names them: one bucket stands for all.
        arm = Bucket(f"{owner}//arm-{kind}", limit, block, f"{_LEFT}{'subscription' if found else 'tenant'}-{kind}")
        name = f"{owner}/{place.group(1) if place else region}/"
        provider = None if kind == "reads" else _provider(name, method.upper(), path)
        return (provider, arm) if provider else (arm,)

    return limits


def _provider(name: str, method: str, path: str) -> Bucket | None:
    """Return the resource provider's own bucket of a change."""
    if "/microsoft.network/" in path:
        return Bucket(f"{name}network-writes", Limit(1000 / 300, 1000), _BLOCK)
    vm = _VM.search(path)
    if vm is None:
        return None
    below = vm.group(1)
    kind = "UpdateVM"
    if below == "/deallocate" or (below is None and method == "DELETE"):
        kind = "DeleteVM"
    elif below is None and method == "PUT":
        kind = "PutVM"
    return Bucket(f"{name}{kind}", Limit(500 / 60, 1500), _BLOCK, f"{_LEFT}resource", f"Microsoft.Compute/{kind}")


def graph_limits(principal: str, directory: str) -> Limits:
    """Return the limits of Microsoft Graph for one app in one directory."""
    owner = f"{principal}/{directory}"

    def limits(method: str, url: str, _region: str) -> tuple[Bucket, ...]:
        changes = method.upper() not in {"GET", "HEAD"}
        if "/devicemanagement/" in urlsplit(url).path.lower():
            # 200 writes and 2,000 requests in 20 seconds; 429s of Intune often have no Retry-After.
            intune = Bucket(f"{owner}/intune", Limit(100, 1000), _LARGE_BLOCK)
            return (Bucket(f"{owner}/intune-writes", Limit(10, 110), _BLOCK), intune) if changes else (intune,)
        if changes and not url.endswith(("/checkMemberGroups", "/$batch")):
            return (Bucket(f"{owner}/directory-writes", Limit(20, 1500), _BLOCK),)
        # Up to 3,500 resource units in 10 seconds in the smallest directories; a read costs one to five of them.
        directory = Bucket(f"{owner}/directory", Limit(100, 550), _LARGE_BLOCK)
        if url.endswith("/$batch"):  # twenty reads, each charged by itself
            return (Bucket(f"{owner}/directory-batches", Limit(3, 30), 1), directory)
        return (directory,)

    return limits
