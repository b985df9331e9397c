"""Simulated Azure Virtual Desktop: host pools, session hosts, workspaces, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.latency import about
from azure_simulator.desktops import hosts, pools, publishing

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud

LATENCIES = {"sessionHost.available": about(90, 300, 20)}
"""Seconds on a real day between registration and Available (an agent updates itself and restarts)."""


def install(cloud: Cloud) -> None:
    """Serve Microsoft.DesktopVirtualization on ARM's plane."""
    for routes in (pools.ROUTES, publishing.ROUTES, hosts.ROUTES, hosts.CONTROL):
        cloud.add(routes)
    cloud.latencies(LATENCIES)
    cloud.on("session_host_registered", hosts.registered)
    cloud.on("entra_joined", hosts.machine_joined)
    cloud.on("domain_joined", hosts.machine_joined)
    cloud.on("vm_deleted", hosts.machine_deleted)
    cloud.on("vm_power", hosts.machine_power)
    cloud.on("ask_registration", pools.ask_registration)
    cloud.invariant("sessionHostOrphans", hosts.orphans)
    cloud.invariant("assignedTwice", hosts.assigned_twice)
