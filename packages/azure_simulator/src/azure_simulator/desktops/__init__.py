"""Microsoft.DesktopVirtualization: host pools, session hosts, workspaces, user sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.desktops import application_groups, host_pools, session_hosts, user_sessions, workspaces

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve Microsoft.DesktopVirtualization, and follow the machines of session hosts."""
    arm.serve(
        cloud,
        host_pools.OPERATIONS,
        application_groups.OPERATIONS,
        application_groups.DESKTOP_OPERATIONS,
        workspaces.OPERATIONS,
        session_hosts.OPERATIONS,
        user_sessions.OPERATIONS,
        user_sessions.CONTROL,
    )
    cloud.on("session_host_registered", session_hosts.registered)
    cloud.on("entra_joined", session_hosts.machine_joined)
    cloud.on("domain_joined", session_hosts.machine_joined)
    cloud.on("vm_deleted", session_hosts.machine_deleted)
    cloud.on("vm_power", session_hosts.machine_power)
    cloud.on("ask_registration", host_pools.ask_registration)
    cloud.invariant("sessionHostOrphans", session_hosts.orphans)
    cloud.invariant("assignedTwice", session_hosts.assigned_twice)
