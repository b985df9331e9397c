"""A connection (Graph: onPremisesConnection): how Cloud PCs reach the network and the directory."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.domain.values import Value


class JoinType(StrEnum):
    """Way of joining the directory (Graph: cloudPcDomainJoinType)."""

    AZURE_AD_JOIN = "azureADJoin"
    HYBRID_AZURE_AD_JOIN = "hybridAzureADJoin"


class HealthStatus(StrEnum):
    """Graph: cloudPcOnPremisesConnectionStatus."""

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    INFORMATIONAL = "informational"


USABLE = frozenset({HealthStatus.PASSED, HealthStatus.WARNING, HealthStatus.INFORMATIONAL})

# docs/notes/windows365.md 1.5: how long the checks go on by themselves for a connection that nothing uses.
WANTED_AFTER_EDIT = timedelta(weeks=4)
WANTED_AFTER_DEMAND = timedelta(weeks=2)
UNHEALTHY_AGAIN = timedelta(hours=1)
LONGEST_CHECK = timedelta(hours=2)
"""Checks that take longer were interrupted."""


class HealthCheck(Value):
    """One finding of a health check (Graph: cloudPcOnPremisesConnectionHealthCheck)."""

    display_name: str
    status: HealthStatus
    error_type: str | None = None
    recommended_action: str | None = None
    additional_detail: str | None = None
    correlation_id: str | None = None  # the instance of the workflow that made it: finds it in the log
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


class SubnetUsage(Value):
    """Number of addresses of a subnet for machines, and number of free addresses."""

    subnet_id: str
    total: int
    free: int


class Network(Value):
    """Either the hosted network (nothing set) or the customer's own: *virtual_network_id* and ordered *subnet_ids*."""

    virtual_network_id: str | None = None
    subnet_ids: tuple[str, ...] = ()

    @property
    def hosted(self) -> bool:
        """Whether Deskwright makes and owns the network."""
        return self.virtual_network_id is None


class Domain(Value):
    """The on-premises domain of a hybrid join. The password lives in Key Vault; this is only its address.

    *earlier_secret_urls*: of the accounts it has had; builds that run may still read them.
    """

    ad_domain_name: str
    ad_domain_username: str
    organizational_unit: str | None = None
    password_secret_url: str
    earlier_secret_urls: tuple[str, ...] = ()


class Connection(Value):
    """A saved connection."""

    id: str
    tenant_id: str
    display_name: str
    site_id: str
    subscription_id: str
    join_type: JoinType
    network: Network = Field(default_factory=Network)
    domain: Domain | None = None
    health_check_status: HealthStatus = HealthStatus.PENDING
    health_checks: tuple[HealthCheck, ...] = ()
    closed_subscription_ids: tuple[str, ...] = ()  # further ones of the tenant in which no build can succeed
    checking_since: datetime | None = None  # since when checks run, None: none do
    machine_removed_at: datetime | None = None  # when the removal of the probe was last ordered, while checks run
    checked_date_time: datetime | None = None
    check_began_date_time: datetime | None = None
    health_changed_date_time: datetime | None = None  # when it last became usable or unusable
    health_before: HealthStatus | None = None  # what it was until then
    probe_computer_names: tuple[str, ...] = ()  # what a probe joined and no check has found gone yet
    probe_accounts_unsettled: tuple[str, ...] = ()  # those whose account in the domain is not known to be disabled
    subnets: tuple[SubnetUsage, ...] = ()
    subnets_seen_at: datetime | None = None
    checks_wanted_until: datetime | None = None  # without use, checks pause from then on; None: never
    created_date_time: datetime

    def audited(self) -> dict[str, Any]:
        """Return it without the address of the password: who reads the audit log has no use for it."""
        kept = self.to_json()
        for name in ("passwordSecretUrl", "earlierSecretUrls"):
            kept.get("domain", {}).pop(name, None)
        return kept

    @property
    def usable(self) -> bool:
        """Whether Cloud PCs may be built through it now."""
        return self.health_check_status in USABLE

    def checks_paused(self, at: datetime, *, in_use: bool) -> bool:
        """Whether scheduled checks pause: it has been neither used nor edited for long (Graph: healthCheckPaused)."""
        return not in_use and self.checks_wanted_until is not None and at >= self.checks_wanted_until

    def being_checked(self, at: datetime) -> bool:
        """Whether checks run; checks that began long ago count as interrupted."""
        return self.checking_since is not None and at - self.checking_since < LONGEST_CHECK

    @property
    def free_addresses(self) -> int | None:
        """Number of free addresses at the last check; None before the first check, or for a hosted network."""
        return sum(subnet.free for subnet in self.subnets) if self.subnets else None


def check_again_after(status: HealthStatus, every: timedelta) -> timedelta:
    """Return how long after its checks a connection is checked again: builds wait for an unhealthy one."""
    return every if status in USABLE else min(every, UNHEALTHY_AGAIN)


def overall(findings: tuple[HealthCheck, ...]) -> HealthStatus:
    """Return the worst status of the findings; no finding at all is a failure."""
    statuses = {finding.status for finding in findings}
    for status in (HealthStatus.FAILED, HealthStatus.WARNING, HealthStatus.INFORMATIONAL, HealthStatus.PASSED):
        if status in statuses:
            return status
    return HealthStatus.FAILED
