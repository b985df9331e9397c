"""Checking a connection: what ARM, Graph and Key Vault can say about it before a Cloud PC depends on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from shared.contracts.machines import HostedNetworkOrder
from shared.contracts.outcomes import Done
from shared.contracts.shape import PATIENT, Activity, Patience, Workflow, gives
from shared.domain.connection import HealthCheck, HealthStatus
from shared.domain.values import Value

CHECKS = (
    "azureTenantReadiness",  # the subscription answers and is enabled
    "permissionOnResourceGroup",
    "subnetIpUsage",  # the subnet exists, is ours to use and has free addresses
    "virtualNetworkRegion",
    "domainJoinCredentials",  # the secret is there and readable
    "intuneEnrollment",  # Graph answers for devices and Intune
)
"""Each is one look; the hosted network is prepared, and thereby checked, by the workflow itself."""


class CheckConnectionOrder(Value):
    """Check one connection. *hosted_network*: to be prepared first, None for a customer's own network."""

    tenant_id: str
    connection_id: str
    operation_id: str | None = None
    hosted_network: HostedNetworkOrder | None = None


class CheckOrder(Value):
    """Make one check."""

    tenant_id: str
    connection_id: str
    check: str


class Checked(Value):
    """What a check found; None: it does not apply to this connection."""

    kind: Literal["checked"] = "checked"
    finding: HealthCheck | None = None


class ConnectionRecord(Value):
    """What all checks found."""

    tenant_id: str
    connection_id: str
    operation_id: str | None = None
    status: HealthStatus
    findings: tuple[HealthCheck, ...] = ()


CHECK_CONNECTION = Workflow("check_connection", CheckConnectionOrder, gives(ConnectionRecord))
RUN_CHECK = Activity("run_check", CheckOrder, gives(Checked))
RECORD_CONNECTION = Activity("record_connection", ConnectionRecord, gives(Done), PATIENT)

CHECK_PATIENCE = Patience(timedelta(seconds=10), timedelta(seconds=10), timedelta(minutes=30))
