"""The types of a health check: its subject, and its finding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from shared.contracts.connections import Checked
from shared.domain import naming
from shared.domain.networks.connection import Connection, HealthCheck, HealthStatus, SubnetUsage
from shared.domain.networks.health import Fault
from shared.domain.tenants.tenant import Site


@dataclass(frozen=True, slots=True)
class Subject:
    """The connection that is checked, and its site."""

    connection: Connection
    site: Site


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a check that found no fault, with the usage of the subnets if it was read."""

    detail: str
    subnets: tuple[SubnetUsage, ...] = ()

    def checked(self, check: str) -> Checked:
        """Return the outcome of *check*."""
        passed = HealthCheck(display_name=check, status=HealthStatus.PASSED, additional_detail=self.detail)
        return Checked(finding=passed, subnets=self.subnets)


class FaultError(Exception):
    """A check found a fault; *error_type* is Graph's (docs/notes/windows365.md 1.5)."""

    def __init__(
        self,
        error_type: str,
        detail: str,
        action: str,
        status: HealthStatus = HealthStatus.FAILED,
        subnets: tuple[SubnetUsage, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.fault, self.detail, self.subnets = Fault(error_type, action, status), detail, subnets

    def checked(self, check: str) -> Checked:
        """Return the outcome of *check*."""
        return Checked(finding=self.fault.finding(check, self.detail), subnets=self.subnets)


Check = Callable[[Subject], Awaitable[Seen | None]]
"""Returns the detail, None if the check does not apply. Raises: FaultError."""


def refuse_anothers(kind: str, name: str, tags: Mapping[str, str] | None, connection: Connection) -> None:
    """Refuse a resource of another tenant: tenants may share a subscription. Raises: FaultError."""
    if (tags or {}).get(naming.TENANT_TAG, connection.tenant_id) != connection.tenant_id:
        action = "Choose one of the tenant's own, or remove the tag if nobody else uses it."
        detail = f"{name} carries the tag {naming.TENANT_TAG} of another tenant"
        raise FaultError(f"resourceAvailabilityCheck{kind}Invalid", detail, action)
