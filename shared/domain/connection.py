"""A connection (Graph: onPremisesConnection): how Cloud PCs reach the network and the directory."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.domain.values import Value


class JoinType(StrEnum):
    """How a Cloud PC joins the directory (Graph: cloudPcDomainJoinType)."""

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


class HealthCheck(Value):
    """One finding of a health check (Graph: cloudPcOnPremisesConnectionHealthCheck)."""

    display_name: str
    status: HealthStatus
    error_type: str | None = None
    recommended_action: str | None = None
    additional_detail: str | None = None
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


class Network(Value):
    """Either the hosted network (nothing set) or the customer's own: *virtual_network_id* and ordered *subnet_ids*."""

    virtual_network_id: str | None = None
    subnet_ids: tuple[str, ...] = ()

    @property
    def hosted(self) -> bool:
        """Whether Deskwright makes and owns the network."""
        return self.virtual_network_id is None


class Domain(Value):
    """The on-premises domain of a hybrid join. The password lives in Key Vault; here is only its address."""

    ad_domain_name: str
    ad_domain_username: str
    organizational_unit: str | None = None
    password_secret_url: str


class Connection(Value):
    """A saved connection."""

    id: str
    tenant_id: str
    display_name: str
    site_id: str
    subscription_id: str
    join_type: JoinType
    network: Network = Network()
    domain: Domain | None = None
    health_check_status: HealthStatus = HealthStatus.PENDING
    health_checks: tuple[HealthCheck, ...] = ()
    checked_date_time: datetime | None = None
    created_date_time: datetime

    @property
    def usable(self) -> bool:
        """Whether Cloud PCs may be built through it now."""
        return self.health_check_status in USABLE


def overall(findings: tuple[HealthCheck, ...]) -> HealthStatus:
    """Return what the findings come to: the worst of them; no finding at all is a failure."""
    said = {finding.status for finding in findings}
    for status in (HealthStatus.FAILED, HealthStatus.WARNING, HealthStatus.INFORMATIONAL, HealthStatus.PASSED):
        if status in said:
            return status
    return HealthStatus.FAILED
