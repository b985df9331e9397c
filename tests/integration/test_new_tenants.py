"""A tenant is planned at once when it is new, and when the settings on which a plan depends have changed."""

import pytest

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.naming import instance_id
from shared.services.directory.tenants import tenants_by_directory
from shared.services.tenants.tenants import TenantChange, create_tenant, update_tenant
from shared.storage.due import EVERYBODY, DueKind
from tests.integration import things
from tests.integration.services import IdleHost, PaperServices
from tests.integration.test_by_hand import call, here
from tests.integration.test_reconciliation import plan, records

__all__ = ["here"]


async def test_a_new_tenant_is_reconciled_at_once_and_also_after_a_crash(here: PaperServices) -> None:
    host, context = IdleHost(), (await call(here)).context
    await create_tenant(context, host, things.tenant(id="fabrikam"))
    assert host.started == [instance_id("fabrikam", "all", "reconcile", 0)]
    assert await here.requests.newest("fabrikam") is not None
    dues = await here.due.due(DueKind.RECONCILE, things.NOW.replace(hour=23))
    assert "fabrikam" in {due.subject_id for due in dues}


async def test_whose_directory_a_new_tenant_has_is_known_at_once(here: PaperServices) -> None:
    assert things.DIRECTORY in await tenants_by_directory(here)
    customer_s = "dddddddd-0000-4000-8000-00000000000d"
    made = things.tenant(id="fabrikam", entra_tenant_id=customer_s)
    await create_tenant((await call(here)).context, IdleHost(), made)
    assert (await tenants_by_directory(here))[customer_s] == ("fabrikam",)


async def test_a_licensed_user_without_any_policy_is_listed_and_read_again(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(assignments=()))
    await plan()
    assert (await records(here))["ada"].status is Status.NOT_PROVISIONED
    later = things.NOW.replace(year=things.NOW.year + 1)
    assert [due.subject_id for due in await here.due.due(DueKind.REREAD, later)] == [EVERYBODY]
    assert len(await here.due.due(DueKind.CATCH_UP, later)) == 1


@pytest.mark.parametrize(
    ("settings", "planned"),
    [
        ({"licenceSource": "seats", "seats": {"CPC_E_2C_8GB_128GB": 1}}, True),
        ({"disabledAccountStartsGrace": True}, True),
        ({"attempts": 2}, False),
    ],
    ids=["seats", "disabled accounts", "attempts"],
)
async def test_what_changes_a_plan_is_planned_at_once(
    here: PaperServices, settings: dict[str, object], *, planned: bool
) -> None:
    host, context = IdleHost(), (await call(here)).context
    await update_tenant(
        context, host, await here.tenants.get("contoso"), TenantChange(settings=settings), of_customer=False
    )
    assert bool(host.started) is planned
    assert (await here.requests.newest("contoso") is not None) is planned
