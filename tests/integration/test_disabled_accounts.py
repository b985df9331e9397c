"""A disabled account is no cause of removal, and nothing is built for it: on real tables."""

from shared.domain.cloud_pcs.cloud_pc import RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from tests.integration import things
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import here, plan, records

__all__ = ["here"]


async def test_who_is_disabled_keeps_what_there_is_unless_the_tenant_says_otherwise(here: PaperServices) -> None:
    await here.cloud_pcs.insert(things.cloud_pc("ada", status=Status.PROVISIONED, attempt=1))
    here.directory.disabled.add("ada")
    assert (await plan()).removals_seen == 0
    assert (await records(here))["ada"].status is Status.PROVISIONED

    tenant = await here.tenants.get("contoso")
    settings = tenant.value.settings.but(disabled_account_starts_grace=True)
    await here.tenants.replace(tenant.value.but(settings=settings), seen=tenant.etag)
    assert (await plan()).removals_seen == 1
    grace = (await records(here))["ada"].grace
    assert grace is not None
    assert grace.cause is RemovalCause.USER_DISABLED


async def test_nothing_is_built_for_who_is_disabled_until_they_are_enabled(here: PaperServices) -> None:
    await plan()
    here.directory.disabled.add("ada")
    assert (await plan()).groups == ()
    pc = (await records(here))["ada"]
    assert (pc.status, pc.current.reason) == (Status.NOT_PROVISIONED, "the user's account is disabled")
    here.directory.disabled.clear()
    assert (await plan()).groups == ((pc.id,),)
