"""A tenant with more Cloud PCs than the role assignments of one subscription are enough for."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.tenants.tenant import TenantSettings
from tests.e2e.conftest import StartStack
from tests.e2e.office import SELDOM, SETTLED, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]

ROLES, MACHINES = "Microsoft.Authorization/roleAssignments", "Microsoft.Compute/virtualMachines"
AZURES_LIMIT = 4_000
CLOUD_PCS = int(os.environ.get("DESKWRIGHT_CLOUD_PCS", "2100"))
"""The Cloud PCs of the largest tenant: with two role assignments each, more than one subscription has."""


def further(office: Office, count: int) -> list[str]:
    """Give the tenant more subscriptions."""
    more = [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{office.name}.{number}")) for number in range(count)]
    office.portal.ask("PATCH", office.base, {"furtherSubscriptionIds": more})
    return [office.subscription, *more]


def counted(office: Office, kind: str, places: list[str]) -> Counter[str]:
    found = office.stack.ask_cloud(f"state?type={kind}")
    return Counter(place for each in found for place in places if f"/subscriptions/{place}/" in each["id"])


def statuses(office: Office) -> Counter[str]:
    return Counter(pc["status"] for pc in office.cloud_pcs("status"))


def hire(office: Office, count: int) -> list[str]:
    users = [office.user(number, SMALL) for number in range(1, count + 1)]
    office.policy("Everyone", office.connection(), office.group("staff", *users))
    return users


@pytest.mark.long
def test_cloud_pcs_spread_over_subscriptions_and_those_that_fit_in_none_wait(open_office: OpenOffice) -> None:
    office = open_office(settings={"signInRightsPerSubscription": 4})
    places = further(office, 2)
    hire(office, 7)
    office.until(lambda: statuses(office)["provisioned"] == 6, says="six are provisioned", look=SELDOM)

    assert counted(office, MACHINES, places) == dict.fromkeys(places, 2)
    assert counted(office, ROLES, places) == dict.fromkeys(places, 4)
    (waiting,) = (pc for pc in office.cloud_pcs() if pc["status"] == "pendingProvision")
    assert "no role assignment is left" in str(waiting["statusDetail"])

    (more,) = further(office, 3)[3:]
    office.until(lambda: statuses(office)["provisioned"] == 7, says="the seventh too", look=SELDOM)
    assert counted(office, ROLES, [more]) == {more: 2}


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_a_tenant_with_more_cloud_pcs_than_one_subscription_has_role_assignments_for(start_stack: StartStack) -> None:
    """Azure's own limit holds in each subscription: the simulated cloud refuses the assignment after it."""
    stack: Any = start_stack(speed=600.0)
    office = Office(stack, stack.portal(), "giant").open()
    places = further(office, 2)
    hire(office, CLOUD_PCS)
    while not (ended := statuses(office)) or sum(ended[each] for each in SETTLED) < CLOUD_PCS:
        office.pass_time(SELDOM)

    assert ended["provisioned"] == CLOUD_PCS
    assert max(counted(office, ROLES, places).values()) <= TenantSettings().sign_in_rights_per_subscription
    assert sum(counted(office, ROLES, places).values()) == 2 * CLOUD_PCS > AZURES_LIMIT
