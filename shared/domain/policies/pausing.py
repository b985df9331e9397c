"""Pausing: a policy, a tenant, or everything. What is paused starts no build and no removal. Pure."""

from __future__ import annotations

from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Paused, Tenant
from shared.domain.values import Value


class ServiceState(Value):
    """What holds for all tenants of the service."""

    paused: Paused | None = None


def pause_reason(service: ServiceState, tenant: Tenant, policy: Policy | None) -> str | None:
    """Return why no build or removal of a Cloud PC of *policy* may begin now, None when it may.

    *policy*: that the Cloud PC is built from, or would be; None when it is gone. What runs already is not stopped.
    """
    pauses = (
        ("the service", service.paused),
        (f"tenant {tenant.display_name}", tenant.paused),
        (f"policy {policy.display_name}" if policy else "", policy.paused if policy else None),
    )
    return next((_words(name, paused) for name, paused in pauses if paused is not None), None)


def _words(name: str, paused: Paused) -> str:
    return f"{name} is paused: {paused.reason}" if paused.reason else f"{name} is paused"
