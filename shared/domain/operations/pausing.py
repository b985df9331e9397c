"""Work that stands still: a policy, a tenant or everything is paused, or due rows are set aside. Pure."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.policies.policy import Policy
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.tenants.tenant import Paused, Tenant
from shared.domain.values import Value, sentence


class ServiceState(Value):
    """State that applies to all tenants of the service."""

    paused: Paused | None = None


def pause_reason(service: ServiceState, tenant: Tenant, policy: Policy | None) -> str | None:
    """Return why no build or removal of a Cloud PC of *policy* may begin now, None when it may.

    *policy*: that the Cloud PC is built from, or would be; None when it is gone. What runs already is not stopped.
    """
    return _first(service, tenant, f"policy {policy.display_name}" if policy else "", policy.paused if policy else None)


def spot_pause_reason(service: ServiceState, tenant: Tenant, group: SpotGroup) -> str | None:
    """Return why nothing of a Spot Group may change now: neither its hosts nor its members; None when it may."""
    return _first(service, tenant, f"Spot Group {group.display_name}", group.paused)


def spot_pause_sentence(service: ServiceState, tenant: Tenant, group: SpotGroup) -> str | None:
    """Return the reason why a Spot Group stands still, as people are shown it with the group and all that it has."""
    reason = spot_pause_reason(service, tenant, group)
    return sentence(reason) if reason else None


def _first(service: ServiceState, tenant: Tenant, name: str, own: Paused | None) -> str | None:
    pauses = (("the service", service.paused), (f"tenant {tenant.display_name}", tenant.paused), (name, own))
    return next((_words(each, paused) for each, paused in pauses if paused is not None), None)


def _words(name: str, paused: Paused) -> str:
    return f"{name} is paused: {paused.reason}" if paused.reason else f"{name} is paused"


@dataclass(frozen=True, slots=True)
class Aside:
    """A due row that is set aside: since when its rule has failed, why, and when it is tried again."""

    id: str
    kind: str
    tenant_id: str
    subject_id: str
    since: datetime
    reason: str
    again_at: datetime
