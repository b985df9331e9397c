"""The host pool of a Spot Group in Azure Virtual Desktop: its properties, and which of them somebody has changed.

A pooled group has a pooled host pool. A personal group has one too, with one session for each host: whoever signs in
gets any free host. Only dedicated desktops are a personal host pool, whose hosts keep the user who came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.networks.connection import JoinType
from shared.domain.spot.group import LicenseType, SpotGroup
from shared.domain.spot.rdp import rdp_properties
from shared.domain.spot.schedule import LoadBalancing

_BALANCING = {LoadBalancing.BREADTH_FIRST: "BreadthFirst", LoadBalancing.DEPTH_FIRST: "DepthFirst"}


def fixed_properties(group: SpotGroup) -> dict[str, Any]:
    """Return the properties that a host pool has from its creation on."""
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    kind = {"hostPoolType": "Personal", "personalDesktopAssignmentType": "Automatic"} if dedicated else {}
    return {"hostPoolType": "Pooled", "preferredAppGroupType": "Desktop", **kind}


def pool_properties(
    group: SpotGroup, join: JoinType, balancing: LoadBalancing | None = None
) -> dict[str, str | int | bool]:
    """Return the properties that an edit of the group writes. *balancing*: as its schedule has it now."""
    rdp = rdp_properties(group.sessions.redirections, join, single_sign_on=group.hosts.enable_single_sign_on)
    found: dict[str, str | int | bool] = {
        "friendlyName": group.friendly_name,
        "description": group.description[:512],
        "customRdpProperty": rdp,
        "startVMOnConnect": group.hosts.start_on_connect,
    }
    if group.license_type is LicenseType.PERSONAL_DEDICATED:
        return {**found, "loadBalancerType": "Persistent"}
    limit = group.hosts.session_limit if group.pooled else 1
    return {**found, "loadBalancerType": balancer(balancing or group.hosts.load_balancing), "maxSessionLimit": limit}


def balancer(balancing: LoadBalancing) -> str:
    """Return Azure's word for how a pool's sessions are distributed."""
    return _BALANCING[balancing]


def drift_of(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that are not as they were written."""
    return tuple(sorted(name for name, value in wanted.items() if _said(there.get(name)) != _said(value)))


def _said(value: Any) -> Any:  # noqa: ANN401 - a property of Azure's
    """Return a property in one form: Azure drops the last semicolon of RDP properties, and shows nothing for empty."""
    return value.rstrip(";") if isinstance(value, str) else value or ""
