"""A Cloud PC and its power lose their records together."""

from shared.contracts.reconciling import PLAN_TENANT, ReconcileOrder
from shared.domain.naming import cloud_pc_id
from shared.domain.power.record import CloudPcPower
from tests.integration import things
from tests.integration.services import PaperServices, perform


async def test_a_record_that_goes_takes_that_of_its_power_along(contoso: PaperServices) -> None:
    await contoso.policies.insert(things.policy())
    contoso.directory.groups = {"g1": {"ada"}}
    contoso.directory.licences = {"ada": ("sku-1",), "eve": ("sku-1", "sku-office")}
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    ada, eve = (cloud_pc_id("contoso", f"id-{name}", "sku-1") for name in ("ada", "eve"))
    assert {stored.value.id async for stored in contoso.cloud_pcs.each("contoso")} == {ada, eve}
    for each in (ada, eve):
        await contoso.cloud_pc_powers.insert(CloudPcPower(id=each, tenant_id="contoso", since=contoso.clock.now()))
    contoso.directory.licences["eve"] = ("sku-office",)
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    assert {stored.value.id async for stored in contoso.cloud_pcs.each("contoso")} == {ada}
    assert [stored.value.id async for stored in contoso.cloud_pc_powers.each("contoso")] == [ada]
