"""Microsoft.DesktopVirtualization: host pools, session hosts, workspaces, sessions; their agents and the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.desktops import (
    agents,
    application_groups,
    broker_control,
    host_pools,
    machine_policies,
    scaling_plans,
    session_hosts,
    sessions,
    user_sessions,
    workspaces,
)

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve Microsoft.DesktopVirtualization, follow the machines of session hosts, let users sign in."""
    arm.serve(
        cloud,
        host_pools.OPERATIONS,
        application_groups.OPERATIONS,
        application_groups.DESKTOP_OPERATIONS,
        workspaces.OPERATIONS,
        scaling_plans.OPERATIONS,
        session_hosts.OPERATIONS,
        user_sessions.OPERATIONS,
    )
    cloud.state(sessions.STATE, sessions.Ended)
    cloud.on("session_host_registered", agents.registered)
    cloud.on("entra_joined", agents.machine_joined)
    cloud.on("domain_joined", agents.machine_joined)
    cloud.on("vm_deleted", agents.machine_deleted)
    cloud.on("vm_power", agents.machine_power)
    cloud.on("vm_policies", agents.policies_changed)
    cloud.on("vm_policies", sessions.policies_changed)
    cloud.on("configured", agents.configured)
    cloud.on("session_host_down", sessions.host_down)
    cloud.on("ask_registration", host_pools.ask_registration)
    cloud.on("ask_share", machine_policies.ask_share)
    cloud.invariant("sessionHostOrphans", session_hosts.orphans)
    cloud.invariant("assignedTwice", session_hosts.assigned_twice)
    cloud.invariant("sessionsLost", sessions.lost)
    broker_control.install(cloud)
