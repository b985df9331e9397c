"""Checking a connection by ARM, Graph, Key Vault and a probe before a Cloud PC depends on it."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Retry, Workflow
from shared.contracts.machines import HostedNetworkOrder, Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain.images.image import ImageSource, MarketplaceImage
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import (
    LONGEST_CHECK,
    Domain,
    HealthCheck,
    HealthStatus,
    JoinType,
    Network,
    SubnetUsage,
)
from shared.domain.owner import Owner, OwnerKind
from shared.domain.values import Value

PROBER = ServicePlan.model_construct(
    id="prober", sku_part_number="prober", display_name="Prober", v_cpu_count=2, ram_in_gb=8, storage_in_gb=128
)
"""The temporary VM's hardware."""

PROBE_IMAGE = ImageSource.model_construct(
    marketplace=MarketplaceImage.model_construct(
        publisher="MicrosoftWindowsDesktop", offer="windows-ent-cpc", sku="win11-24h2-ent-cpc-m365"
    )
)
"""The image of the probe: the Windows of a Cloud PC, because another one may behave differently."""


class ProbeOrder(Value):
    """Probe one connection.

    *earlier*: computer names that earlier probes may have left. *clean_only*: just remove what these have left.
    *unsettled*: those of them whose account in the domain nobody has seen disabled, because their checks broke off.
    """

    tenant_id: str
    connection_id: str
    subscription_id: str
    resource_group: str
    region: str
    zones: tuple[str, ...] = ()
    address_space: str  # of the hosted network's site
    network: Network
    join_type: JoinType
    domain: Domain | None = None
    computer_name: str
    earlier: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    clean_only: bool = False

    @property
    def owner(self) -> Owner:
        """Owner of the temporary VM."""
        return Owner(kind=OwnerKind.CONNECTION_PROBE, id=self.connection_id)

    @property
    def machine(self) -> Machine:
        """The temporary VM."""
        return Machine(
            tenant_id=self.tenant_id,
            owner=self.owner,
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=self.region,
            computer_name=self.computer_name,
        )


class ScriptOrder(Value):
    """Run the steps on the probe's VM; the domain's password is read from Key Vault inside the activity."""

    machine: Machine
    steps: tuple[str, ...]
    domain: Domain | None = None


class ScriptRead(Value):
    """Findings of the steps."""

    kind: Literal["scriptRead"] = "scriptRead"
    findings: tuple[HealthCheck, ...]


BEGIN_PROBE_SCRIPT = Activity("begin_probe_script", ScriptOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_PROBE_SCRIPT = Poll("read_probe_script", ScriptOrder, ScriptRead, Refused, effect=Effect.READS)
SCRIPT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=15), timedelta(minutes=30))


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
"""The checks in groups by the service that they call, so that a slow service delays only its own group."""

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
    """Result of a check; *finding* is None if the check does not apply to this connection.

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
RUN_CHECK = Activity("run_check", CheckOrder, Checked, Never, effect=Effect.KEEPS)
RECORD_CONNECTION = Activity("record_connection", ConnectionRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RETIRE_PASSWORDS = Activity("retire_passwords", PasswordOrder, Done, Refused, Retry(attempts=3), effect=Effect.ENDS)

CHECK_POLL = PollPolicy(timedelta(seconds=10), timedelta(seconds=10), timedelta(minutes=30))
