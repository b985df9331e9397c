"""Simulated Azure Virtual Desktop: host pools, session hosts, workspaces, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.latency import about
from azure_simulator.desktops import application_groups, host_pools, session_hosts

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud

LATENCIES = {"sessionHost.available": about(90, 300, 20)}
"""Seconds on a real day between registration and Available (an agent updates itself and restarts)."""


def install(cloud: Cloud) -> None:
    """Serve Microsoft.DesktopVirtualization on ARM's plane."""
    for routes in (host_pools.ROUTES, application_groups.ROUTES, session_hosts.ROUTES, session_hosts.CONTROL):
        cloud.add(routes)
    cloud.latencies(LATENCIES)
    cloud.on("session_host_registered", session_hosts.registered)
    cloud.on("entra_joined", session_hosts.machine_joined)
    cloud.on("domain_joined", session_hosts.machine_joined)
    cloud.on("vm_deleted", session_hosts.machine_deleted)
    cloud.on("vm_power", session_hosts.machine_power)
    cloud.on("ask_registration", host_pools.ask_registration)
    cloud.invariant("sessionHostOrphans", session_hosts.orphans)
    cloud.invariant("assignedTwice", session_hosts.assigned_twice)
