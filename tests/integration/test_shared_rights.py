"""Role assignments of subscriptions: tenants that share one count each other's, and so do members of warm pools."""

from __future__ import annotations

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import JoinType
from shared.domain.planning.queueing import NO_RIGHTS_LEFT
from shared.domain.wizards.forecast import PolicyReach, Usage, quota_shortages
from shared.services.networks.rights import rights_in_use
from tests.integration import things
from tests.integration.pool_things import here, ready
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import plan, records

__all__ = ["here"]
SECOND = "00000000-0000-0000-0000-00000000beef"


async def neighbour(here: PaperServices, **changes: object) -> None:
    """Have another tenant with two Cloud PCs in the same subscription."""
    await here.tenants.insert(things.tenant(id="fabrikam", display_name="Fabrikam", **changes))
    await here.connections.insert(things.connection(tenant_id="fabrikam"))
    for name in ("eve", "joe"):
        pc = things.cloud_pc(name, tenant_id="fabrikam", status=Status.PROVISIONED, snapshot=things.snapshot())
        await here.cloud_pcs.insert(pc.with_current(subscription_id=things.SUBSCRIPTION))


async def test_tenants_in_one_subscription_count_each_others(here: PaperServices) -> None:
    tenant = (await here.tenants.get("contoso")).value
    assert await rights_in_use(here, tenant) == {}
    await neighbour(here)
    assert await rights_in_use(here, tenant) == {things.SUBSCRIPTION: 4}
    await ready(here)
    assert await rights_in_use(here, tenant) == {things.SUBSCRIPTION: 6}


async def test_a_tenant_in_another_subscription_does_not_count(here: PaperServices) -> None:
    await neighbour(here, subscription_id=SECOND)
    assert await rights_in_use(here, (await here.tenants.get("contoso")).value) == {}


async def test_a_build_waits_where_a_neighbour_has_used_the_rights_up(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=()))
    await neighbour(here)
    limited = things.tenant().settings.but(sign_in_rights_per_subscription=5)
    await here.tenants.change("contoso", lambda tenant: tenant.but(settings=limited))
    here.directory.groups["g1"] = {"ada"}
    await plan()
    assert (await records(here))["ada"].current.reason == NO_RIGHTS_LEFT


def test_a_review_says_how_many_role_assignments_are_missing() -> None:
    user = things.cloud_pc("ada").user
    reach = PolicyReach(new=((user, things.plan()),) * 3, existing=(), unlicensed=(), disabled=())
    assert reach.rights_warnings(JoinType.AZURE_AD_JOIN, 6) == []
    (warning,) = reach.rights_warnings(JoinType.AZURE_AD_JOIN, 5)
    assert warning.details == {"needed": 6, "free": 5}
    assert reach.rights_warnings(JoinType.HYBRID_AZURE_AD_JOIN, 5) == []


@pytest.mark.parametrize(("places", "short"), [(("a",), True), (("a", "b"), False)])
def test_quotas_of_all_subscriptions_count(places: tuple[str, ...], *, short: bool) -> None:
    usages = tuple(
        Usage(subscription_id=each, region="westeurope", family="cores", used=0, limit=4) for each in ("a", "b")
    )
    reach = PolicyReach(
        new=((things.cloud_pc("ada").user, things.plan()),) * 4, existing=(), unlicensed=(), disabled=()
    )
    assert bool(reach.quota_warnings(places, "westeurope", usages)) is short
    assert quota_shortages([], places, "westeurope", usages) == []
