"""A paused object begins nothing, and says who holds it."""

from typing import Any

import pytest

from shared.domain.operations.pausing import ServiceState, pause_reason
from shared.domain.tenants.tenant import Paused, Tenant
from tests.unit.wizards import office

PAUSED = Paused(by="Ada", at=office.NOW)
BECAUSE = PAUSED.but(reason="new image on Monday")
TENANT = Tenant(
    id="acme",
    display_name="Acme",
    entra_tenant_id="5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701",
    subscription_id=office.SUBSCRIPTION,
)
POLICY = office.policy("p1", "staff", name="Office")


@pytest.mark.parametrize(
    ("service", "tenant", "policy", "why"),
    [
        (None, None, None, None),
        (None, None, PAUSED, "policy Office is paused"),
        (None, None, BECAUSE, "policy Office is paused: new image on Monday"),
        (None, PAUSED, None, "tenant Acme is paused"),
        (PAUSED, None, None, "the service is paused"),
        (PAUSED, BECAUSE, BECAUSE, "the service is paused"),
        (None, PAUSED, BECAUSE, "tenant Acme is paused"),
    ],
)
def test_the_widest_pause_is_the_reason(service: Any, tenant: Any, policy: Any, why: str | None) -> None:
    said = pause_reason(ServiceState(paused=service), TENANT.but(paused=tenant), POLICY.but(paused=policy))
    assert said == why


def test_a_cloud_pc_whose_policy_is_gone_is_held_by_its_tenant_only() -> None:
    assert pause_reason(ServiceState(), TENANT, None) is None
    assert pause_reason(ServiceState(), TENANT.but(paused=PAUSED), None) == "tenant Acme is paused"
