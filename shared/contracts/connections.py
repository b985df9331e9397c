"""Checking a connection by ARM, Graph, Key Vault and a probe before a Cloud PC depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, PollPolicy, Retry, Workflow
from shared.contracts.machines import HostedNetworkOrder
from shared.contracts.outcomes import Done, Refused
from shared.contracts.probes import ProbeOrder
from shared.domain.networks.connection import LONGEST_CHECK, HealthCheck, HealthStatus, SubnetUsage
from shared.domain.values import Value

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "azure": (
            "azureTenantReadiness",  # the subscription answers and is enabled
            "resourceProviders",  # what we use is registered in it
            "permissionOnResourceGroup",
            "resourceGroupLocks",
        ),
        "network": (
            "subnetIpUsage",  # the subnet exists, is ours to use and has free addresses
            "virtualNetworkRegion",
        ),
        "directory": (
            "domainJoinCredentials",  # the secret is there and readable
            "intuneEnrollment",  # Graph answers for devices and Intune
            "entraDeviceSync",  # the domain's synchronisation with Entra ID
        ),
    }
)
"""The checks by the service that they ask: one that does not answer delays no other group."""

CHECKS = tuple(check for checks in GROUPS.values() for check in checks)


class CheckConnectionOrder(Value):
    """Check one connection.

    *hosted_network*: to be prepared first, None for a customer's own network. *probe*: None: without one.
    """

    tenant_id: str
    connection_id: str
    operation_id: str | None = None
    hosted_network: HostedNetworkOrder | None = None
    probe: ProbeOrder | None = None


class CheckGroupOrder(Value):
    """Make the checks of one group."""

    tenant_id: str
    connection_id: str
    group: str


class CheckOrder(Value):
    """Make one check."""

    tenant_id: str
    connection_id: str
    check: str


class Checked(Value):
    """Finding of a check; None: it does not apply to this connection.

    *subnets*: usage that it read with it. *closed*: further subscriptions in which no build can succeed; None: none is.
    """

    kind: Literal["checked"] = "checked"
    finding: HealthCheck | None = None
    subnets: tuple[SubnetUsage, ...] = ()
    closed: tuple[str, ...] | None = None


class GroupChecked(Value):
    """Findings of a group's checks."""

    kind: Literal["groupChecked"] = "groupChecked"
    findings: tuple[HealthCheck, ...]
    subnets: tuple[SubnetUsage, ...] = ()
    closed: tuple[str, ...] | None = None


class ConnectionRecord(Value):
    """Findings of all checks.

    *probed*: whether a probe's findings are among them; else those of the last probe stand. *joined*: the computer
    names that a probe has joined, or will join, and that may still be there. *unsettled*: those whose account in the
    domain is neither disabled nor listed. None: no change.
    """

    tenant_id: str
    connection_id: str
    operation_id: str | None = None
    status: HealthStatus
    findings: tuple[HealthCheck, ...] = ()
    subnets: tuple[SubnetUsage, ...] = ()
    closed: tuple[str, ...] | None = None
    probed: bool = False
    joined: tuple[str, ...] | None = None
    unsettled: tuple[str, ...] | None = None


class PasswordOrder(Value):
    """The join password of a connection."""

    tenant_id: str
    connection_id: str
    password_secret_url: str


CHECK_CONNECTION = Workflow("check_connection", CheckConnectionOrder, ConnectionRecord, longest_wait=LONGEST_CHECK)
CHECK_GROUP = Workflow("check_group", CheckGroupOrder, GroupChecked)
RUN_CHECK = Activity("run_check", CheckOrder, Checked, Never, effect=Effect.READS)
RECORD_CONNECTION = Activity("record_connection", ConnectionRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RETIRE_PASSWORDS = Activity("retire_passwords", PasswordOrder, Done, Refused, Retry(attempts=3), effect=Effect.KEEPS)

CHECK_POLL = PollPolicy(timedelta(seconds=10), timedelta(seconds=10), timedelta(minutes=30))
